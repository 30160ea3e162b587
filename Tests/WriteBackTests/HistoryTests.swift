import Agent
import Effects
import Rollout
import TestSupport
import Testing
import Vocabulary

/// How the bad version came onto the branch, and what happened around it.
@Suite struct HistoryTests {
  @Test func `an octopus merge is reverted against its first parent`() async throws {
    try await Branch.with(["a.yaml": model("a", 1), "b.yaml": model("b", 1), "c.yaml": model("c", 1)]) {
      branch in
      let good = try await branch.tip
      let merge = try await branch.merge(
        "Merge three topics",
        [["a.yaml": model("a", 2)], ["b.yaml": model("b", 2)], ["notes/README": "of the third\n"]])
      let revert = try #require(try await branch.revert("a", to: good).commit)
      // Neither model has proven itself, so both go back, as `git revert -m 1` has it.
      #expect(try await branch.files(at: revert) == branch.files(at: good))
      #expect(try await branch.message(of: revert).contains("This reverts commit \(merge)"))
    }
  }

  @Test func `of an octopus merge whose other models are stable by now, only the bad one goes back`()
    async throws
  {
    try await Branch.with(["a.yaml": model("a", 1), "b.yaml": model("b", 1), "c.yaml": model("c", 1)]) {
      branch in
      let good = try await branch.tip
      let merge = try await branch.merge(
        "Merge three topics",
        [["a.yaml": model("a", 2)], ["b.yaml": model("b", 2)], ["c.yaml": model("c", 2)]])
      let revert = try #require(
        try await branch.revert("a", to: good, others: ["b": merge, "c": merge]).commit)
      #expect(try await branch.changes(from: merge, to: revert) == ["a.yaml"])
      #expect(try await branch.files(at: revert)["a.yaml"] == Array(model("a", 1).utf8))
    }
  }

  @Test func `a squash of many changes is reverted whole while nothing else in it has proven itself`()
    async throws
  {
    let files = ["team/a.yaml": model("a", 1), "team/b.yaml": model("b", 1), "old.yaml": model("c", 1)]
    try await Branch.with(files) { branch in
      let good = try await branch.tip
      try await branch.commit(
        "Squash a quarter of work (#12)",
        [
          "team/a.yaml": model("a", 2), "team/b.yaml": model("b", 2), "old.yaml": nil,
          "new/c.yaml": model("c", 2, comment: "moved"), "docs/notes.md": "much\n",
        ])
      let revert = try #require(try await branch.revert("b", to: good).commit)
      #expect(try await branch.files(at: revert) == branch.files(at: good))
    }
  }

  @Test func `all commits since the good one are reverted, newest first, and none of the others`()
    async throws
  {
    let files = ["a.yaml": model("a", 1), "b.yaml": model("b", 1)]
    try await Branch.with(files) { branch in
      let good = try await branch.tip
      let first = try await branch.commit("Deploy a 2", ["a.yaml": model("a", 2)])
      let other = try await branch.commit("Deploy b 2", ["b.yaml": model("b", 2)])
      let second = try await branch.commit("Deploy a 3", ["a.yaml": model("a", 3)])
      try await branch.commit("Write", ["README": "text\n"])
      let tip = try await branch.tip
      let revert = try #require(try await branch.revert("a", to: good, others: ["b": other]).commit)
      #expect(try await branch.changes(from: tip, to: revert) == ["a.yaml"])
      let message = try await branch.message(of: revert)
      let places = try [second, first].map { try #require(message.firstRange(of: $0.rawValue)).lowerBound }
      #expect(places[0] < places[1])
      #expect(!message.contains(other.rawValue))
    }
  }

  @Test func `several models and documents over several commits come apart`() async throws {
    let files = ["team.yaml": model("a", 1) + "---\n" + model("b", 1) + "---\n" + model("c", 1)]
    try await Branch.with(files) { branch in
      let good = try await branch.tip
      try await branch.commit(
        "Deploy a 2 and b 2", ["team.yaml": model("a", 2) + "---\n" + model("b", 2) + "---\n" + model("c", 1)]
      )
      let tip = try await branch.commit(
        "Deploy a 3 and c 2", ["team.yaml": model("a", 3) + "---\n" + model("b", 2) + "---\n" + model("c", 2)]
      )
      let revert = try #require(try await branch.revert("a", to: good, others: ["b": tip, "c": tip]).commit)
      let expected = model("a", 1) + "---\n" + model("b", 2) + "---\n" + model("c", 2)
      #expect(try await branch.files(at: revert)["team.yaml"] == Array(expected.utf8))
    }
  }

  @Test func `a merge whose topic went back and forth counts by what it brought to the branch`() async throws
  {
    try await Branch.with(["a.yaml": model("a", 1)]) { branch in
      let good = try await branch.tip
      let work = branch.remote.work
      try await work("switch", "--quiet", "--create", "topic")
      try await branch.remote.commit(["a.yaml": model("a", 4)], message: "Try 4")
      try await branch.remote.commit(["a.yaml": model("a", 1)], message: "Back")
      try await branch.remote.commit(["a.yaml": model("a", 2)], message: "Try 2")
      try await work("switch", "--quiet", "main")
      try await work("merge", "--quiet", "--no-ff", "-m", "Merge the topic", "topic")
      try await branch.remote.publish()
      let revert = try #require(try await branch.revert("a", to: good).commit)
      #expect(try await branch.files(at: revert) == branch.files(at: good))
      #expect(try await branch.message(of: revert).hasPrefix("Revert \"Merge the topic\""))
    }
  }

  @Test func `nothing is written when the model was deleted or moved on meanwhile`() async throws {
    try await Branch.with(["a.yaml": model("a", 1), "b.yaml": model("b", 1)]) { branch in
      let good = try await branch.tip
      try await branch.commit("Deploy a 2", ["a.yaml": model("a", 2)])
      let request = try await branch.request(for: "a", to: good)
      try await branch.commit("Retire a", ["a.yaml": nil])
      #expect(await branch.revert(request) == .movedOn)
      try await branch.commit("Bring a back, newer", ["a.yaml": model("a", 3)])
      let tip = try await branch.tip
      #expect(await branch.revert(request) == .movedOn)
      #expect(try await branch.tip == tip)
    }
  }

  @Test func `a model that did not exist before is removed again, and its neighbours stay`() async throws {
    try await Branch.with(["team.yaml": model("b", 1)]) { branch in
      let good = try await branch.tip
      let tip = try await branch.commit(
        "Add a, and b 2", ["team.yaml": model("b", 2) + "---\n" + model("a", 1, comment: "the new one")])
      let request = try await branch.request(for: "a", to: nil, others: ["b": tip])
      let revert = try #require(await branch.revert(request).commit)
      #expect(try await branch.files(at: revert)["team.yaml"] == Array(model("b", 2).utf8))
      // While b has not proven itself either, the whole commit goes.
      try await branch.remote.work("reset", "--quiet", "--hard", tip.rawValue)
      try await branch.remote.publish()
      let whole = try #require(try await branch.revert(request.with(others: "b", good, in: branch)).commit)
      #expect(try await branch.files(at: whole) == branch.files(at: good))
    }
  }
}

extension WriteBackRequest {
  /// The same with another stable revision of one other model.
  fileprivate func with(others name: ModelName, _ commit: CommitID, in branch: Branch) async throws
    -> WriteBackRequest
  {
    var request = self
    request.lastGoodOfOthers = try await branch.request(for: model, to: nil, others: [name: commit])
      .lastGoodOfOthers
    return request
  }
}
