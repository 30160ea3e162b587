import CSpawn
import Glibc
import SystemPackage

/// The sheet of paper between the agent and its worker: a file in memory that both have open. The agent writes its
/// request at the top, the worker notes below how far a transfer has come.
///
/// Reading a note takes no waiting on either side, and nothing piles up that nobody reads.
final class WorkerSheet: Sendable {
  /// A request is a few paths and ids; whatever is longer is not one. Notes begin behind it.
  static let requestLimit = 64 << 10

  /// How far a transfer has come.
  struct Note {
    /// When it last got further, by ``monotonicMilliseconds()``.
    var time: Int64
    /// The bytes received by then.
    var received: Int64
  }

  private let descriptor: Int32

  /// - Throws: `Errno`.
  init(request: [UInt8]) throws {
    guard request.count < Self.requestLimit else { throw Errno.fileTooLarge }
    descriptor = memfd_create("evenkeel-request", UInt32(EVENKEEL_MFD_CLOEXEC))
    guard descriptor >= 0, write(descriptor, request, request.count) == request.count,
      lseek(descriptor, 0, SEEK_SET) == 0
    else { throw Errno(rawValue: errno) }
  }

  deinit { close(descriptor) }

  /// The worker's own way to the sheet.
  func copy() throws -> FileDescriptor {
    try FileDescriptor(rawValue: descriptor).duplicate()
  }

  /// What the worker has noted last; `nil` before the first transfer.
  func note() -> Note? {
    var note = Note(time: 0, received: 0)
    let size = MemoryLayout<Note>.size
    guard pread(descriptor, &note, size, off_t(Self.requestLimit)) == size else { return nil }
    return note
  }
}

/// The worker's side of the sheet, which is its standard input.
final class ProgressNotes {
  private let patience: WorkerRequest.Patience
  private let end: Int
  private var lastTime = 0
  private var lastReceived = 0

  /// So much has to come before it counts as getting further: a server that sends a byte now and then stalls.
  private static let step = 1 << 10
  /// Milliseconds between two notes about work that brings no bytes.
  private static let pace = 100

  init(_ patience: WorkerRequest.Patience) {
    self.patience = patience
    end = monotonicMilliseconds() + patience.whole * 1000
    // Should the agent be gone when its patience ends, nobody else ends this process.
    alarm(UInt32(clamping: min(patience.stall, patience.whole) + 2))
  }

  /// A transfer begins.
  func begin() { write(received: 0) }

  /// - Parameter bytes: All of the transfer so far.
  func received(_ bytes: Int) {
    if bytes - lastReceived >= Self.step { write(received: bytes) }
  }

  /// Something was done with what has been received.
  func worked() {
    if monotonicMilliseconds() - lastTime >= Self.pace { write(received: lastReceived) }
  }

  private func write(received bytes: Int) {
    lastTime = monotonicMilliseconds()
    lastReceived = bytes
    var note = WorkerSheet.Note(time: Int64(lastTime), received: Int64(bytes))
    // Without an agent that reads it there may be no sheet either.
    _ = pwrite(STDIN_FILENO, &note, MemoryLayout<WorkerSheet.Note>.size, off_t(WorkerSheet.requestLimit))
    alarm(UInt32(clamping: max(0, min(patience.stall, (end - lastTime) / 1000)) + 2))
  }
}

/// The same in every process of the host.
func monotonicMilliseconds() -> Int {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}
