import Agent
import Effects
import Planning
import Rollout
import Simulation
import Synchronization
import Testing
import Vocabulary

/// Somebody sets the branch back.
@Suite struct RewrittenBranchTests {
  private let bad = revision(of: "fraud", 2)

  /// A host whose failed version 2 is reverted in Git, and a branch that is then set back to the commit of version 2.
  private func hostWithoutItsRevert() async throws -> Host {
    let host = try await Host.withStable()
    let commit = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    #expect(await host.reconciler.writeBackDue())
    #expect(await host.repository.log.count == 3)
    await host.repository.setBack(to: commit)
    await host.settle()
    return host
  }

  @Test func `a branch that is set back behind the revert is not fought: the model is held`() async throws {
    let host = try await hostWithoutItsRevert()
    let model = try await host.model()
    #expect(model.phase == .held)
    let stalled = try #require(model.conditions.first { $0.type == .stalled })
    #expect(stalled.message.contains("is not on the branch any more"))
    #expect(await host.split() == ["1": 100])
    #expect(await host.repository.log.count == 2)
    #expect(await host.reasons().count { $0 == "RevertVanished" } == 1)
  }

  @Test func `a revert that was taken in and is set back is not forgotten when that is accepted`()
    async throws
  {
    let host = try await Host.withStable()
    let commit = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.settle()
    #expect(await host.repository.log.count == 3)
    await host.repository.setBack(to: commit)
    await host.settle()
    #expect(await host.reconciler.status().source.held == commit)
    _ = try await host.reconciler.accept(commit.rawValue, by: "ann")
    await host.settle()
    #expect(await host.split() == ["1": 100])
    let stalled = try #require(try await host.model().conditions.first { $0.type == .stalled })
    #expect(stalled.reason == "FailedBefore")
    #expect(await host.repository.log.count == 2)
  }

  @Test func `a person who asks for a rollback then has the failure reverted again`() async throws {
    let host = try await hostWithoutItsRevert()
    _ = try await host.reconciler.steer("fraud", .rollback(to: nil, reason: nil), by: "ann")
    await host.settle()
    #expect(await host.repository.log.count == 3)
    #expect(try await host.model().conditions.map(\.type) == [.ready])
  }

  @Test func `a version that is asked for anew after its revert is not reverted for the same failure`()
    async throws
  {
    let host = try await Host.withUnrecordedRevert()
    #expect(await host.repository.log.count == 3)
    await host.commit("Deploy fraud 2 again", ["fraud.yaml": manifest(version: 2)])
    host.clock.advance(by: .seconds(10))
    #expect(await host.reconciler.writeBackDue())
    #expect(await host.repository.log.count == 4)
    await host.settle()
    #expect(await host.split() == ["1": 90, "2": 10])
  }

  @Test func `a revert is proven again when another model has moved while it was computed`() async throws {
    let host = try await Host.withStable()
    await host.commit(
      "Deploy fraud 2 and spam 3",
      ["fraud.yaml": manifest(version: 2), "spam.yaml": manifest("spam", version: 3)])
    let tip = await host.repository.tip
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    let failed = try #require(try await host.reconciler.history(of: "fraud", limit: 1).first)
    let asked = WriteBackRequest(
      model: "fraud", failed: release(of: "fraud", 2, tip), lastGood: release(of: "fraud", 1, nil),
      failure: try #require(failed.failure), rollout: failed.id, lastGoodOfOthers: ["spam": nil], tries: 0)
    var moved = asked
    moved.lastGoodOfOthers = ["spam": revision(of: "spam", 3)]
    let answers = Answers([asked, moved])
    let result = await WriteBack(
      repository: host.repository, clock: host.clock, pause: { _ in }, agent: "test", branch: "main",
      check: { _ in }
    )
    .run(asked, jitter: 0, current: { answers.next() })
    guard case .pushed = result else {
      Issue.record("it came to \(result)")
      return
    }
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(await host.repository.text(of: "spam.yaml") == manifest("spam", version: 3))
  }

  private func release(of name: String, _ version: Int, _ commit: CommitID?) -> Release {
    Release(revision: revision(of: name, version), version: String(version), commit: commit)
  }

  @Test func `a look at Git that began before the push says nothing about the revert`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.reconciler.poll()
    #expect(await host.reconciler.writeBackDue())
    #expect(try await host.model().phase == .writingBack)
    await host.reconciler.poll()
    #expect(try await host.model().phase == .stable)
  }
}

/// Answers one after the other, the last one again and again.
private final class Answers: Sendable {
  private let requests: Mutex<[WriteBackRequest]>

  init(_ requests: [WriteBackRequest]) { self.requests = Mutex(requests) }

  func next() -> WriteBackRequest? {
    requests.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
  }
}
