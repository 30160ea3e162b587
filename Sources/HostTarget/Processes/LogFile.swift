import FoundationEssentials
import Glibc

/// What a process writes: appended to one file by the process itself, so that it needs no agent to write.
/// Kept within bounds by moving the file's end aside and emptying it.
struct LogFile: Sendable {
  var path: String
  /// How much is kept at least, once there is that much; at most twice as much is on the disk between two calls
  /// of `bound`, apart from what the process writes meanwhile.
  var keptBytes: Int

  private var older: String { path + ".1" }

  /// Where the next byte will be written.
  var size: Int {
    var information = stat()
    return stat(path, &information) == 0 ? Int(information.st_size) : 0
  }

  /// Copies the end of an overlong file to `PATH.1` and empties it. The writers' `O_APPEND` makes them go on at
  /// the new end. What they write between the copy and the cut is lost; bounds matter more here.
  func bound() {
    guard size > keptBytes else { return }
    try? replaceFile(older, with: bytes(at: size - keptBytes, limit: keptBytes))
    truncate(path, 0)
  }

  /// The bytes from an offset on.
  func bytes(at offset: Int, limit: Int) -> [UInt8] {
    readEnd(of: path, from: offset, limit: limit)
  }

  /// The last `lines` lines within the last 64 KiB, without control characters; bytes that are not UTF-8 are
  /// replaced.
  func tail(lines: Int) -> [String] {
    let limit = 1 << 16
    var bytes = bytes(at: max(0, size - limit), limit: limit)
    if bytes.count < limit {
      let missing = limit - bytes.count
      let before = LogFile(path: older, keptBytes: keptBytes)
      bytes = before.bytes(at: max(0, before.size - missing), limit: missing) + bytes
    }
    return Array(readableLines(bytes).suffix(max(0, lines)))
  }
}

/// Text for people out of bytes that a stranger wrote: lines without control characters (which could rewrite the
/// terminal of whoever reads them), tabs as blanks, no empty lines.
func readableLines(_ bytes: [UInt8]) -> [String] {
  bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
    var text = String.UnicodeScalarView()
    for scalar in String(decoding: line, as: UTF8.self).unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control where scalar == "\t": text.append(" ")
      case .control, .format, .lineSeparator, .paragraphSeparator: continue
      default: text.append(scalar)
      }
    }
    return text.isEmpty ? nil : String(text)
  }
}

private func readEnd(of path: String, from offset: Int, limit: Int) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
  guard descriptor >= 0 else { return [] }
  defer { close(descriptor) }
  guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { return [] }
  return readAll(descriptor, limit: limit) ?? []
}
