import Dispatch
import Effects
import Foundation
import GRDB
import Glibc

/// Seconds to wait for a reader in another process.
let busyTimeout = 5.0

func journalPath(in stateDirectory: String) -> String { stateDirectory + "/journal.sqlite" }

/// Opens a database and prepares it, away from the threads of the cooperative pool.
func openQueue(
  _ path: String, _ configuration: Configuration,
  prepare: @escaping @Sendable (DatabaseQueue) throws -> Void
) async throws(JournalError) -> DatabaseQueue {
  let result = await withCheckedContinuation {
    (continuation: CheckedContinuation<Result<DatabaseQueue, any Error>, Never>) in
    DispatchQueue.global().async {
      continuation.resume(
        returning: Result {
          let queue = try DatabaseQueue(path: path, configuration: configuration)
          try prepare(queue)
          return queue
        })
    }
  }
  do {
    return try result.get()
  } catch {
    throw JournalError(error, path: path)
  }
}

/// A newer version of the agent may have changed the meaning of what it wrote.
func refuseNewer(_ database: Database, path: String) throws {
  guard try makeMigrator().hasBeenSuperseded(database) else { return }
  throw JournalError(
    .newer,
    "the journal \(path) was written by a newer version of evenkeel: install that version, or a newer one")
}

/// Creates the state directory, for its owner alone, if it does not exist. One that exists keeps its mode: it may
/// have been made by an administrator with other intentions.
func createDirectory(_ path: String) throws(JournalError) {
  do {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  } catch {
    throw JournalError(.storage, "cannot create the state directory \(path): \(error)")
  }
}

/// Creates the database file for its owner alone; SQLite gives its companions the same mode.
func createPrivateFile(_ path: String) throws(JournalError) {
  let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else {
    throw JournalError(.storage, "cannot open the journal \(path): \(systemMessage())")
  }
  defer { close(descriptor) }
  guard fchmod(descriptor, 0o600) == 0 else {
    throw JournalError(.storage, "cannot make the journal \(path) private: \(systemMessage())")
  }
}
