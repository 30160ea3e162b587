import Agent
import Effects
import Manifests
import Planning
import Rollout
import Simulation
import Testing
import Vocabulary

/// Commits that somebody we know has to vouch for.
@Suite struct VerificationTests {
  private let bad = revision(of: "fraud", 2)
  private let ann = Voucher.author("ann@example.com")

  private func held(_ host: Host) async -> CommitID? { await host.reconciler.status().source.held }
  private func inForce(_ host: Host) async -> CommitID? { await host.reconciler.status().source.commit }

  /// A host that checks all commits, with version 1 in force.
  private func checking(_ mode: AgentSettings.Verification.Mode = .all) async throws -> Host {
    let host = Host(verify: mode)
    await host.commit(
      "Deploy fraud 1", ["shared.yaml": shared, "fraud.yaml": manifest(version: 1)], signedBy: ann)
    await host.settle()
    #expect(await host.split() == ["1": 100])
    return host
  }

  @Test func `nothing is deployed from a first tip that nobody vouches for`() async throws {
    var host = Host(verify: .all)
    let tip = await host.commit(
      "Deploy fraud 1", ["shared.yaml": shared, "fraud.yaml": manifest(version: 1)])
    await host.settle()
    #expect(await held(host) == tip)
    let trouble = await host.reconciler.status().source.trouble
    #expect(trouble?.contains("by Ann <ann@example.com> is not trusted: it is not signed") == true)
    #expect(await host.instances.started.isEmpty)
    // Nor from what is left of it on the disk, when Git is away.
    await host.repository.setOutage(SourceError(.unreachable, "down"))
    try await host.restartAgent(verify: .all)
    await host.settle()
    #expect(await host.instances.started.isEmpty)
    await host.repository.setOutage(nil)
    await host.commit("Sign", ["note": "signed"], signedBy: ann)
    await host.settle()
    #expect(await host.split() == ["1": 100])
    #expect(await host.reasons().contains("VerificationBegins"))
  }

  @Test func `one commit that nobody vouches for holds all after it, and models keep what they have`()
    async throws
  {
    let host = try await checking()
    let before = await inForce(host)
    let bad = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    let tip = await host.commit("Cover it", ["note": "1"], signedBy: ann)
    await host.settle()
    #expect(await held(host) == tip)
    #expect(await inForce(host) == before)
    #expect(await host.reconciler.status().source.trouble?.hasPrefix("commit \(bad.short) ") == true)
    #expect(await host.split() == ["1": 100])
    #expect(await host.instances.started.count == 1)
  }

  @Test func `what a merge brings in has to be vouched for too`() async throws {
    let host = try await checking()
    let base = try #require(await host.repository.tip)
    let side = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.repository.setBack(to: base)
    let merge = await host.repository.commit(
      "Merge", ["fraud.yaml": manifest(version: 2)], merging: [side], signedBy: ann)
    await host.settle()
    #expect(await held(host) == merge)
    #expect(await inForce(host) == base)
  }

  @Test func `who checks the head alone takes what its signer answers for`() async throws {
    let host = try await checking(.head)
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    #expect(await host.split() == ["1": 100])
    let tip = await host.commit("Approve", ["note": "1"], signedBy: ann)
    await host.settle()
    #expect(await inForce(host) == tip)
    #expect(await host.split() == ["1": 90, "2": 10])
  }

  @Test func `where the head alone is checked, a revert takes back what its signer answered for`()
    async throws
  {
    let host = try await checking(.head)
    await host.repository.signAgentsCommits(as: .revertOnly("prod-eu-1"))
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.commit("Approve", ["note": "1"], signedBy: ann)
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    #expect(await host.reconciler.writeBackDue())
    await host.settle()
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(try await host.model().phase == .stable)
    #expect(await held(host) == nil)
  }

