import Agent
import Effects
import Planning
import Rollout
import Simulation
import Testing
import Vocabulary

/// A tip that does not descend from the commit in force.
@Suite struct HeldSourceTests {
  private let bad = revision(of: "fraud", 2)

  /// A host at the second of two commits, and a branch that somebody has set back to the first and gone on from with
  /// version 2.
  private func rewritten() async throws -> (host: Host, first: CommitID, inForce: CommitID, tip: CommitID) {
    let host = Host()
    let first = await host.commit(
      "Deploy fraud 1", ["shared.yaml": shared, "fraud.yaml": manifest(version: 1)])
    let inForce = await host.commit("Scale", ["fraud.yaml": manifest(version: 1, replicas: 2)])
    await host.settle()
    await host.repository.setBack(to: first)
    let tip = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    return (host, first, inForce, tip)
  }

  private func held(_ host: Host) async -> CommitID? { await host.reconciler.status().source.held }

  @Test func `a rewritten branch is held, and models keep what they have`() async throws {
    let (host, _, inForce, tip) = try await rewritten()
    await host.settle()
    await host.settle()
    let source = await host.reconciler.status().source
    #expect(source.commit == inForce)
    #expect(source.held == tip)
    #expect(source.trouble?.contains("evenkeel source accept \(tip)") == true)
    #expect(await host.split() == ["1": 100])
    #expect(await host.reasons().count { $0 == "SourceHeld" } == 1)
    #expect(try await host.model().conditions.map(\.type) == [.ready])
  }

  @Test func `a branch that is set back is held, even to what was in force before`() async throws {
    let (host, first, inForce, _) = try await rewritten()
    await host.repository.setBack(to: first)
    await host.settle()
    #expect(await host.reconciler.status().source.commit == inForce)
    #expect(await held(host) == first)
  }

  @Test func `once the branch is mended nothing is held any more`() async throws {
    let (host, _, inForce, _) = try await rewritten()
    await host.settle()
    await host.repository.setBack(to: inForce)
    await host.settle()
    var source = await host.reconciler.status().source
    #expect((source.held, source.trouble) == (nil, nil))
    let next = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    source = await host.reconciler.status().source
    #expect((source.commit, source.held) == (next, nil))
  }

  @Test func `an operator accepts just the commit that is held, and says so once`() async throws {
    let (host, _, inForce, tip) = try await rewritten()
    let agent = host.reconciler
    #expect(try await agent.accept(tip.rawValue, by: "ann") == .refused("no commit is held"))
    await host.settle()
    for wrong in ["1111111", "xyz", String(tip.rawValue.prefix(39)), tip.short, tip.rawValue + "0", ""] {
      guard case .refused = try await agent.accept(wrong, by: "ann") else {
        Issue.record("\(wrong) is accepted")
        continue
      }
    }
    #expect(try await agent.accept(inForce.rawValue, by: "ann") == .already("\(inForce.short) is in force"))
    guard case .done(let message) = try await agent.accept(tip.rawValue.uppercased(), by: "ann") else {
      Issue.record("it is not accepted")
      return
    }
    #expect(message == "ann accepts commit \(tip.short) in place of \(inForce.short)")
    guard case .already = try await agent.accept(tip.rawValue, by: "ben") else {
      Issue.record("it is accepted twice")
      return
    }
    await host.settle()
    #expect(await host.split() == ["1": 90, "2": 10])
    #expect(await host.reconciler.status().source.commit == tip)
    #expect(await host.reasons().count { $0 == "SourceAccepted" } == 1)
    #expect(try await agent.accept(tip.rawValue, by: "ann") == .already("\(tip.short) is in force"))
  }

  @Test func `what is committed on top of an accepted commit is taken in, what comes in its place is not`()
    async throws
  {
    let (host, first, _, tip) = try await rewritten()
    await host.settle()
    _ = try await host.reconciler.accept(tip.rawValue, by: "ann")
    await host.repository.setBack(to: first)
    let other = await host.commit("Deploy fraud 3", ["fraud.yaml": manifest(version: 3)])
    await host.settle()
    #expect(await held(host) == other)
    await host.repository.setBack(to: tip)
    let onTop = await host.commit("Scale", ["fraud.yaml": manifest(version: 2, replicas: 2)])
    await host.settle()
    let source = await host.reconciler.status().source
    #expect((source.commit, source.held) == (onTop, nil))
  }

  @Test func `an accepted commit stays accepted when the agent dies before it takes it in`() async throws {
    var (host, _, _, tip) = try await rewritten()
    await host.settle()
    _ = try await host.reconciler.accept(tip.rawValue, by: "ann")
    try await host.restartAgent()
    await host.settle()
    #expect(await host.reconciler.status().source.commit == tip)
  }

  @Test func `after a restart a held tip is still held, and the wishes in force are known`() async throws {
    var (host, _, inForce, tip) = try await rewritten()
    await host.settle()
    try await host.restartAgent()
    await host.settle()
    #expect(await host.reconciler.status().source.commit == inForce)
    #expect(await held(host) == tip)
    // What Git asks for is known again: nothing is removed, and a failing instance is replaced.
    #expect(await host.split() == ["1": 100])
    await host.repository.setOutage(SourceError(.unreachable, "down"))
    try await host.restartAgent()
    await host.settle()
    #expect(await host.reconciler.status().source.commit == inForce)
    #expect(await host.split() == ["1": 100])
  }

  @Test func `a rollout goes on while the tip is held`() async throws {
    let host = try await Host.withStable()
    let first = try #require(await host.repository.tip)
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.repository.setBack(to: first)
    await host.settle()
    #expect(await held(host) == first)
    await host.run(30)
    #expect(await host.split() == ["2": 100])
  }

  @Test func `a failing candidate is taken back while the tip is held, and its revert waits`() async throws {
    let host = try await Host.withStable()
    let first = try #require(await host.repository.tip)
    let deployed = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.repository.setBack(to: first)
    let rival = await host.commit("Something else", ["spam.yaml": manifest("spam", version: 1)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    #expect(await host.split() == ["1": 100])
    #expect(await host.reconciler.writeBackDue())
    #expect(await host.repository.tip == rival)
    let postponed = try #require(await host.journal.events.last { $0.reason == "WriteBackPostponed" })
    #expect(postponed.message.contains("was rewritten"))
    await host.repository.setBack(to: deployed)
    host.clock.advance(by: .seconds(10))
    await host.settle()
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(try await host.model().phase == .stable)
  }

  @Test func `another branch in the agent's file is another source, and begins anew`() async throws {
    var (host, _, _, tip) = try await rewritten()
    await host.settle()
    try await host.restartAgent(following: "next")
    await host.settle()
    let source = await host.reconciler.status().source
    #expect((source.commit, source.held) == (tip, nil))
    #expect(await host.split() == ["1": 90, "2": 10])
  }
}
