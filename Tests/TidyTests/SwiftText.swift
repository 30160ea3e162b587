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

private struct Lexer {
  /// What surrounds the place that is being read, innermost last.
  enum Mode {
    /// `openings` counts parentheses inside of an interpolation, where one too many closes it.
    case code(openings: Int)
    case string(quotes: Int, pounds: Int)
    case lineComment
    case blockComment
  }

  private let source: [Character]
  private var position = 0
  private var modes: [Mode] = [.code(openings: 0)]
  var code = [""]
  var comments = [""]

  init(_ source: String) { self.source = Array(source) }

  mutating func run() {
    while position < source.count {
      if source[position].isNewline {
        if case .lineComment = modes[modes.count - 1] { modes.removeLast() }
        code.append("")
        comments.append("")
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
  }

  private mutating func readCode(openings: Int) {
    if follows("//") {
      modes.append(.lineComment)
      say(2)
    } else if follows("/*") {
      modes.append(.blockComment)
      say(2)
    } else if source[position] == "`" {
      skipBackticks()
    } else if let (quotes, pounds) = stringOpening() {
      modes.append(.string(quotes: quotes, pounds: pounds))
      compile(quotes + pounds)
    } else {
      countParenthesis(openings: openings)
      compile(1)
    }
  }

  private mutating func countParenthesis(openings: Int) {
    switch source[position] {
    case "(": modes[modes.count - 1] = .code(openings: openings + 1)
    case ")" where openings == 0 && modes.count > 1: modes.removeLast()
    case ")": modes[modes.count - 1] = .code(openings: max(0, openings - 1))
    default: break
    }
  }

  private mutating func skipBackticks() {
    compile(1)
    while position < source.count, source[position] != "`", !source[position].isNewline { position += 1 }
    if position < source.count, source[position] == "`" { compile(1) }
  }

  private mutating func readString(quotes: Int, pounds: Int) {
    let end = String(repeating: "\"", count: quotes) + String(repeating: "#", count: pounds)
    let escape = "\\" + String(repeating: "#", count: pounds)
    if follows(end) {
      modes.removeLast()
      compile(quotes + pounds)
    } else if follows(escape + "(") {
      position += escape.count + 1
      modes.append(.code(openings: 0))
    } else if follows(escape) {
      position += escape.count
      if position < source.count, !source[position].isNewline { position += 1 }
    } else {
      position += 1
    }
  }

  private mutating func readBlockComment() {
    if follows("*/") {
      modes.removeLast()
      say(2)
    } else if follows("/*") {
      modes.append(.blockComment)
      say(2)
    } else {
      say(1)
    }
  }

  /// How many quotes and number signs open a string here; `nil` when none does.
  private func stringOpening() -> (quotes: Int, pounds: Int)? {
    let pounds = source[position...].prefix { $0 == "#" }.count
    let rest = source[(position + pounds)...]
    guard rest.first == "\"" else { return nil }
    return (rest.starts(with: "\"\"\"") ? 3 : 1, pounds)
  }

  private func follows(_ text: String) -> Bool { source[position...].starts(with: text) }

  private mutating func compile(_ count: Int) {
    code[code.count - 1] += String(source[position..<(position + count)])
    position += count
  }

  private mutating func say(_ count: Int) {
    comments[comments.count - 1] += String(source[position..<(position + count)])
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
