import Agent
import Effects
import Manifests
import Planning
import Rollout
import Simulation
import TestSupport
import Testing
import Vocabulary

/// What an agent's revert-only key is for.
@Suite struct ReturnTests {
  private func expectTaken(_ tip: CommitID, _ host: StageHost) async {
    await host.settle()
    let source = await host.source
    #expect(source.commit == tip)
    #expect(source.trouble == nil, "\(source.trouble ?? "")")
  }

  @Test func `the plain revert of a deployment is taken in, and of the one before it too`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      try await stage.sign(stage.agent)("revert", "--no-edit", "HEAD")
      await expectTaken(try await stage.publish(), host)
      #expect(await host.desired == "2")
      try await stage.sign(stage.agent)("revert", "--no-edit", "HEAD~2")
      await expectTaken(try await stage.publish(), host)
      #expect(await host.desired == "1")
    }
  }

  @Test func `one revert leads back past several deployments`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      await expectTaken(try await stage.commit("Revert", ["fraud.yaml": manifest(1)], by: stage.agent), host)
      #expect(await host.desired == "1")
    }
  }

  @Test func `one revert leads back past more deployments than are looked at one by one`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      for version in 4...40 {
        try await stage.commit("Deploy \(version)", ["fraud.yaml": manifest(version)], by: stage.ann)
      }
      await expectTaken(try await stage.publish(), host)
      await expectTaken(try await stage.commit("Revert", ["fraud.yaml": manifest(1)], by: stage.agent), host)
      #expect(await host.desired == "1")
    }
  }

  @Test func `a revert keeps what was changed since, in its own file and in others`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      try await stage.commit(
        "Scale, and deploy spam", ["fraud.yaml": manifest(3, replicas: 2), "spam.yaml": manifest(1, "spam")],
        by: stage.ann)
      await host.reconciler.poll()
      await expectTaken(
        try await stage.commit("Revert", ["fraud.yaml": manifest(2, replicas: 2)], by: stage.agent), host)
      #expect(await host.desired == "2")
    }
  }

  @Test func `only one model's documents go back in a file of several`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      func file(_ fraud: Int, _ spam: Int) -> String {
        manifest(fraud) + "---\n" + manifest(spam, "spam") + "---\n"
          + shared.replacing("careful", with: "brave")
          .replacing("stub", with: "other").replacing("budget", with: "tight")
      }
      try await stage.commit("Move", ["fraud.yaml": file(3, 1)], by: stage.ann)
      try await stage.commit("Deploy both", ["fraud.yaml": file(4, 2)], by: stage.ann)
      await host.reconciler.poll()
      await expectTaken(try await stage.commit("Revert", ["fraud.yaml": file(3, 2)], by: stage.agent), host)
      #expect(await host.desired == "3")
    }
  }

  @Test func `a revert in a file that was renamed since is taken in`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      try await stage.commit("Rename", ["fraud.yaml": nil, "deep/renamed.yaml": manifest(3)], by: stage.ann)
      await host.reconciler.poll()
      await expectTaken(
        try await stage.commit("Revert", ["deep/renamed.yaml": manifest(2)], by: stage.agent), host)
      #expect(await host.desired == "2")
    }
  }

  @Test func `the first deployment of a model that does not serve here is taken back`() async throws {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      try await stage.commit("Deploy spam 1", ["spam.yaml": manifest(1, "spam")], by: stage.ann)
      await host.reconciler.poll()
      await expectTaken(try await stage.commit("Revert", ["spam.yaml": nil], by: stage.agent), host)
    }
  }

  @Test func `what happens outside of the folder that is read is none of this agent's business`() async throws
  {
    try await Stage.with { stage in
      let host = try await stage.threeVersions()
      try write("another environment\n", to: stage.remote.work.folder + "/staging/a.yaml")
      await expectTaken(try await stage.commit("Revert in staging", by: stage.agent), host)
    }
  }

  @Test func `an agent's revert is signed, pushed, and taken in by it and by another agent`() async throws {
    try await Stage.with { stage in
      let (here, there) = (stage.host("here", signingWith: stage.agent), stage.host("there"))
      try await stage.commit(
        "Deploy fraud 1", ["shared.yaml": shared, "fraud.yaml": manifest(1)], by: stage.ann)
      for host in [here, there] { await host.settle() }
      let deployed = try await stage.commit("Deploy fraud 2", ["fraud.yaml": manifest(2)], by: stage.ann)
      for host in [here, there] { await host.settle() }
      #expect(await here.desired == "2")
      await here.fail(try #require(await here.reconciler.status().models.first?.candidate?.revision))
      #expect(await here.reconciler.writeBackDue())
      try await stage.remote.work("pull", "--quiet", "origin", "main")
      let revert = CommitID(try await stage.remote.work("rev-parse", "HEAD"))
      let events = await here.journal.events.map(\.message)
      #expect(revert != deployed, "\(events)")
      for host in [here, there] { await expectTaken(revert, host) }
      try write(stage.agent.allowed(as: "prod-eu-1"), to: stage.folder + "/agents")
      try await stage.remote.work("config", "gpg.ssh.allowedSignersFile", stage.folder + "/agents")
      try await stage.remote.work("verify-commit", "HEAD")
    }
  }
}
