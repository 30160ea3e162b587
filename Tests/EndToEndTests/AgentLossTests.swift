import Foundation
import TestSupport
import Testing

/// The agent dies, is stopped and comes back; models and gateway serve through all of it.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct AgentLossTests {
  @Test func `a canary goes on where a killed agent left it, and a stopped one leaves all serving`()
    async throws
  {
    try await withSite { site in
      try await site.describePlatform()
      let first = try await site.start()
      try await site.deploy("fraud", "1")
      let old = try #require(try await site.waitUntilStable("fraud", "1").stable)
      try await site.underLoad(on: "fraud") { tally in
        try await site.deploy("fraud", "2")
        try await site.wait(for: "fraud", "2 gets requests") { $0.weights.values.contains(20) }
        let inCanary = site.processes()
        try await first.crash()
        try await tally.goesOn()
        let second = try await site.start()
        #expect(site.processes().isSuperset(of: inCanary), "all that ran runs on, adopted")
        try await site.waitUntilStable("fraud", "2")
        try await eventually("version 1 stops", within: .seconds(20)) {
          site.instances(of: old.revision).isEmpty
        }
        #expect(site.processes().isSubset(of: inCanary), "nothing was started again")

        let settled = site.processes()
        try await second.terminate()
        #expect(try await second.end() == 0)
        try await tally.goesOn()
        #expect(site.processes() == settled)
        try await site.start()
        try await site.waitUntilStable("fraud", "2")
        try await tally.goesOn()
        #expect(site.processes() == settled)
        #expect(tally.failed() == [:])
        measured("agent killed in a canary, and stopped", tally)
      }
      #expect(try await site.remote.bare("log", "--format=%an", "main").contains("Evenkeel") == false)
    }
  }

  @Test func `killed after everything it records, the agent comes to the same end`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      let first = try await site.start()
      try await site.deploy("fraud", "1")
      try await site.waitUntilStable("fraud", "1")
      try await first.crash()
      try await site.underLoad(on: "fraud") { tally in
        try await site.deploy("fraud", "2")
        let lives = try await site.liveShortLives(until: "Promoted")
        #expect(lives > 5)
        try await site.deploy("fraud", "3", flags: "--error-share 0.5")
        try await site.liveShortLives(until: "Reverted")
        try await site.start()
        let (rollout, _) = try await site.waitUntilReverted("fraud", "3")
        let stable = try await site.waitUntilStable("fraud", "2")
        #expect(tally.failed(besides: rollout.revision) == [:])
        try await eventually("one instance is left", within: .seconds(20)) {
          site.processes().subtracting(site.instances(of: stable.stable?.revision ?? "")).count == 1
        }
        #expect(stable.instances.count == 1)
        measured("agent killed after everything it records", tally)
      }
      #expect(try await site.reverts() == ["Revert \"Deploy fraud 3\""])
      let outcomes = try await site.history(of: "fraud").rollouts.map(\.outcome)
      #expect(outcomes == ["rolledBack", "promoted", "promoted"], "no attempt is made twice")
    }
  }

  @Test func `a revert that the remote does not take survives the agent and is written once`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      var agent = try await site.start()
      try await site.deploy("fraud", "1")
      try await site.waitUntilStable("fraud", "1")
      let frozen = site.folder + "/frozen"
      try await site.installHook(
        "pre-receive", "[ ! -e '\(frozen)' ] || { echo 'the branch is frozen'; exit 1; }")
      try await site.underLoad(on: "fraud") { tally in
        try await site.deploy("fraud", "2", flags: "--error-share 0.5")
        try write("", to: frozen)
        try await site.waitUntilRestored("fraud")
        try await agent.crash()
        try await tally.goesOn()
        agent = try await site.start()
        let stalled = try await site.wait(for: "fraud", "2 cannot be reverted") {
          $0.condition("Stalled")?.message.contains("frozen") == true
        }
        #expect(stalled.stable?.version == "1")
        #expect(stalled.condition("PinnedByRollback") != nil)
        try FileManager.default.removeItem(atPath: frozen)
        // A server that says no is asked a minute later, or when the branch has moved.
        try await site.remote.commit(["README": "thawed\n"], message: "Write a README")
        try await site.remote.work("push", "--quiet", "origin", "HEAD:main")
        let (second, _) = try await site.waitUntilReverted("fraud", "2")
        try await site.waitUntilStable("fraud", "1")

        try await site.deploy("fraud", "3", flags: "--error-share 0.5")
        try await site.wait(for: "fraud", "3 is on its way") { $0.candidate?.version == "3" }
        try site.server.suffer(.unavailable)
        try await site.waitUntilRestored("fraud")
        try await agent.crash()
        try await tally.goesOn()
        try await site.start()
        try site.server.suffer(nil)
        let (third, _) = try await site.waitUntilReverted("fraud", "3")
        try await site.waitUntilStable("fraud", "1")
        #expect(tally.failed(besides: second.revision, third.revision) == [:])
        measured("agent killed after two verdicts", tally)
      }
      #expect(try await site.reverts() == ["Revert \"Deploy fraud 3\"", "Revert \"Deploy fraud 2\""])
    }
  }

  @Test func `an agent that dies between push and journal finds its own revert`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      let agent = try await site.start()
      try await site.deploy("fraud", "1")
      try await site.waitUntilStable("fraud", "1")
      try await site.underLoad(on: "fraud") { tally in
        try await site.deploy("fraud", "2", flags: "--error-share 0.5")
        try await site.installHook("post-receive", "kill -KILL \(agent.pid)")
        try await agent.end()
        try await site.installHook("post-receive", "exit 0")
        #expect(try await site.reverts().count == 1)
        try await site.start()
        let (rollout, revert) = try await site.waitUntilReverted("fraud", "2")
        #expect(try await site.remote.bare("rev-parse", "main") == revert)
        try await site.waitUntilStable("fraud", "1")
        #expect(tally.failed(besides: rollout.revision) == [:])
        measured("agent killed by its own push", tally)
      }
      #expect(try await site.reverts().count == 1)
    }
  }

  @Test func `an instance and a gateway that are killed come back`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      try await site.deploy("fraud", "1") { $0.replicas = 2 }
      let revision = try #require(try await site.waitUntilStable("fraud", "1").stable?.revision)
      try await site.underLoad(on: "fraud") { tally in
        let victim = try #require(site.instances(of: revision).first)
        kill(victim.pid, SIGKILL)
        try await site.wait(for: "fraud", "has a new instance") { model in
          model.instances.count == 2 && model.instances.allSatisfy(\.ready)
            && !model.instances.contains { $0.id == victim.instance }
        }
        try await tally.goesOn()
        measured("one of two instances killed", tally)
        try await site.expectQuiet(tally)

        let envoy = try site.envoy()
        kill(envoy, SIGKILL)
        try await eventually("Envoy is back", within: .seconds(30)) {
          site.processes().contains { $0.instance == nil && $0.pid != envoy }
        }
        try await tally.goesOn()
        measured("then Envoy killed", tally)
        try await site.expectQuiet(tally)
      }
      #expect(site.instances(of: revision).count == 2)
      #expect(try await site.model("fraud")?.isStable("1") == true)
      #expect(try await site.reverts() == [])
    }
  }
}

extension Site {
  /// Starts agents one after the other, each of which is killed as soon as it has recorded something, until one has
  /// recorded an event for this reason. Answers how many there were.
  @discardableResult
  fileprivate func liveShortLives(until reason: String) async throws -> Int {
    for life in 1...40 {
      let agent = try launch()
      try await eventually("something is recorded", within: .seconds(30)) {
        agent.words().contains("reason=")
      }
      try await agent.crash()
      if agent.words().contains("reason=\(reason)") { return life }
    }
    throw NeverHappened(description: "no \(reason) in forty lives")
  }

  /// Waits until the traffic is safe and the revert is not written.
  fileprivate func waitUntilRestored(_ name: String) async throws {
    try await wait(for: name, "is restored") { $0.phase == "writingBack" }
  }

  /// The trouble is over: no request that begins now fails. One that was under way when its server was killed in the
  /// middle of the answer is told so up to a second late: Envoy lets the client read what came before it closes the
  /// connection.
  fileprivate func expectQuiet(_ tally: Tally) async throws {
    try await tally.settles()
    let failed = tally.failed()
    try await tally.goesOn(100)
    #expect(tally.failed() == failed, "requests go on failing")
  }
}
