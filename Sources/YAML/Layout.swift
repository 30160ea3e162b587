/// Where the documents of a file lie, found by lines alone.
///
/// YAML forbids a line that starts with `---` or `...` and a blank inside any scalar (YAML 1.2.2, rule
/// `c-forbidden`), so these lines always separate documents, however broken the text between them is.
/// This is what keeps one broken document from hiding the others.
struct Layout {
  struct Section {
    /// From the `---` line (or the directives before it) to just before the next document or the end.
    var range: Range<Int>
    /// The line of the file, from 1, on which `range` starts.
    var firstLine: Int
    /// Whether the section starts with directives (`%YAML 1.2`).
    var hasDirectives: Bool
    /// Whether it has a `---` line of its own.
    var hasMarker: Bool
    /// Whether a `...` line ends it.
    var isClosed = false
    /// The first character that libyaml would count as a line break and editors would not.
    var foreignBreak: Int?
  }

  private(set) var sections: [Section] = []
  /// The length of the byte order mark: 3 or 0.
  let bodyStart: Int

  private enum State {
    /// Before a document: only comments and directives so far.
    case prefix
    /// Inside a document.
    case content
  }

  private var state = State.prefix
  /// Where directives of the coming document start.
  private var directives: (offset: Int, line: Int)?
  private var foreignBreakInPrefix: Int?

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    bodyStart = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var start = bodyStart
    var line = 1
    while start < bytes.count {
      let next = scanLine(bytes, from: start, line: line)
      start = next
      line += 1
    }
    if let directives {
      // Directives that announce nothing: libyaml says so.
      open(at: directives.offset, line: directives.line, hasMarker: false)
    }
    closeLast(at: bytes.count)
  }

  /// Takes one line into account and returns where the next one starts.
  private mutating func scanLine(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, line: Int
  ) -> Int {
    classifyLine(bytes, from: start, line: line)
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == Byte.lineFeed { return index + 1 }
      if byte == Byte.carriageReturn {
        return index + 1 < bytes.count && bytes[index + 1] == Byte.lineFeed ? index + 2 : index + 1
      }
      if byte >= 0xC2, isForeignBreak(bytes, at: index) { noteForeignBreak(at: index) }
      index += 1
    }
    return index
  }

  /// Charges it to the open document, and to the next one in case that starts with these comments.
  private mutating func noteForeignBreak(at index: Int) {
    if state == .prefix { foreignBreakInPrefix = foreignBreakInPrefix ?? index }
    if let last = sections.indices.last, sections[last].foreignBreak == nil {
      sections[last].foreignBreak = index
    }
  }

  private mutating func classifyLine(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, line: Int
  ) {
    let first = bytes[start]
    if first == Byte.dash, isMarker(bytes, at: start) {
      open(at: directives?.offset ?? start, line: directives?.line ?? line, hasMarker: true)
    } else if first == Byte.dot, isMarker(bytes, at: start) {
      state = .prefix
      if let last = sections.indices.last { sections[last].isClosed = true }
    } else if state == .prefix {
      if first == Byte.percent {
        directives = directives ?? (start, line)
      } else if !isNeutral(bytes, from: start) {
        openImplicitly(at: start, line: line)
      }
    }
  }

  /// A document without a `---` line: the first one takes the comments above it along.
  private mutating func openImplicitly(at start: Int, line: Int) {
    if sections.isEmpty {
      open(at: bodyStart, line: 1, hasMarker: false)
    } else {
      open(at: directives?.offset ?? start, line: directives?.line ?? line, hasMarker: false)
    }
  }

  private mutating func open(at offset: Int, line: Int, hasMarker: Bool) {
    closeLast(at: offset)
    sections.append(
      Section(
        range: offset..<offset, firstLine: line, hasDirectives: directives != nil, hasMarker: hasMarker,
        foreignBreak: foreignBreakInPrefix.flatMap { $0 >= offset ? $0 : nil }))
    directives = nil
    foreignBreakInPrefix = nil
    state = .content
  }

  private mutating func closeLast(at offset: Int) {
    guard let last = sections.indices.last else { return }
    sections[last].range = sections[last].range.lowerBound..<offset
  }
}

enum Byte {
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")
  static let dash = UInt8(ascii: "-")
  static let dot = UInt8(ascii: ".")
  static let percent = UInt8(ascii: "%")
  static let hash = UInt8(ascii: "#")
}

private func isBlankOrBreak(_ byte: UInt8) -> Bool {
  byte == Byte.space || byte == Byte.tab || byte == Byte.lineFeed || byte == Byte.carriageReturn
}

/// Whether three equal characters and then a blank or the end stand here.
private func isMarker(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
  guard start + 3 <= bytes.count, bytes[start + 1] == bytes[start], bytes[start + 2] == bytes[start]
  else { return false }
  return start + 3 == bytes.count || isBlankOrBreak(bytes[start + 3])
}

/// Whether a line is blank or only a comment.
private func isNeutral(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
  var index = start
  while index < bytes.count {
    let byte = bytes[index]
    if byte == Byte.hash || byte == Byte.lineFeed || byte == Byte.carriageReturn { return true }
    guard byte == Byte.space || byte == Byte.tab else { return false }
    index += 1
  }
  return true
}

/// U+0085, U+2028 or U+2029: line breaks in YAML 1.1, ordinary characters in YAML 1.2 and in editors.
private func isForeignBreak(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
  switch bytes[index] {
  case 0xC2: index + 1 < bytes.count && bytes[index + 1] == 0x85
  case 0xE2:
    index + 2 < bytes.count && bytes[index + 1] == 0x80
      && (bytes[index + 2] == 0xA8 || bytes[index + 2] == 0xA9)
  default: false
  }
}
