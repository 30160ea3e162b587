/// Swift source taken apart, so that a rule about code is not misled by a comment or a string, nor one about
/// comments by code. Lines correspond to the lines of the source.
struct SwiftText {
  /// What is compiled: comments are gone, the contents of strings and of backticks are gone, their quotes stay.
  /// The expressions inside of string interpolations are code.
  let code: [String]
  /// What is only said.
  let comments: [String]

  init(_ source: String) {
    var lexer = Lexer(source)
    lexer.run()
    code = lexer.code
    comments = lexer.comments
  }
}

/// Reads bytes: all that matters to it is ASCII.
private struct Lexer {
  /// What surrounds the place that is being read, innermost last.
  enum Mode {
    /// `openings` counts parentheses inside of an interpolation, where one too many closes it.
    case code(openings: Int)
    case string(quotes: Int, pounds: Int)
    case lineComment
    case blockComment
  }

  private let source: [UInt8]
  private var position = 0
  private var modes: [Mode] = [.code(openings: 0)]
  private var codeLine: [UInt8] = []
  private var commentLine: [UInt8] = []
  var code: [String] = []
  var comments: [String] = []

  init(_ source: String) { self.source = Array(source.utf8) }

  mutating func run() {
    while position < source.count {
      if source[position] == UInt8(ascii: "\n") {
        endLineBoundMode()
        endLine()
        position += 1
        continue
      }
      switch modes[modes.count - 1] {
      case .code(let openings): readCode(openings: openings)
      case .string(let quotes, let pounds): readString(quotes: quotes, pounds: pounds)
      case .lineComment: say(1)
      case .blockComment: readBlockComment()
      }
    }
    endLine()
  }

  /// A line comment ends with its line, and so does what only looked like a string: a quote in a regex literal.
  private mutating func endLineBoundMode() {
    switch modes[modes.count - 1] {
    case .lineComment, .string(quotes: 1, _): modes.removeLast()
    default: break
    }
  }

  private mutating func endLine() {
    code.append(String(decoding: codeLine, as: UTF8.self))
    comments.append(String(decoding: commentLine, as: UTF8.self))
    codeLine.removeAll(keepingCapacity: true)
    commentLine.removeAll(keepingCapacity: true)
  }

  private mutating func readCode(openings: Int) {
    switch source[position] {
    case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
      modes.append(.lineComment)
      say(2)
    case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"):
      modes.append(.blockComment)
      say(2)
    case UInt8(ascii: "`"):
      skipBackticks()
    case UInt8(ascii: "\""), UInt8(ascii: "#"):
      openString()
    case UInt8(ascii: "("):
      modes[modes.count - 1] = .code(openings: openings + 1)
      compile(1)
    case UInt8(ascii: ")"):
      if openings == 0 && modes.count > 1 {
        modes.removeLast()
      } else {
        modes[modes.count - 1] = .code(openings: max(0, openings - 1))
      }
      compile(1)
    default:
      compile(1)
    }
  }

  private mutating func skipBackticks() {
    compile(1)
    while position < source.count, source[position] != UInt8(ascii: "`"),
      source[position] != UInt8(ascii: "\n")
    {
      position += 1
    }
    if byte(0) == UInt8(ascii: "`") { compile(1) }
  }

  /// Number signs and quotes that open a string, or a number sign that opens none.
  private mutating func openString() {
    let pounds = run(of: UInt8(ascii: "#"), at: 0)
    let quotes = run(of: UInt8(ascii: "\""), at: pounds)
    if quotes > 0 {
      let opening = quotes >= 3 ? 3 : 1
      modes.append(.string(quotes: opening, pounds: pounds))
      compile(pounds + opening)
    } else {
      compile(pounds)
    }
  }

  private mutating func readString(quotes: Int, pounds: Int) {
    switch source[position] {
    case UInt8(ascii: "\"")
    where run(of: UInt8(ascii: "\""), at: 0) >= quotes && run(of: UInt8(ascii: "#"), at: quotes) >= pounds:
      modes.removeLast()
      compile(quotes + pounds)
    case UInt8(ascii: "\\") where run(of: UInt8(ascii: "#"), at: 1) >= pounds:
      position += 1 + pounds
      if byte(0) == UInt8(ascii: "(") {
        modes.append(.code(openings: 0))
        position += 1
      } else if byte(0) != UInt8(ascii: "\n") {
        position += 1
      }
    default:
      position += 1
    }
  }

  private mutating func readBlockComment() {
    if byte(0) == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
      modes.removeLast()
      say(2)
    } else if byte(0) == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
      modes.append(.blockComment)
      say(2)
    } else {
      say(1)
    }
  }

  private func byte(_ offset: Int) -> UInt8? {
    position + offset < source.count ? source[position + offset] : nil
  }

  /// How often a byte is repeated from `offset` on.
  private func run(of wanted: UInt8, at offset: Int) -> Int {
    var count = 0
    while byte(offset + count) == wanted { count += 1 }
    return count
  }

  private mutating func compile(_ count: Int) {
    codeLine += source[position..<(position + count)]
    position += count
  }

  private mutating func say(_ count: Int) {
    commentLine += source[position..<(position + count)]
    position += count
  }
}

extension String {
  /// Whether `token` occurs in it; when it starts with a name, not as the tail of a longer one.
  func containsToken(_ token: String) -> Bool {
    guard token.first?.isLetter ?? false else { return contains(token) }
    var rest = self[...]
    while let range = rest.firstRange(of: token) {
      let before = self[..<range.lowerBound].last
      if before.map({ !$0.isLetter && !$0.isNumber && $0 != "_" }) ?? true { return true }
      rest = self[range.upperBound...]
    }
    return false
  }
}
