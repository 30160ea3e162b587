import CSpawn
import Glibc

/// A running `ssh`: what we write goes to the program at the other end, what we read comes from there. It is killed
/// when the worker ends, however that happens.
final class SSHProcess {
  private let process: pid_t
  /// Each is -1 once it is closed.
  private var input: Int32
  private var output: Int32
  private var complaints: Int32
  private var transcript: [UInt8] = []

  /// What is kept of standard error: ssh writes a few KiB, and only a stranger writes more.
  private static let transcriptLimit = 64 << 10
  /// At the end, how long the other end may take to finish, and how much may still come from there.
  private static let patience = 5_000
  private static let leftoverLimit = 64 << 10

  /// - Returns: `nil` when the system has no process or no pipe left.
  init?(_ arguments: [String]) {
    guard let toChild = Pipe(), let fromChild = Pipe(), let errors = Pipe() else { return nil }
    process = spawn(
      arguments, input: toChild.readEnd, output: fromChild.writeEnd, error: errors.writeEnd)
    for end in [toChild.readEnd, fromChild.writeEnd, errors.writeEnd] { close(end) }
    (input, output, complaints) = (toChild.writeEnd, fromChild.readEnd, errors.readEnd)
    guard process > 0 else {
      closeAll()
      return nil
    }
    _ = fcntl(input, F_SETFL, O_NONBLOCK)
  }

  /// - Returns: How many bytes were read; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    while output >= 0 {
      guard wait(for: output, Int32(POLLIN)) else { continue }
      let count = Glibc.read(output, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      return max(count, 0)
    }
    return 0
  }

  /// - Returns: Whether all of it was taken.
  func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var sent = 0
    while sent < bytes.count {
      guard wait(for: input, Int32(POLLOUT)) else { continue }
      let count = Glibc.write(input, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
      if count >= 0 {
        sent += count
      } else if errno != EAGAIN, errno != EINTR {
        return false
      }
    }
    return true
  }

  /// Says goodbye, and ends the process if it does not end by itself.
  ///
  /// A server may still be running hooks after it has accepted a push, so it is given a moment.
  ///
  /// - Returns: What it has written to standard error.
  func finish() -> SSHTranscript {
    close(input)
    input = -1
    let end = monotonicMilliseconds() + Self.patience
    var leftovers = [UInt8](repeating: 0, count: 16 << 10)
    var discarded = 0
    while output >= 0 || complaints >= 0, discarded < Self.leftoverLimit {
      let rest = end - monotonicMilliseconds()
      guard rest > 0 else { break }
      if wait(for: output, Int32(POLLIN), milliseconds: rest) {
        let count = Glibc.read(output, &leftovers, leftovers.count)
        discarded += max(count, 0)
        if count <= 0 {
          close(output)
          output = -1
        }
      }
    }
    closeAll()
    kill(process, SIGKILL)
    while waitpid(process, nil, 0) < 0, errno == EINTR {}
    return SSHTranscript(String(decoding: transcript, as: UTF8.self))
  }

  private func closeAll() {
    for descriptor in [input, output, complaints] where descriptor >= 0 { close(descriptor) }
    (input, output, complaints) = (-1, -1, -1)
  }

  /// Waits until something happens, and takes in what comes on standard error meanwhile: ssh must never wait for us
  /// to read that.
  ///
  /// - Returns: Whether it happened to `descriptor`.
  private func wait(for descriptor: Int32, _ events: Int32, milliseconds: Int = -1) -> Bool {
    // A negative descriptor is passed over.
    var watched = [
      pollfd(fd: descriptor, events: Int16(events), revents: 0),
      pollfd(fd: complaints, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&watched, nfds_t(watched.count), Int32(clamping: milliseconds)) > 0 else { return false }
    if watched[1].revents != 0 { readComplaints() }
    return watched[0].revents != 0
  }

  private func readComplaints() {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(complaints, &bytes, bytes.count)
    if count > 0 {
      transcript += bytes[..<min(count, Self.transcriptLimit - transcript.count)]
    } else if count == 0 || errno != EINTR {
      close(complaints)
      complaints = -1
    }
  }
}

/// A pipe that no other program inherits.
private struct Pipe {
  let readEnd: Int32
  let writeEnd: Int32

  init?() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }
}

private func spawn(_ arguments: [String], input: Int32, output: Int32, error: Int32) -> pid_t {
  guard let program = arguments.first else { return -1 }
  var words = arguments.map { strdup($0) } + [nil]
  // Nothing is inherited, as in the worker itself.
  var environment = [strdup("PATH=/usr/bin:/bin"), strdup("LANG=C.UTF-8"), nil]
  defer { for text in words + environment { free(text) } }
  return evenkeel_spawn_bound(program, &words, &environment, input, output, error)
}
