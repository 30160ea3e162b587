import Agent
import Effects
import Manifests
import Planning
import Rollout
import Simulation
import Testing
import Vocabulary

/// `writeBack.mode: branch`, end to end over in-memory edges.
@Suite struct ProposalStoryTests {
  private let bad = revision(of: "fraud", 2)
  private let branch = "evenkeel/revert/fraud-00000000"

  /// Version 2 has failed, and its revert is on a branch of its own.
  private func proposed() async throws -> Host {
    let host = try await Host.withStable(writeBack: .branch)
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.settle()
    #expect(await host.repository.otherBranches.keys.sorted() == [branch])
    return host
  }

  private func stalled(_ host: Host) async throws -> Condition {
    try #require(try await host.model().conditions.first { $0.type == .stalled })
  }

  /// The model is back on version 1, in Git too, and the branch is gone.
  private func expectDone(_ host: Host) async throws {
    await host.settle()
    #expect(try await host.model().phase == .stable)
    #expect(try await host.model().conditions.map(\.reason) == ["Serving"])
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(await host.repository.otherBranches == [:])
  }

  @Test func `a revert is proposed on a branch of its own, and the followed one is left alone`() async throws
  {
    let host = try await proposed()
    #expect(await host.repository.log.count == 2)
    #expect(await host.split() == ["1": 100])
    #expect(try await host.model().phase == .writingBack)
    let stalled = try await stalled(host)
    #expect(stalled.reason == "RevertProposed")
    #expect(stalled.message.contains("\(branch): merge it"))
    #expect(await host.reasons().last == "RevertProposed")
    await host.run(700)
    #expect(await host.reconciler.writeBackDue(), "it is looked after")
    #expect(await host.reasons().filter { $0 == "RevertProposed" }.count == 1, "without saying so again")
  }

  @Test(arguments: MemoryRepository.Merge.allCases)
  func `once people have merged it, however, all is well and the branch is deleted`(
    _ way: MemoryRepository.Merge
  ) async throws {
    let host = try await proposed()
    let merged = await host.repository.merge(branch, by: way)
    #expect(merged != nil)
    try await expectDone(host)
    #expect(await host.reasons().last == "ProposalWithdrawn")
    if way != .squash {
      let record = try #require(try await host.reconciler.history(of: "fraud", limit: 1).first)
      #expect(record.revert != nil, "what was merged is known for the revert")
    }
  }

  @Test func `what people revert by hand needs no merge`() async throws {
    let host = try await proposed()
    await host.commit("Back to fraud 1", ["fraud.yaml": manifest(version: 1)])
    try await expectDone(host)
  }

  @Test func `it is kept up to date with the branch`() async throws {
    let host = try await proposed()
    let first = await host.repository.otherBranches[branch]
    await host.commit("Deploy spam 4", ["spam.yaml": manifest("spam", version: 4)])
    #expect(await host.repository.merge(branch, by: .fastForward) == nil)
    await host.settle()
    #expect(await host.repository.otherBranches[branch] != first)
    await host.repository.merge(branch, by: .fastForward)
    #expect(await host.repository.text(of: "spam.yaml") == manifest("spam", version: 4))
    try await expectDone(host)
  }

  @Test func `what somebody has committed on it is never lost`() async throws {
    let host = try await proposed()
    let theirs = await host.repository.commit("Say why", ["WHY.md": "because"], to: branch)
    await host.commit("Deploy spam 4", ["spam.yaml": manifest("spam", version: 4)])
    await host.settle()
    #expect(await host.repository.otherBranches[branch] == theirs)
    #expect(try await stalled(host).message.contains("is left as it is"))
    await host.commit("Back to fraud 1", ["fraud.yaml": manifest(version: 1)])
    await host.settle()
    #expect(try await host.model().phase == .stable)
    #expect(await host.repository.otherBranches[branch] == theirs)
  }

  @Test func `a branch that somebody has deleted is proposed again`() async throws {
    let host = try await proposed()
    await host.repository.delete(branch: branch)
    await host.run(700)
    await host.settle()
    #expect(await host.repository.otherBranches.keys.sorted() == [branch])
  }

  @Test func `an agent that dies between push and journal finds its own branch`() async throws {
    var host = try await Host.withStable(writeBack: .branch)
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    // What is journalled last is that the branch is about to be pushed.
    let repository = host.repository
    await repository.loseNextAnswer()
    #expect(await host.reconciler.writeBackDue())
    let pushed = await repository.otherBranches[branch]
    #expect(pushed != nil)
    try await host.restartAgent(writeBack: .branch)
    await host.run(5)
    await host.settle()
    #expect(await repository.otherBranches[branch] == pushed, "it is not pushed again")
    #expect(try await stalled(host).reason == "RevertProposed")
    await repository.merge(branch, by: .mergeCommit)
    try await expectDone(host)
  }

  @Test func `a branch whose push was never confirmed is deleted when nobody needs it`() async throws {
    let host = try await Host.withStable(writeBack: .branch)
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.repository.loseNextAnswer()
    #expect(await host.reconciler.writeBackDue())
    await host.commit("Back to fraud 1", ["fraud.yaml": manifest(version: 1)])
    try await expectDone(host)
  }

  @Test func `two agents that find the same version bad propose one branch`() async throws {
    let first = try await Host.withStable(writeBack: .branch)
    let second = Host(following: first.repository, writeBack: .branch)
    await second.settle()
    await first.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    for host in [first, second] {
      await host.settle()
      await host.run(3, errors: [bad: 0.5])
    }
    await first.settle()
    let proposed = await first.repository.otherBranches
    await second.settle()
    #expect(await first.repository.otherBranches == proposed)
    #expect(proposed.keys.sorted() == [branch])
    for host in [first, second] { #expect(try await stalled(host).reason == "RevertProposed") }
    await first.repository.merge(branch, by: .squash)
    try await expectDone(first)
    try await expectDone(second)
  }

  @Test func `a retry withdraws the branch, and a second failure proposes it again`() async throws {
    let host = try await proposed()
    _ = try await host.reconciler.steer("fraud", .retry, by: "ann")
    await host.settle()
    #expect(await host.repository.otherBranches == [:])
    #expect(await host.split() == ["1": 90, "2": 10])
    await host.run(3, errors: [bad: 0.5])
    await host.settle()
    #expect(await host.repository.otherBranches.keys.sorted() == [branch])
  }

  @Test func `an agent that may push after all pushes the revert, and deletes the branch`() async throws {
    var host = try await proposed()
    try await host.restartAgent()
    await host.settle()
    #expect(await host.repository.log.first?.hasPrefix("Revert \"Deploy fraud 2\"") == true)
    try await expectDone(host)
  }

  @Test func `a proposal that would take back what has become good is made anew`() async throws {
    let host = try await Host.withStable(writeBack: .branch)
    await host.commit("Deploy spam 1", ["spam.yaml": manifest("spam", version: 1)])
    await host.settle()
    await host.commit(
      "Deploy both",
      ["fraud.yaml": manifest(version: 2), "spam.yaml": manifest("spam", version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.settle()
    let plain = try #require(await host.repository.otherBranches[branch])
    #expect(await host.repository.text(of: "spam.yaml", at: plain) == manifest("spam", version: 1))
    await host.run(30, model: "spam")
    #expect(await host.split("spam") == ["2": 100])
    await host.settle()
    let scoped = try #require(await host.repository.otherBranches[branch])
    #expect(await host.repository.text(of: "spam.yaml", at: scoped) == manifest("spam", version: 2))
    #expect(await host.repository.text(of: "fraud.yaml", at: scoped) == manifest(version: 1))
  }
}
