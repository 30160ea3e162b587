import Agent
import Effects
import FoundationEssentials
import Planning
import TestSupport
import Testing
import Vocabulary

/// What somebody can do who has stolen the revert-only key of an agent, and may push. The repositories, the signatures and
/// the programs that check them are real.
@Suite struct AttackTests {
  /// Files below `models/` that a thief changes, and what the agent says to that.
  struct Attack: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var files: [String: String?]
    var objection: String

    init(_ name: String, _ files: [String: String?], _ objection: String) {
      testDescription = name
      self.files = files
      self.objection = objection
    }
  }

  private static let attacks = [
    Attack(
      "deploy a new version", ["fraud.yaml": manifest(9)],
      "takes fraud to a version 9 that was not trusted before"),
    Attack(
      "another artifact under the same version",
      ["fraud.yaml": manifest(3, uri: "https://evil.example.com/3.tar.gz")], "to a version 3"),
    Attack(
      "another artifact under an old version",
      ["fraud.yaml": manifest(2, uri: "https://evil.example.com/2.tar.gz")],
      "to a version 2"),
    Attack(
      "another command for everybody", ["shared.yaml": shared.replacing("serve,", with: "evil,")],
      "to a version 3"),
    Attack(
      "another environment for everybody",
      [
        "shared.yaml": shared.replacing("  protocol:", with: "  env: {LD_PRELOAD: /tmp/evil.so}\n  protocol:")
      ],
      "to a version 3"),
    Attack(
      "a policy that skips the checks",
      ["shared.yaml": shared.replacing("checks: [budget]", with: "checks: []")],
      "changes the live settings of fraud"),
    Attack(
      "an old version, with a policy that skips the checks",
      ["fraud.yaml": manifest(2), "shared.yaml": shared.replacing("checks: [budget]", with: "checks: []")],
      "live settings that were not trusted before"),
    Attack(
      "other live settings", ["fraud.yaml": manifest(3, replicas: 9)], "changes the live settings of fraud"),
    Attack("another model beside it", ["spam.yaml": manifest(1, "spam")], "brings spam back"),
    Attack(
      "another model in the same file", ["fraud.yaml": manifest(2) + "---\n" + manifest(1, "spam")],
      "brings spam back"),
    Attack(
      "an unused document for later", ["policy.yaml": shared.replacing("careful", with: "careless")],
      "breaks something"),
    Attack(
      "an unused document in a file that goes back",
      [
        "fraud.yaml": manifest(2)
          + "---\napiVersion: evenkeel.dev/v1\nkind: Check\nmetadata: {name: lax}\nspec: {errorRate: {max: 99%}}\n"
      ], "changes fraud.yaml into what it never was"),
    Attack(
      "a file that is no manifest", ["golden.jsonl": "{}\n"], "changes golden.jsonl into what it never was"),
    Attack("a hidden file", [".hidden/x.yaml": "a: 1\n"], "changes .hidden/x.yaml into what it never was"),
    Attack("a broken document", ["fraud.yaml": "kind: [\n"], "breaks something"),
    Attack("remove a model that serves", ["fraud.yaml": nil], "removes fraud, which serves here"),
    Attack("remove everything", ["fraud.yaml": nil, "shared.yaml": nil], "removes fraud, which serves here"),
  ]

  @Test(arguments: attacks) func `a stolen agent key deploys nothing`(attack: Attack) async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      let tip = try await stage.commit("Revert \"Deploy fraud 3\"", attack.files, by: stage.agent)
      try await expectHeld(tip, before, host, attack.objection)
    }
  }

  private func expectHeld(_ tip: CommitID, _ inForce: CommitID?, _ host: StageHost, _ words: String)
    async throws
  {
    await host.reconciler.poll()
    let source = await host.source
    #expect(source.held == tip)
    #expect(source.commit == inForce)
    #expect(source.trouble?.contains(words) == true, "\(source.trouble ?? "nothing is the matter")")
  }

  @Test(arguments: ["100755", "120000", "160000"])
  func `modes, links and submodules are no way around it`(mode: String) async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      let work = stage.remote.work
      var id = try await work("rev-parse", mode == "160000" ? "HEAD" : "HEAD:models/fraud.yaml")
      // A link to another file takes the document away; the same file with another mode changes nothing that is read.
      if mode == "120000" { id = try await work("hash-object", "-w", "--stdin", input: "../evil.yaml") }
      let path = mode == "160000" ? "models/sub" : "models/fraud.yaml"
      try await work("update-index", "--add", "--cacheinfo", "\(mode),\(id),\(path)")
      try await stage.sign(stage.agent)("commit", "--quiet", "-m", "Revert")
      let tip = try await stage.publish()
      let words = mode == "120000" ? "serves here" : "into what it never was"
      try await expectHeld(tip, before, host, words)
    }
  }

  @Test func `what was taken back is not brought forth again`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      try await stage.sign(stage.agent)("revert", "--no-edit", "HEAD")
      let revert = try await stage.publish()
      await host.reconciler.poll()
      #expect(await host.source.commit == revert)
      // The revert of the revert would deploy once more what has just failed.
      try await stage.sign(stage.agent)("revert", "--no-edit", "HEAD")
      let forth = try await stage.publish()
      await host.reconciler.poll()
      #expect(await host.source.held == forth)
      #expect(await host.source.trouble?.contains("was taken back since") == true)
      // A person may.
      try await stage.remote.work("reset", "--quiet", "--hard", revert.rawValue)
      try await stage.sign(stage.ann)("revert", "--no-edit", "HEAD")
      let again = try await stage.publish()
      await host.reconciler.poll()
      #expect(await host.source.commit == again)
    }
  }

  @Test func `what was there before anybody checked is no place to go back to`() async throws {
    try await Stage.with { stage in
      try await stage.commit("Deploy evil", ["shared.yaml": shared, "fraud.yaml": manifest(6)], by: nil)
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      let tip = try await stage.commit("Revert", ["fraud.yaml": manifest(6)], by: stage.agent)
      try await expectHeld(tip, before, host, "to a version 6")
    }
  }

  @Test func `an agent's key merges nothing, also not what is trusted`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      let work = stage.remote.work
      try await work("checkout", "--quiet", "-b", "side", "HEAD~1")
      try await stage.sign(stage.ann)("commit", "--quiet", "--allow-empty", "-m", "Side")
      try await work("checkout", "--quiet", "main")
      try await stage.sign(stage.agent)("merge", "--quiet", "--no-ff", "-m", "Merge", "side")
      try await expectHeld(try await stage.publish(), before, host, "it merges")
    }
  }

  @Test func `an agent's key does not cover what others have not signed`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      try await stage.commit("Deploy evil", ["fraud.yaml": manifest(9)], by: nil)
      try await stage.sign(stage.agent)("revert", "--no-edit", "HEAD")
      try await expectHeld(try await stage.publish(), before, host, "it is not signed")
    }
  }

  @Test func `a branch is not rewritten with an agent's key`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      try await stage.remote.work("reset", "--quiet", "--hard", "HEAD~2")
      let tip = try await stage.commit("Revert", by: stage.agent)
      try await expectHeld(tip, before, host, "was rewritten")
    }
  }

  @Test func `an empty commit with our trailers is no revert`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      let tip = try await stage.commit(
        "Revert\n\nBody.\n\nEvenkeel-Rollout: 01\nEvenkeel-Model: fraud", by: stage.agent)
      try await expectHeld(tip, before, host, "changes nothing")
    }
  }

  @Test func `the signature of one revert is none for another`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      let work = stage.remote.work
      try await stage.sign(stage.agent)("revert", "--no-edit", "HEAD")
      let text = try await work("cat-file", "commit", "HEAD") + "\n"
      try await work("reset", "--quiet", "--hard", "HEAD~1")
      try write(manifest(9), to: work.folder + "/models/fraud.yaml")
      try await work("add", "--all")
      let tree = try await work("write-tree")
      let forged = "tree \(tree)\n" + text.split(separator: "\n", maxSplits: 1)[1]
      let id = try await work("hash-object", "-t", "commit", "-w", "--stdin", input: forged)
      try await work("reset", "--quiet", "--hard", id)
      try await expectHeld(try await stage.publish(), before, host, "a signature that is not for it")
    }
  }

  @Test func `a key that has expired is not revived by an old date`() async throws {
    // It was valid until the day before yesterday.
    let yesterday = Date(timeIntervalSinceNow: -2 * 86_400)
    let moment = Timestamp(milliseconds: Int64(yesterday.timeIntervalSince1970 * 1000)).description
    let stamp = moment.prefix(19).filter(\.isNumber) + "Z"
    try await Stage.with(agentOptions: "valid-before=\"\(stamp)\"") { stage in
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      try await stage.sign(stage.agent)("revert", "--no-edit", "HEAD")
      try await expectHeld(try await stage.publish(), before, host, "key has expired")
      try await stage.remote.work("reset", "--quiet", "--hard", "HEAD~1")
      try await stage.sign(stage.agent, at: "2020-01-01T00:00:00Z")("revert", "--no-edit", "HEAD")
      try await expectHeld(try await stage.publish(), before, host, "long before a commit that it follows")
    }
  }

  @Test func `a key that is in both files may only revert`() async throws {
    try await Stage.with { stage in
      try write(
        stage.ann.allowed(as: stage.author) + stage.agent.allowed(as: "prod-eu-1"), to: stage.allowed)
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      let tip = try await stage.commit("Deploy fraud 9", ["fraud.yaml": manifest(9)], by: stage.agent)
      try await expectHeld(tip, before, host, "may only revert")
    }
  }

  // Git itself does not get through a chain of thousands of folders; `HostileTreeTests` has that one.
  @Test(arguments: HostileTree.allCases.filter { $0 != .nested })
  func `trees that nobody comes to the end of are held, and the agent goes on`(kind: HostileTree) async throws
  {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      let before = await host.source.commit
      let work = stage.remote.work
      let hostile = try await kind.make(in: work)
      let models = try await work("ls-tree", "HEAD:models")
      let folder = try await work("mktree", input: models + "\n040000 tree \(hostile)\thostile\n")
      let root = try await work("mktree", input: "040000 tree \(folder)\tmodels\n")
      let commit = try await stage.sign(stage.agent)("commit-tree", "-S", root, "-p", "HEAD", "-m", "Revert")
      try await stage.remote.bare("fetch", "--quiet", work.folder, "+\(commit):refs/heads/main")
      try await expectHeld(CommitID(commit), before, host, "changes more than 1000 files")
      let remedy = try await stage.commit("Deploy fraud 4", ["fraud.yaml": manifest(4)], by: stage.ann)
      await host.reconciler.poll()
      let source = await host.source
      #expect((source.held, source.commit) == (nil, remedy))
    }
  }

  @Test func `the first tip of all is not an agent's`() async throws {
    try await Stage.with { stage in
      let tip = try await stage.commit(
        "Deploy fraud 1", ["shared.yaml": shared, "fraud.yaml": manifest(1)], by: stage.agent)
      let host = stage.host()
      await host.reconciler.poll()
      #expect(await host.source.held == tip)
      #expect(await host.reconciler.status().models.isEmpty)
    }
  }
}
