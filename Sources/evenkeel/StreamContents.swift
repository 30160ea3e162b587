import FoundationEssentials
import Glibc

/// What a path gives when it is read to its end. It need not be a file: a shell's `<(command)` is a pipe, which has no
/// size to be known beforehand.
func streamContents(of path: String, limit: Int) throws(CommandFailure) -> Data {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw lastFailure() }
  defer { close(descriptor) }
  var contents = Data()
  var buffer = [UInt8](repeating: 0, count: 64 << 10)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count == 0 { return contents }
    if count < 0 {
      if errno == EINTR { continue }
      throw lastFailure()
    }
    guard contents.count + count <= limit else {
      throw CommandFailure("it is larger than \(limit >> 20) MiB, the limit")
    }
    contents.append(contentsOf: buffer[..<count])
  }
}

private func lastFailure() -> CommandFailure {
  CommandFailure(strerror(errno).map { String(cString: $0) } ?? "error \(errno)")
}
