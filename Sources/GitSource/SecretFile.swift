import Effects
import Glibc

/// Reads a small file that nobody else may read.
///
/// - Parameter noun: What messages call the file: "the token file".
func readSecret(_ file: String, called noun: String) throws(WorkerFailure) -> String {
  let limit = 64 << 10
  let descriptor = open(file, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw unreadable(file, noun) }
  defer { close(descriptor) }
  var state = stat()
  guard fstat(descriptor, &state) == 0 else { throw unreadable(file, noun) }
  guard state.st_mode & S_IFMT == S_IFREG, state.st_size <= limit else {
    throw WorkerFailure(.denied, "\(noun) \(file) is no small file")
  }
  try requireSecrecy(file, state, noun)
  var content = [UInt8](repeating: 0, count: limit)
  let count = read(descriptor, &content, limit)
  guard count >= 0 else { throw unreadable(file, noun) }
  return String(decoding: content[..<count], as: UTF8.self)
}

/// Sees to it that a file can be read, by us and by nobody else.
func requireSecret(_ file: String, called noun: String) throws(WorkerFailure) {
  try requireReadable(file, called: noun)
  var state = stat()
  guard stat(file, &state) == 0 else { throw unreadable(file, noun) }
  try requireSecrecy(file, state, noun)
}

func requireReadable(_ file: String, called noun: String) throws(WorkerFailure) {
  guard access(file, R_OK) == 0 else { throw unreadable(file, noun) }
}

/// The group of somebody else's file may read it: that is how root shares a file with the agent, and systemd's
/// credentials look like that. A file of our own needs no group, and OpenSSH refuses a key with one.
private func requireSecrecy(_ file: String, _ state: stat, _ noun: String) throws(WorkerFailure) {
  let others = state.st_mode & S_IRWXO != 0
  let group = state.st_uid == geteuid() && state.st_mode & S_IRWXG != 0
  guard !others, !group else {
    throw WorkerFailure(.denied, "others have access to \(noun) \(file): `chmod 600 \(file)`")
  }
}

private func unreadable(_ file: String, _ noun: String) -> WorkerFailure {
  WorkerFailure(.denied, "cannot read \(noun) \(file): \(String(cString: strerror(errno)))")
}
