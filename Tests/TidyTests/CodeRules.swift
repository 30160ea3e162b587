extension Rule {
  static let short = Rule(
    name: "a file fits in the head",
    covers: { $0 != "LICENSE" },
    complaints: { path, text in
      let count = text.split(separator: "\n", omittingEmptySubsequences: false).count
      return count > 501
        ? [Complaint(path: path, line: 501, message: "\(count - 1) lines; split it: the bound is 500")] : []
    })

  static let noTraps = Rule.forbidding(
    "an error is thrown and answered, not a crash", in: isSwift,
    ["try!", "as!", "fatalError("])

  static let noLeftovers = Rule(
    name: "nothing is left for later in a comment",
    covers: isSwift,
    complaints: { path, text in
      complainAboutLines(of: path, SwiftText(text).comments) { comment in
        ["TODO", "FIXME"].first(where: comment.containsToken).map {
          "\($0): do it, or file an issue"
        }
      }
    })

  static let unsafeWithReason = Rule(
    name: "what the compiler cannot check has its reason on the line above",
    covers: isSwift,
    complaints: { path, text in
      let swift = SwiftText(text)
      return swift.code.indices.compactMap { index in
        let unchecked = ["@unchecked Sendable", "nonisolated(unsafe)"].first {
          swift.code[index].contains($0)
        }
        let reason = index > 0 ? swift.comments[index - 1] : ""
        guard let unchecked, reason.isEmpty else { return nil }
        return Complaint(
          path: path, line: index + 1, message: "say on the line above why `\(unchecked)` is safe here")
      }
    })

  static let testSentences = Rule(
    name: "the name of a test is a sentence",
    covers: { isSwift($0) && $0.hasPrefix("Tests/") },
    complaints: { path, text in
      var expectsName = false
      return complainAboutLines(of: path, SwiftText(text).code) { line in
        expectsName = expectsName || line.containsToken("@Test")
        guard expectsName, let range = line.firstRange(of: "func ") else { return nil }
        expectsName = false
        return line[range.upperBound...].hasPrefix("`") ? nil : "write the name as a sentence in backticks"
      }
    })
}
