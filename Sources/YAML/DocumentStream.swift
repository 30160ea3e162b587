/// The documents of one YAML file. A document that cannot be read has problems and no root; it never
/// keeps the others from being read.
package struct DocumentStream: Sendable {
  package var documents: [Document] = []
  /// What concerns the file and not one of its documents: it is too large.
  package var problems: [Problem] = []

  /// One document of a file.
  package struct Document: Sendable {
    /// `nil` when the document is empty or cannot be read.
    package let root: Node?
    /// Its bytes in the file: from its `---` line, or the directives before that, to just before the next
    /// document or the end. The first document of a file needs no `---` line; it then starts after the byte
    /// order mark and takes the comments above it along.
    package let range: Range<Int>
    package let problems: [Problem]
  }

  /// Reads all documents of a file.
  package init(_ bytes: [UInt8], limits: Limits = Limits()) {
    guard bytes.count <= limits.bytes else {
      problems = [
        Problem(
          position: Position(line: 1, column: 1),
          message: "the file has \(bytes.count) bytes, more than the \(limits.bytes) that are read",
          suggestion: "split it into several files")
      ]
      return
    }
    bytes.withUnsafeBufferPointer { buffer in
      var nodesLeft = limits.nodes
      for section in Layout(buffer).sections {
        documents.append(read(section, of: buffer, limits: limits, nodesLeft: &nodesLeft))
      }
    }
  }
}

/// The byte ranges of a file's documents, as in `DocumentStream.Document.range`, without reading them.
package func documentRanges(_ bytes: [UInt8]) -> [Range<Int>] {
  bytes.withUnsafeBufferPointer { Layout($0).sections.map(\.range) }
}

private func read(
  _ section: Layout.Section, of bytes: UnsafeBufferPointer<UInt8>, limits: Limits, nodesLeft: inout Int
) -> DocumentStream.Document {
  if let offset = section.foreignBreak {
    return unreadable(
      section,
      Problem(
        position: position(ofByte: offset, of: section, in: bytes),
        message: "the characters U+0085, U+2028 and U+2029 are not allowed",
        suggestion: "write it as an escape such as \"\\u2028\" in double quotes"))
  }
  guard let reader = EventReader(UnsafeBufferPointer(rebasing: bytes[section.range])) else {
    return unreadable(
      section,
      Problem(
        position: Position(line: section.firstLine, column: 1),
        message: "there is not enough memory to read this document"))
  }
  var composer = Composer(
    reader, firstLine: section.firstLine, limits: limits, nodesLeft: nodesLeft)
  do {
    var root = try composer.compose()
    nodesLeft = composer.nodesLeft
    if case .scalar(let scalar) = root, scalar.isNull { root = nil }
    return DocumentStream.Document(root: root, range: section.range, problems: composer.problems)
  } catch {
    nodesLeft = max(0, composer.nodesLeft)
    let failure =
      switch error {
      case .tooMuch(let problem): problem
      case .refused(let refusal): problem(refusal, of: section, in: bytes)
      }
    return DocumentStream.Document(
      root: nil, range: section.range, problems: composer.problems + [failure])
  }
}

private func unreadable(_ section: Layout.Section, _ problem: Problem) -> DocumentStream.Document {
  DocumentStream.Document(root: nil, range: section.range, problems: [problem])
}

private func problem(
  _ refusal: EventReader.Refusal, of section: Layout.Section, in bytes: UnsafeBufferPointer<UInt8>
) -> Problem {
  switch refusal.place {
  case .byte(let offset):
    let inFile = min(section.range.lowerBound + offset, section.range.upperBound)
    return Problem(
      position: position(ofByte: inFile, of: section, in: bytes), message: refusal.message)
  case .mark(let line, let column):
    let position = Position(line: section.firstLine + line, column: column + 1)
    let indentedByTab = refusal.message.hasPrefix("found character that cannot start any token")
    return Problem(
      position: position, message: refusal.message,
      suggestion: indentedByTab
        ? "indent with spaces, and quote text that starts with `@`, `%` or a backtick" : nil)
  }
}

/// The line and column of a byte of a section.
private func position(
  ofByte offset: Int, of section: Layout.Section, in bytes: UnsafeBufferPointer<UInt8>
) -> Position {
  var line = section.firstLine
  var column = 1
  var index = section.range.lowerBound
  while index < offset {
    let byte = bytes[index]
    let startsLine =
      byte == Byte.lineFeed
      || (byte == Byte.carriageReturn
        && !(index + 1 < bytes.count && bytes[index + 1] == Byte.lineFeed))
    if startsLine {
      line += 1
      column = 1
    } else if byte & 0xC0 != 0x80 {
      // Continuation bytes are part of a character that was counted already.
      column += 1
    }
    index += 1
  }
  return Position(line: line, column: column)
}
