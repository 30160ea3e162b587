package import Effects
import GRDB
package import Rollout
package import Vocabulary

/// The journal in one SQLite file, `journal.sqlite` in the state directory.
///
/// Every call of `record` is one transaction that is on disk when it returns (write-ahead log, `synchronous=FULL`).
/// The state directory is locked as long as the object lives. All blocking work is done on the database's own
/// thread.
package final class SQLiteJournal: JournalStore {
  /// How much is kept. Older events and rollouts are dropped as new ones are written.
  package struct Limits: Sendable {
    package var events: Int64
    package var rolloutsPerModel: Int

    package init(events: Int64 = 100_000, rolloutsPerModel: Int = 500) {
      self.events = events
      self.rolloutsPerModel = rolloutsPerModel
    }
  }

  let queue: DatabaseQueue
  private let reader: JournalReader
  private let limits: Limits
  private let path: String
  private let lock: StateDirectoryLock

  /// Opens the journal in `stateDirectory`, which is created if it does not exist, and brings its tables up to date.
  ///
  /// - Throws: `locked` while another agent has it, `newer` when a newer version has written it, `storage` when it
  ///   is damaged or cannot be written.
  package init(stateDirectory: String, limits: Limits = Limits()) async throws(JournalError) {
    try createDirectory(stateDirectory)
    let lock = try await StateDirectoryLock.acquire(directory: stateDirectory)
    let path = journalPath(in: stateDirectory)
    try createPrivateFile(path)
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(busyTimeout)
    queue = try await openQueue(path, configuration) { queue in
      try queue.writeWithoutTransaction { database in
        try refuseNewer(database, path: path)
        // GRDB asks for less with a write-ahead log: a power cut could then undo what was already acted on.
        try database.execute(sql: "PRAGMA synchronous = FULL")
      }
      try makeMigrator().migrate(queue)
    }
    reader = JournalReader(queue: queue, path: path)
    self.limits = limits
    self.path = path
    self.lock = lock
  }

  package func load() async throws(JournalError) -> JournalContents {
    try await reader.contents()
  }

  @discardableResult
  package func record(_ entries: [JournalEntry]) async throws(JournalError) -> [Event] {
    let limits = limits
    // Not GRDB's `async` method: it gives up when the task is cancelled, and what was done must be written even
    // while the agent stops.
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<[Event], any Error>, Never>) in
      queue.asyncWrite { database in
        var writer = JournalWriter(database: database, limits: limits)
        for entry in entries { try writer.write(entry) }
        return writer.events
      } completion: { _, result in
        continuation.resume(returning: result)
      }
    }
    do {
      return try result.get()
    } catch {
      throw JournalError(error, path: path)
    }
  }

  package func history(of model: ModelName, limit: Int) async throws(JournalError) -> [RolloutRecord] {
    try await reader.history(of: model, limit: limit)
  }

  package func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [Event] {
    try await reader.events(after: sequence, limit: limit)
  }

  package func lastSequence() async throws(JournalError) -> Int64 {
    try await reader.lastSequence()
  }
}
