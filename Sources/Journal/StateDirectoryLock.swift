import Effects
import Glibc

/// The right to use a state directory, held for the life of the value. The kernel gives it back when the process
/// ends in any way, so a crash leaves no stale lock.
struct StateDirectoryLock: ~Copyable, Sendable {
  private let descriptor: Int32

  /// Takes the lock, or says who has it. Never waits.
  init(directory: String) throws(JournalError) {
    let path = directory + "/lock"
    // Model servers outlive the agent; were the descriptor inherited, they would keep the lock.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw JournalError(.storage, "cannot open \(path): \(systemMessage())")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let holder = readHolder(descriptor)
      close(descriptor)
      guard code == EWOULDBLOCK else {
        throw JournalError(.storage, "cannot lock \(path): \(systemMessage(code))")
      }
      throw JournalError(
        .locked,
        "another agent\(holder) uses the state directory \(directory): stop it, or give this one another stateDir"
      )
    }
    self.descriptor = descriptor
    writeHolder(descriptor)
  }

  deinit { close(descriptor) }

  /// Takes the lock, or says within a second who has it.
  ///
  /// A child that another thread is just starting has a copy of every descriptor until it runs its own program,
  /// so a lock that was given back can look taken for a moment.
  static func acquire(directory: String) async throws(JournalError) -> StateDirectoryLock {
    for _ in 0..<20 {
      do throws(JournalError) {
        return try StateDirectoryLock(directory: directory)
      } catch {
        guard error.kind == .locked else { throw error }
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
    return try StateDirectoryLock(directory: directory)
  }
}

/// The process id is only for the message to whoever comes second, so failing to write it does no harm.
private func writeHolder(_ descriptor: Int32) {
  let text = Array("\(getpid())\n".utf8)
  guard ftruncate(descriptor, 0) == 0 else { return }
  _ = pwrite(descriptor, text, text.count, 0)
}

private func readHolder(_ descriptor: Int32) -> String {
  var bytes = [UInt8](repeating: 0, count: 20)
  let count = pread(descriptor, &bytes, bytes.count, 0)
  guard count > 0, let pid = Int(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self)) else {
    return ""
  }
  return " (process \(pid))"
}

/// What the operating system says about its last error in this thread.
func systemMessage(_ code: Int32 = errno) -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
  return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
