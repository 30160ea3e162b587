import Effects
import GRDB

extension JournalError {
  /// Says what went wrong with the file at `path`, and what a person can do. Nothing is ever deleted by itself.
  init(_ error: any Error, path: String) {
    switch error {
    case let error as JournalError: self = error
    case let error as UnreadableDocument:
      self.init(
        .storage,
        "the journal \(path) holds a \(error.table) (\(error.key)) that cannot be read: \(error.reason). "
          + Self.advice(path))
    case let error as DatabaseError: self.init(.storage, Self.message(for: error, path: path))
    default: self.init(.storage, "the journal \(path) cannot be used: \(error)")
    }
  }

  private static func message(for error: DatabaseError, path: String) -> String {
    let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      return "the journal \(path) is damaged (\(detail)). " + advice(path)
    case .SQLITE_FULL:
      return "the disk is full: the journal \(path) cannot be written until there is space"
    case .SQLITE_IOERR:
      return "the disk does not read or write the journal \(path) (\(detail)): check its space and its health"
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      return "the journal \(path) cannot be opened (\(detail)): check that it exists, and who may write it"
    case .SQLITE_BUSY:
      return "another program keeps the journal \(path) locked (\(detail)): close it"
    default:
      return "the journal \(path) cannot be used (\(detail))"
    }
  }

  private static func advice(_ path: String) -> String {
    "Restore it from a backup; or move it away with its -wal and -shm files, and the agent begins again from Git, "
      + "without history"
  }
}
