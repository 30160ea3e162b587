import Agent
import Effects
import Manifests
import Planning
import Rollout
import Simulation
import Testing
import Vocabulary

/// The main job, end to end over in-memory edges.
@Suite struct StoryTests {
  private let bad = revision(of: "fraud", 2)

  @Test func `a first commit is deployed and gets all traffic`() async throws {
    let host = try await Host.withStable()
    #expect(await host.split() == ["1": 100])
    #expect(
      await host.instances.started.map(\.command) == [["serve", "/store/111111111111", "--port", "20000"]])
    #expect(try await host.model().conditions.map(\.type) == [.ready])
  }

  @Test func `a good version passes its canary and is promoted without a second start`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    #expect(await host.split() == ["1": 90, "2": 10])
    await host.run(11)
    #expect(await host.split() == ["1": 50, "2": 50])
    await host.run(11)
    #expect(await host.split() == ["2": 100])
    #expect(try await host.model().stable?.version == "2")
    #expect(await host.instances.started.count == 2)
    await host.run(2)
    #expect(try await host.model().instances.map(\.revision) == [bad])
    #expect(
      try await host.reconciler.history(of: "fraud", limit: 9).map(\.outcome) == [.promoted, .promoted])
  }

  @Test func `a bad version is taken off traffic at once and reverted in Git`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    #expect(await host.split() == ["1": 100])

    await host.settle()

    let log = await host.repository.log
    #expect(log.count == 3)
    let message = try #require(log.first)
    #expect(message.hasPrefix("Revert \"Deploy fraud 2\"\n\nThis reverts commit 0"))
    #expect(message.contains("fraud 2 failed its rollout at step 5 of 9"))
    #expect(message.contains("Evenkeel-Failed-Revision: \(bad)"))
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(try await host.model().phase == .stable)
    let history = try await host.reconciler.history(of: "fraud", limit: 1)
    #expect(history.first?.outcome == .rolledBack)
    #expect(history.first?.revert == (await host.repository.tip))
  }

  @Test func `after a revert nothing is rolled out again`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.settle()
    let started = await host.instances.started.count
    await host.run(60)
    await host.settle()
    #expect(await host.instances.started.count == started)
    #expect(await host.repository.log.count == 3)
  }

  @Test func `a first deployment that fails is stopped and its commit reverted`() async throws {
    let host = Host()
    await host.instances.setFate(of: revision(of: "fraud", 1), .starting)
    await host.commit("Share", ["shared.yaml": shared])
    await host.commit("Deploy fraud 1", ["fraud.yaml": manifest(version: 1)])
    await host.settle()
    await host.run(31)
    await host.settle()
    await host.settle()
    #expect(await host.repository.text(of: "fraud.yaml") == nil)
    #expect(await host.repository.text(of: "shared.yaml") == shared)
    #expect(await host.instances.observe().isEmpty)
    #expect(await host.reconciler.status().models.isEmpty)
  }

  @Test func `a commit that carries another model's good change keeps that change`() async throws {
    let host = try await Host.withStable()
    await host.commit(
      "Deploy fraud 2 and spam 3",
      ["fraud.yaml": manifest(version: 2), "spam.yaml": manifest("spam", version: 3)])
    await host.settle()
    #expect(await host.split("spam") == ["3": 100])
    await host.run(3, errors: [bad: 0.5])
    await host.settle()
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(await host.repository.text(of: "spam.yaml") == manifest("spam", version: 3))
    #expect(await host.repository.log.first?.contains("puts back only the documents of fraud") == true)
    #expect(await host.split("spam") == ["3": 100])
  }

  @Test func `somebody who has moved on already is left alone`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.commit("Deploy fraud 3", ["fraud.yaml": manifest(version: 3)])
    await host.run(3, errors: [bad: 0.5])
    #expect(await host.reconciler.writeBackDue())
    #expect(await host.repository.log.count == 3)
    #expect(await host.reasons().last == "WriteBackUnneeded")
    await host.settle()
    #expect(try await host.model().candidate?.version == "3")
  }

  @Test func `a push that loses a race is computed again`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.repository.setRival { $0.commit("Deploy spam 4", ["spam.yaml": manifest("spam", version: 4)]) }
    #expect(await host.reconciler.writeBackDue())
    let subjects = await host.repository.log.map { String($0.prefix { $0 != "\n" }) }
    #expect(
      subjects == ["Revert \"Deploy fraud 2\"", "Deploy spam 4", "Deploy fraud 2", "Deploy fraud 1"])
    #expect(await host.repository.text(of: "spam.yaml") != nil)
  }

  @Test func `a refused push leaves traffic on stable, says so and is tried again`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    let refusal = PushOutcome.refused(PushRefusal(.protectedBranch, "GH006: protected branch"))
    await host.repository.answerPushes([refusal, refusal])
    #expect(await host.reconciler.writeBackDue())
    for type in [Condition.Kind.stalled, .pinnedByRollback] {
      let condition = try #require(try await host.model().conditions.first { $0.type == type })
      #expect(condition.reason == "PushRefused")
      #expect(condition.message.contains("GH006: protected branch"))
      #expect(condition.message.contains("allow the agent's key or user to push to main"))
    }
    #expect(await host.split() == ["1": 100])
    #expect(await host.reasons().last == "PushRefused")
    await host.run(30)
    #expect(await !host.reconciler.writeBackDue(), "who has said no is not asked again at once")
    await host.run(60)
    #expect(await host.reconciler.writeBackDue())
    await host.run(75)
    #expect(await !host.reconciler.writeBackDue(), "and after the second no it waits twice as long")
    await host.run(80)
    #expect(await host.reconciler.writeBackDue())
    #expect(await host.repository.log.count == 3)
  }

  @Test func `a refused revert is tried at once when the branch moves`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.repository.answerPushes([.refused(PushRefusal(.hook, "the branch is frozen"))])
    await host.settle()
    #expect(try await host.model().phase == .writingBack)
    await host.commit("End the freeze", ["README.md": "-"])
    await host.settle()
    #expect(try await host.model().phase == .stable)
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
  }

  @Test func `removing the manifest removes the model and nothing else`() async throws {
    let host = try await Host.withStable()
    await host.commit("Add spam", ["spam.yaml": manifest("spam", version: 3)])
    await host.settle()
    await host.commit("Drop fraud", ["fraud.yaml": nil])
    await host.settle()
    await host.run(1, model: "spam")
    #expect(await host.reconciler.status().models.map(\.name) == ["spam"])
    #expect(await host.gateway.accepted?.models.keys.sorted() == ["spam"])
    #expect(await host.instances.observe().map(\.model) == ["spam"])
  }

  @Test func `replicas and routes apply live`() async throws {
    let host = try await Host.withStable()
    await host.commit("Scale", ["fraud.yaml": manifest(version: 1, replicas: 3, prefix: "/fraud")])
    await host.settle()
    let route = try #require(await host.gateway.accepted?.models["fraud"])
    #expect(route.route.prefix == "/fraud")
    #expect(route.backends.map(\.ports.count) == [3])
    #expect(await host.reasons().contains("RolloutStarted"))
    #expect(await host.reasons().filter { $0 == "RolloutStarted" }.count == 1)
    await host.commit("Scale", ["fraud.yaml": manifest(version: 1, replicas: 1, prefix: "/fraud")])
    await host.settle()
    #expect(await host.gateway.accepted?.models["fraud"]?.backends.map(\.ports.count) == [1])
    await host.run(31)
    #expect(try await host.model().instances.count == 1)
  }

  @Test func `a version that is reverted and committed again between two polls is a new attempt`()
    async throws
  {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    _ = try await host.reconciler.steer("fraud", .abort, by: "ann")
    await host.settle()
    #expect(
      try await host.model().conditions.contains { $0.type == .pinnedByRollback && $0.reason == "Held" })
    await host.commit("Change nothing", ["README.md": "-"])
    await host.settle()
    #expect(try await host.model().phase == .held)
    await host.commit("Back to fraud 1", ["fraud.yaml": manifest(version: 1)])
    await host.commit("Deploy fraud 2 again", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    #expect(await host.split() == ["1": 90, "2": 10])
  }

  @Test func `a newer commit replaces the candidate`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.commit("Deploy fraud 3", ["fraud.yaml": manifest(version: 3)])
    await host.settle()
    await host.run(1)
    #expect(await host.split() == ["1": 90, "3": 10])
    #expect(try await host.model().instances.count == 2)
    let outcomes = try await host.reconciler.history(of: "fraud", limit: 9).map(\.outcome)
    #expect(outcomes == [nil, .superseded, .promoted])
  }
}
