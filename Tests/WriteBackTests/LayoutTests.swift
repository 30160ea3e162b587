import Agent
import TestSupport
import Testing
import Vocabulary

/// How people lay documents out in a file that models share.
@Suite struct LayoutTests {
  /// A file of two models as it was, as the failed commit left it, and as the revert is to leave it. The commit has brought a
  /// good version of the other model, too.
  struct Layout: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var good: String
    var bad: String
    var result: String

    /// A file that `write` makes of both models.
    init(_ name: String, _ write: (_ failed: String, _ other: String) -> String) {
      testDescription = name
      good = write(model("a", 1, comment: "of the risk team"), model("b", 1))
      bad = write(model("a", 2, comment: "tuned"), model("b", 2))
      result = write(model("a", 1, comment: "of the risk team"), model("b", 2))
    }
  }

  private static let layouts = [
    Layout("the failed one first") { $0 + "---\n" + $1 },
    Layout("the failed one between others") { $1 + "---\n" + $0 + "---\n" + policy("unused") },
    Layout("the failed one last, without a final line break") { $1 + "---\n" + $0.dropLast() },
    Layout("another one last, without a final line break") { $0 + "---\n" + $1.dropLast() },
    Layout("CRLF") { crlf($1 + "---\n" + $0 + "---\n# end\n" + policy("unused")) },
    Layout("a byte order mark") { "\u{FEFF}" + $0 + "---\n" + $1 },
    Layout("a byte order mark and CRLF") { "\u{FEFF}" + crlf($1 + "---\n" + $0) },
    Layout("line ends of both kinds") { $1 + "---\n" + crlf($0) + "---\n" + policy("unused") },
    Layout("comments and ends between documents") {
      "# top\n\n---\n# about b\n" + $1 + "...\n# between\n---\n" + $0 + "---   # and more\n"
        + policy("unused")
    },
    Layout("blanks where nobody needs them") {
      "#\t \n---\n" + $1.replacing("# by the training job", with: "#\tby hand   ") + "\n\n---\n" + $0
    },
  ]

  private static func crlf(_ text: String) -> String { text.replacing("\n", with: "\r\n") }

  @Test(arguments: layouts)
  func `outside the restored document every byte stays`(layout: Layout) async throws {
    try await Branch.with(["all.yaml": layout.good]) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit("Deploy both", ["all.yaml": layout.bad])
      let revert = try #require(try await branch.revert("a", to: good, others: ["b": tip]).commit)
      #expect(try await branch.files(at: revert)["all.yaml"] == Array(layout.result.utf8))
      #expect(try await branch.changes(from: tip, to: revert) == ["all.yaml"])
    }
  }

  @Test func `documents that have changed places are told apart`() async throws {
    try await Branch.with(["all.yaml": model("a", 1) + "---\n" + model("b", 1)]) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit(
        "Deploy both, in alphabetical order backwards", ["all.yaml": model("b", 2) + "---\n" + model("a", 2)])
      let revert = try #require(try await branch.revert("a", to: good, others: ["b": tip]).commit)
      let expected = model("b", 2) + "---\n" + model("a", 1)
      #expect(
        String(decoding: try #require(try await branch.files(at: revert)["all.yaml"]), as: UTF8.self)
          .contains(expected.dropLast()))
    }
  }

  @Test func `a runtime that came with the failed version stays for those who use it now`() async throws {
    try await Branch.with(["a.yaml": model("a", 1), "b.yaml": model("b", 1)]) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit(
        "A faster server",
        [
          "fast.yaml": runtime("fast"), "a.yaml": model("a", 2, runtime: "fast"),
          "b.yaml": model("b", 1, runtime: "fast"),
        ])
      let revert = try #require(try await branch.revert("a", to: good, others: ["b": tip]).commit)
      #expect(try await branch.changes(from: tip, to: revert) == ["a.yaml"])
      #expect(try await branch.files(at: revert)["a.yaml"] == Array(model("a", 1).utf8))
    }
  }
}
