import Testing

/// Something the project forbids in its files: a function of one file's path and text.
struct Rule: Sendable, CustomTestStringConvertible {
  let name: String
  /// Whether the rule is about this file.
  let covers: @Sendable (_ path: String) -> Bool
  let complaints: @Sendable (_ path: String, _ text: String) -> [Complaint]

  var testDescription: String { name }

  /// A rule about single lines of Swift code, outside of comments and strings.
  static func forbidding(
    _ name: String, in covers: @escaping @Sendable (String) -> Bool, _ forbidden: [String]
  ) -> Rule {
    Rule(name: name, covers: covers) { path, text in
      complainAboutLines(of: path, SwiftText(text).code) { line in
        forbidden.first { line.containsToken($0) }.map { "\(name): `\($0)`" }
      }
    }
  }
}

/// Where a rule is broken, and how.
struct Complaint: Hashable, CustomStringConvertible {
  let path: String
  /// From 1.
  let line: Int
  let message: String

  var description: String { "\(path):\(line): \(message)" }
}

func complainAboutLines(
  of path: String, _ lines: [String], _ complaint: (String) -> String?
) -> [Complaint] {
  lines.enumerated().compactMap { index, line in
    complaint(line).map { Complaint(path: path, line: index + 1, message: $0) }
  }
}

func isSwift(_ path: String) -> Bool { path.hasSuffix(".swift") }

/// The target that a source file belongs to: `Sources/TARGET/…`.
func target(of path: String) -> String? {
  let parts = path.split(separator: "/")
  return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
}