  @Test func `an operator may take their own word for a commit, and the journal says so`() async throws {
    let host = try await checking()
    let tip = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    _ = try await host.reconciler.accept(tip.rawValue, by: "ann")
    await host.settle()
    #expect(await inForce(host) == tip)
    #expect(await host.reasons().contains("SourceAccepted"))
    // For that commit alone.
    let next = await host.commit("Scale", ["fraud.yaml": manifest(version: 2, replicas: 2)])
    await host.settle()
    #expect(await held(host) == next)
    #expect(await inForce(host) == tip)
  }

  @Test func `checks that are switched on begin at the commit in force`() async throws {
    var host = try await Host.withStable()
    let before = await inForce(host)
    try await host.restartAgent(verify: .all)
    await host.settle()
    #expect(await held(host) == nil)
    let unsigned = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    #expect(await held(host) == unsigned)
    #expect(await inForce(host) == before)
    // And once more, after they were off for a while.
    try await host.restartAgent(verify: .none)
    await host.settle()
    #expect(await inForce(host) == unsigned)
    try await host.restartAgent(verify: .all)
    await host.settle()
    #expect(await held(host) == nil)
    let next = await host.commit("Scale", ["fraud.yaml": manifest(version: 2, replicas: 2)])
    await host.settle()
    #expect(await held(host) == next)
  }

  @Test func `a journal that has lost its baseline is believed no more, until a person has looked`()
    async throws
  {
    var host = try await checking()
    await host.journal.forgetTrust()
    try await host.restartAgent(verify: .all)
    let tip = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)], signedBy: ann)
    await host.settle()
    #expect(await held(host) == tip)
    #expect(await host.split() == ["1": 100])
    #expect(await host.reconciler.status().source.trouble?.contains("baseline is lost") == true)
    _ = try await host.reconciler.accept(tip.rawValue, by: "ann")
    await host.settle()
    #expect(await held(host) == nil)
    #expect(await host.split() == ["1": 90, "2": 10])
  }

  @Test func `a journal that is lost as a whole beside its mirror is no first day`() async throws {
    var host = try await checking()
    try await host.restartAgent(verify: .all, journal: MemoryJournal())
    await host.settle()
    #expect(await held(host) == host.repository.tip)
    #expect(await host.reconciler.status().models.isEmpty)
    let tip = try #require(await host.repository.tip)
    _ = try await host.reconciler.accept(tip.rawValue, by: "ann")
    await host.settle()
    #expect(await inForce(host) == tip)
  }

  @Test func `when nobody can tell who signed, that is an outage and no verdict`() async throws {
    let host = try await checking()
    await host.repository.setVerifierTrouble(SourceError(.trust, "cannot read the file of allowed signers"))
    let tip = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)], signedBy: ann)
    await host.settle()
    #expect(await held(host) == nil)
    #expect(await host.reasons().contains("SourceUnavailable"))
    await host.repository.setVerifierTrouble(nil)
    await host.settle()
    #expect(await inForce(host) == tip)
  }

  @Test func `no revert is built on a tip that nobody vouches for`() async throws {
    let host = try await checking()
    await host.repository.signAgentsCommits(as: .author("agent"))
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)], signedBy: ann)
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    let rival = await host.commit("Deploy spam 1", ["spam.yaml": manifest("spam", version: 1)])
    #expect(await host.reconciler.writeBackDue())
    #expect(await host.repository.tip == rival)
    #expect(await host.split() == ["1": 100])
    let postponed = try #require(await host.journal.events.last { $0.reason == "WriteBackPostponed" })
    #expect(postponed.message.contains("is not trusted"))
  }

  @Test func `the agent does not push a revert that would be held`() async throws {
    let host = try await checking()
    let deployed = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)], signedBy: ann)
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    #expect(await host.reconciler.writeBackDue())
    #expect(await host.repository.tip == deployed)
    let postponed = try #require(await host.journal.events.last { $0.reason == "WriteBackPostponed" })
    #expect(postponed.message.contains("would not be trusted"))
    await host.repository.signAgentsCommits(as: .author("agent"))
    host.clock.advance(by: .seconds(10))
    await host.settle()
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(try await host.model().phase == .stable)
  }
}
