import Agent
import Planning
import Rollout
import Simulation
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

  @Test func `a person who asks for a rollback then has the failure reverted again`() async throws {
    let host = try await hostWithoutItsRevert()
    _ = try await host.reconciler.steer("fraud", .rollback(to: nil, reason: nil), by: "ann")
    await host.settle()
    #expect(await host.repository.log.count == 3)
    #expect(try await host.model().conditions.map(\.type) == [.ready])
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
