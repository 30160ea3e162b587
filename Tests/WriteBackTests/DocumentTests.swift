import Agent
import Effects
import TestSupport
import Testing
import Vocabulary

/// What the bad commit did to files and documents. Whatever is not restored stays as it is, to the byte.
@Suite struct DocumentTests {
  @Test func `a file that was renamed together with the change is what it was, under its old name`()
    async throws
  {
    try await Branch.with(["models/a.yaml": model("a", 1), "b.yaml": model("b", 1)]) { branch in
      let good = try await branch.tip
      try await branch.commit(
        "Move a and deploy it", ["models/a.yaml": nil, "prod/a.yaml": model("a", 2)])
      let revert = try #require(try await branch.revert("a", to: good).commit)
      #expect(try await branch.files(at: revert) == branch.files(at: good))
    }
  }

  @Test func `a file that was renamed after the change keeps its new name`() async throws {
    try await Branch.with(["models/a.yaml": model("a", 1), "models/b.yaml": model("b", 1)]) { branch in
      let good = try await branch.tip
      try await branch.commit("Deploy a 2", ["models/a.yaml": model("a", 2)])
      try await branch.remote.work("mv", "models", "production")
      try await branch.commit("Move the folder", [:])
      let revert = try #require(try await branch.revert("a", to: good).commit)
      let files = try await branch.files(at: revert)
      #expect(files["production/a.yaml"] == Array(model("a", 1).utf8))
      #expect(files["production/b.yaml"] == Array(model("b", 1).utf8))
      #expect(files["models/a.yaml"] == nil)
    }
  }

  @Test func `a document that was moved to another file beside a good change goes back where it is now`()
    async throws
  {
    let files = ["a.yaml": model("a", 1, comment: "ours"), "team.yaml": model("b", 1)]
    try await Branch.with(files) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit(
        "Bring a and b together",
        ["a.yaml": nil, "team.yaml": model("b", 2, comment: "first") + "---\n" + model("a", 2)])
      let revert = try #require(try await branch.revert("a", to: good, others: ["b": tip]).commit)
      #expect(try await branch.changes(from: tip, to: revert) == ["team.yaml"])
      let text = String(
        decoding: try #require(try await branch.files(at: revert)["team.yaml"]), as: UTF8.self)
      #expect(text.hasPrefix(model("b", 2, comment: "first")))
      #expect(text.contains("file:///models/a/1"))
      #expect(!text.contains("file:///models/a/2"))
    }
  }

  @Test func `line ends, a byte order mark, odd spaces and a missing last line break are kept`() async throws
  {
    let crlf = model("b", 1).replacing("\n", with: "\r\n")
    let odd =
      "\u{FEFF}# a comment   \n\n" + model("a", 1) + "--- # next\r\n" + crlf + "---\n"
      + String(model("c", 1).dropLast())
    try await Branch.with(["team.yaml": odd]) { branch in
      let good = try await branch.tip
      let changed = odd.replacing(model("a", 1), with: model("a", 2)).replacing(
        "models/c/1", with: "models/c/2"
      )
      .replacing("# next", with: "# and now the next ")
      let tip = try await branch.commit("Deploy a 2 and c 2", ["team.yaml": changed])
      #expect(try await branch.files(at: tip)["team.yaml"] == Array(changed.utf8))
      let revert = try #require(try await branch.revert("a", to: good, others: ["c": tip]).commit)
      let expected = changed.replacing(model("a", 2), with: model("a", 1))
      #expect(try await branch.files(at: revert)["team.yaml"] == Array(expected.utf8))
    }
  }

