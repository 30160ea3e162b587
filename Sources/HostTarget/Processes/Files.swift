import FoundationEssentials
import Glibc

/// The first `limit` bytes of a file; `nil` when it cannot be read. Works for `/proc`, whose files have no size.
func readFile(_ path: String, limit: Int) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  return readAll(descriptor, limit: limit)
}

/// The bytes from the current offset to the end of the file, at most `limit`.
func readAll(_ descriptor: Int32, limit: Int) -> [UInt8]? {
  var bytes: [UInt8] = []
  let chunk = min(limit, 1 << 16)
  while bytes.count < limit {
    let part = [UInt8](unsafeUninitializedCapacity: min(chunk, limit - bytes.count)) { buffer, count in
      var got = read(descriptor, buffer.baseAddress, buffer.count)
      while got < 0, errno == EINTR { got = read(descriptor, buffer.baseAddress, buffer.count) }
      count = max(0, got)
    }
    if part.isEmpty { return bytes }
    bytes += part
  }
  return bytes
}

/// Why a file or folder of ours could not be written.
struct FileError: Error, CustomStringConvertible {
  var description: String
}

/// Puts a file in place as a whole: written beside it under a hidden name, then renamed over it, so that a reader
/// and a crash see either the old or the new content. `durably` also waits until it is on the disk.
func replaceFile(_ path: String, with bytes: [UInt8], durably: Bool = false) throws(FileError) {
  let temporary = path + ".new"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
  guard descriptor >= 0 else { throw FileError(description: "\(temporary): \(errorText(errno))") }
  defer { close(descriptor) }
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 {
      if errno == EINTR { continue }
      throw FileError(description: "\(temporary): \(errorText(errno))")
    }
    written += count
  }
  if durably, fsync(descriptor) != 0 { throw FileError(description: "\(temporary): \(errorText(errno))") }
  guard rename(temporary, path) == 0 else { throw FileError(description: "\(path): \(errorText(errno))") }
}

/// Makes a folder and those above it; the new ones are for their owner only.
func makeFolder(_ path: String) throws(FileError) {
  do {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  } catch {
    throw FileError(description: "\(path): the folder cannot be made: \(error)")
  }
}

/// The path without links and dots; the path itself when there is nothing there.
func canonicalPath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return path }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// The system's words for an error number.
func errorText(_ number: Int32) -> String {
  // strerror's buffer is shared between threads; strerror_r writes into ours.
  var buffer = [CChar](repeating: 0, count: 256)
  guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
  return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
