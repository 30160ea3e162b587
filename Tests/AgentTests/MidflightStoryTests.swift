import Agent
import Effects
import Planning
import Rollout
import Simulation
import Testing
import Vocabulary

/// What happens to a rollout that is under way when the world moves on.
@Suite struct MidflightStoryTests {
  private let two = revision(of: "fraud", 2)
  private let three = revision(of: "fraud", 3)

  private func inCanary() async throws -> Host {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    #expect(await host.split() == ["1": 90, "2": 10])
    return host
  }

  @Test func `a second failure while the first revert is pending leads back past both, by one revert`()
    async throws
  {
    let host = try await inCanary()
    await host.run(3, errors: [two: 0.5])
    let refusal = PushOutcome.refused(PushRefusal(.hook, "the branch is frozen"))
    await host.repository.answerPushes([refusal, refusal])
    await host.settle()
    #expect(try await host.model().phase == .writingBack)
    await host.commit("Deploy fraud 3", ["fraud.yaml": manifest(version: 3)])
    await host.settle()
    #expect(await host.split() == ["1": 90, "3": 10])
    await host.repository.answerPushes([])
    await host.run(3, errors: [three: 0.5])
    #expect(await host.split() == ["1": 100])
    await host.settle()
    #expect(try await host.model().phase == .stable)
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(await host.repository.log.filter { $0.hasPrefix("Revert") }.count == 1)
    let history = try await host.reconciler.history(of: "fraud", limit: 9)
    #expect(history.map(\.outcome) == [.rolledBack, .rolledBack, .promoted])
  }

  @Test
  func `a model that leaves Git in the middle of its rollout loses all of it, and nobody else anything`()
    async throws
  {
    let host = try await inCanary()
    await host.commit("Deploy spam", ["spam.yaml": manifest("spam", version: 1)])
    await host.settle()
    await host.commit("No more fraud", ["fraud.yaml": nil])
    await host.settle()
    await host.run(2)
    #expect(await host.split() == [:])
    #expect(await host.instances.observe().map(\.model) == ["spam"])
    #expect(await host.split("spam") == ["1": 100])
    let history = try await host.reconciler.history(of: "fraud", limit: 9)
    #expect(history.map(\.outcome) == [.superseded, .promoted])
  }

  @Test func `a document that breaks in the middle of a rollout changes nothing, and the rollout goes on`()
    async throws
  {
    let host = try await inCanary()
    await host.commit("Typo", ["fraud.yaml": "kind: Model\nmetadata: {name: fraud}\nspec: {replica: 2}\n"])
    await host.settle()
    #expect(await host.split() == ["1": 90, "2": 10])
    let stalled = try await host.model().conditions.first { $0.type == .stalled }
    #expect(stalled?.reason == "ManifestUnreadable")
    await host.run(23)
    #expect(await host.split() == ["2": 100])
  }

  @Test func `what people do to a rollout is in its history, with their names`() async throws {
    let host = try await inCanary()
    _ = try await host.reconciler.steer("fraud", .pause, by: "ann")
    await host.run(60)
    #expect(await host.split() == ["1": 90, "2": 10])
    let again = try await host.reconciler.steer("fraud", .pause, by: "bob")
    #expect(again == .already("fraud is already paused by ann"))
    _ = try await host.reconciler.steer("fraud", .resume, by: "bob")
    _ = try await host.reconciler.steer("fraud", .promote(full: true, step: nil), by: "cyd")
    await host.run(3)
    #expect(await host.split() == ["2": 100])
    let record = try #require(try await host.reconciler.history(of: "fraud", limit: 1).first)
    #expect(record.outcome == .promoted)
    #expect(
      record.interventions.map { "\($0.by) \($0.what)" }
        == ["ann paused it", "bob resumed it", "cyd promoted it without further looks"])
  }

  @Test func `a pause after the end of a rollout leaves its line of the history as it is`() async throws {
    let host = try await inCanary()
    _ = try await host.reconciler.steer("fraud", .abort, by: "ann")
    await host.passes()
    _ = try await host.reconciler.steer("fraud", .pause, by: "bob")
    let record = try #require(try await host.reconciler.history(of: "fraud", limit: 1).first)
    #expect(record.outcome == .aborted)
    #expect(record.failure != nil)
  }

  @Test func `a request that comes right before a change of routes is answered before its server stops`()
    async throws
  {
    let host = try await inCanary()
    let candidate = BackendKey(model: "fraud", revision: two)
    await host.gateway.expectLateRequest(for: candidate)
    _ = try await host.reconciler.steer("fraud", .abort, by: "ann")
    await host.passes()
    host.clock.advance(by: .seconds(1))
    await host.passes()
    #expect(await host.split() == ["1": 100])
    #expect(try await host.model().instances.map(\.revision).contains(two), "it still answers")
    await host.gateway.setActive(0, candidate)
    await host.run(2)
    #expect(try await host.model().instances.map(\.revision) == [revision(of: "fraud", 1)])
  }

  @Test func `an aborted rollout is held over restarts, and a retry is asked for by name`() async throws {
    var host = try await inCanary()
    _ = try await host.reconciler.steer("fraud", .abort, by: "ann")
    await host.passes()
    try await host.restartAgent()
    await host.settle()
    #expect(try await host.model().phase == .held)
    #expect(await host.split() == ["1": 100])
    _ = try await host.reconciler.steer("fraud", .retry, by: "bob")
    await host.settle()
    await host.run(25)
    #expect(await host.split() == ["2": 100])
    let history = try await host.reconciler.history(of: "fraud", limit: 2)
    #expect(history.map(\.outcome) == [.promoted, .aborted])
    #expect(history.map(\.requestedBy) == ["bob", "ann"])
  }

  @Test func `rollback --to an older version reverts all that came after it`() async throws {
    let host = try await Host.withStable()
    for version in 2...3 {
      await host.commit("Deploy fraud \(version)", ["fraud.yaml": manifest(version: version)])
      await host.settle()
      await host.run(25)
      #expect(await host.split() == ["\(version)": 100])
    }
    _ = try await host.reconciler.steer("fraud", .rollback(to: "1", reason: "drift"), by: "ann")
    await host.settle()
    #expect(await host.split() == ["1": 100])
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(await host.repository.log.filter { $0.hasPrefix("Revert") }.count == 1)
    #expect(try await host.model().phase == .stable)
  }
}
