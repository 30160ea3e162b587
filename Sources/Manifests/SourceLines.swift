import YAML

/// The diagnostics for the problems of one file, ordered by place.
func diagnostics(for problems: [Problem], in file: ManifestFile) -> [Diagnostic] {
  // A file of nonsense must not produce a complaint for each of its bytes.
  let most = 100
  let sorted = problems.enumerated().sorted {
    ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
  }.map(\.element)
  let lines = SourceLines(file.bytes)
  var diagnostics = sorted.prefix(most).map { problem in
    Diagnostic(
      file: file.path, line: problem.position.line, column: problem.position.column,
      message: problem.message, suggestion: problem.suggestion, sourceLine: lines[problem.position.line])
  }
  if sorted.count > most, let last = diagnostics.last {
    diagnostics.append(
      Diagnostic(
        file: file.path, line: last.line, column: last.column,
        message: "\(sorted.count - most) more problems follow in this file"))
  }
  return diagnostics
}

/// The lines of a file, for the lines above carets.
struct SourceLines {
  private let bytes: [UInt8]
  private let starts: [Int]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let lineFeed = UInt8(ascii: "\n")
    let carriageReturn = UInt8(ascii: "\r")
    var starts = [bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0]
    for (index, byte) in bytes.enumerated() {
      let isBreak =
        byte == lineFeed
        || (byte == carriageReturn && !(index + 1 < bytes.count && bytes[index + 1] == lineFeed))
      if isBreak { starts.append(index + 1) }
    }
    self.starts = starts
  }

  /// The text of a line, counted from 1, fit to be shown. `nil` when it is not in the file,
  /// or too long to be of help.
  subscript(line: Int) -> String? {
    guard starts.indices.contains(line - 1) else { return nil }
    let longest = 400
    let end = line < starts.count ? starts[line] : bytes.count
    guard end - starts[line - 1] <= longest else { return nil }
    let text = String(decoding: bytes[starts[line - 1]..<end], as: UTF8.self)
    var scalars = text.unicodeScalars
    while let last = scalars.last, last == "\n" || last == "\r" { scalars.removeLast() }
    // Scalar for scalar, so that the caret still points at the right place.
    return printable(String(scalars))
  }
}