  @Test func `a model in a file of mixed line ends goes back with those that it had`() async throws {
    let before = model("a", 1).replacing("\n", with: "\r\n") + "---\r\n" + model("b", 1)
    try await Branch.with(["team.yaml": before]) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit(
        "Deploy both, and convert a", ["team.yaml": model("a", 2) + "---\r\n" + model("b", 2)])
      let revert = try #require(try await branch.revert("a", to: good, others: ["b": tip]).commit)
      let expected = model("a", 1).replacing("\n", with: "\r\n") + "---\r\n" + model("b", 2)
      #expect(try await branch.files(at: revert)["team.yaml"] == Array(expected.utf8))
    }
  }

  @Test func `a runtime that all models share goes back with all of them while none has proven itself`()
    async throws
  {
    let files = ["a.yaml": model("a", 1), "b.yaml": model("b", 1)]
    try await Branch.with(files) { branch in
      let good = try await branch.tip
      try await branch.commit("Newer server", ["platform.yaml": runtime(flag: "--new") + "---\n" + policy()])
      let revert = try #require(try await branch.revert("a", to: good).commit)
      #expect(try await branch.files(at: revert) == branch.files(at: good))
    }
  }

  @Test func `a shared runtime that another model has proven stays, and a person is told what to do`()
    async throws
  {
    let files = ["a.yaml": model("a", 1), "b.yaml": model("b", 1)]
    try await Branch.with(files) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit(
        "Newer server", ["platform.yaml": runtime(flag: "--new") + "---\n" + policy()])
      let refusal = try #require(try await branch.revert("a", to: good, others: ["b": tip]).refusal)
      #expect(refusal.contains("it would also take b to"), "\(refusal)")
      #expect(
        refusal.contains("by hand: give a a runtime of its own, with what `python` said at \(good.short)"),
        "\(refusal)")
      #expect(!refusal.contains("git revert"), "\(refusal)")
      #expect(try await branch.tip == tip)
    }
  }

  @Test
  func
    `a version beside a runtime that another model has proven goes back alone only if that is the good revision`()
    async throws
  {
    let files = ["a.yaml": model("a", 1), "b.yaml": model("b", 1)]
    try await Branch.with(files) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit(
        "Newer server and a 2",
        ["platform.yaml": runtime(flag: "--new") + "---\n" + policy(), "a.yaml": model("a", 2)])
      let refusal = try #require(try await branch.revert("a", to: good, others: ["b": tip]).refusal)
      // Version 1 with the new runtime is a revision that nobody has ever tried.
      #expect(refusal.contains("a would not return to revision"), "\(refusal)")
    }
  }

  @Test func `a policy that came with the bad version stays when others use it`() async throws {
    let files = ["a.yaml": model("a", 1), "b.yaml": model("b", 1)]
    try await Branch.with(files) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit(
        "Bolder, and a 2",
        ["platform.yaml": runtime() + "---\n" + policy(weight: 50), "a.yaml": model("a", 2)])
      let revert = try #require(try await branch.revert("a", to: good).commit)
      #expect(try await branch.changes(from: tip, to: revert) == ["a.yaml"])
    }
  }

  @Test func `a policy of its own goes back with it`() async throws {
    let files = ["a.yaml": model("a", 1, policy: "own") + "---\n" + policy("own"), "b.yaml": model("b", 1)]
    try await Branch.with(files) { branch in
      let good = try await branch.tip
      try await branch.commit(
        "Bolder, and a 2", ["a.yaml": model("a", 2, policy: "own") + "---\n" + policy("own", weight: 50)])
      let revert = try #require(try await branch.revert("a", to: good).commit)
      #expect(try await branch.files(at: revert) == branch.files(at: good))
    }
  }

  @Test func `a runtime of one model that came with a good change of another is for a person to put back`()
    async throws
  {
    let own = runtime("own") + "---\n" + model("a", 1, runtime: "own")
    try await Branch.with(["a.yaml": own, "b.yaml": model("b", 1)]) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit(
        "Newer server for a, and b 2",
        [
          "a.yaml": runtime("own", flag: "--new") + "---\n" + model("a", 1, runtime: "own"),
          "b.yaml": model("b", 2),
        ])
      let refusal = try #require(try await branch.revert("a", to: good, others: ["b": tip]).refusal)
      #expect(refusal.contains("with what `own` said at \(good.short)"), "\(refusal)")
      let whole = try #require(try await branch.revert("a", to: good).commit)
      #expect(try await branch.files(at: whole) == branch.files(at: good))
    }
  }
}
