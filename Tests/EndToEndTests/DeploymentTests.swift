import Foundation
import TestSupport
import Testing

/// The main job: what Git asks for is served, a good version takes over, a bad one is taken back.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct DeploymentTests {
  @Test func `a good version is promoted, and a bad one is restored and reverted`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      try await site.deploy("fraud", "1")
      try await site.waitUntilStable("fraud", "1")
      try await site.underLoad(on: "fraud") { tally in
        let good = try await site.deploy("fraud", "2")
        let stable = try await site.waitUntilStable("fraud", "2")
        #expect(tally.failed() == [:])
        #expect(stable.stable?.commit == good)
        #expect(tally.answered(by: stable.stable?.revision ?? "") > 0)

        let bad = try await site.deploy("fraud", "3", flags: "--error-share 0.3")
        let (rollout, revert) = try await site.waitUntilReverted("fraud", "3")
        let restored = try await site.waitUntilStable("fraud", "2")
        #expect(rollout.commit == bad)
        #expect(rollout.failure?.message.contains("errors") == true)
        try await site.expectRevert(revert, of: bad, rollout, restored: restored, asIn: good)
        try await site.expectContracts(revert: revert)
        let errors = tally.errors(of: rollout.revision)
        #expect(errors > 0)
        #expect(tally.failed(besides: rollout.revision) == [:])
        measured("canaries", tally)
      }
    }
  }
}

extension Site {
  /// The remote's newest commit is the agent's, says what it is for, and makes the manifests what they were.
  fileprivate func expectRevert(
    _ revert: String, of bad: String, _ rollout: History.Rollout, restored: Status.Model, asIn good: String
  ) async throws {
    #expect(try await remote.bare("rev-parse", "main") == revert)
    #expect(try await remote.bare("rev-parse", "main^") == bad)
    #expect(try await remote.bare("rev-parse", "main^{tree}") == remote.bare("rev-parse", good + "^{tree}"))
    let people = try await remote.bare("log", "-1", "--format=%an <%ae>, %cn <%ce>", "main")
    #expect(people == "Evenkeel <evenkeel@example.com>, Evenkeel <evenkeel@example.com>")
    #expect(try await remote.bare("log", "-1", "--format=%s", "main") == "Revert \"Deploy fraud 3\"")
    let trailers = try await remote.bare("log", "-1", "--format=%(trailers:only,unfold)", "main")
    let expected = [
      "Evenkeel-Rollout: \(rollout.rollout)", "Evenkeel-Model: fraud",
      "Evenkeel-Failed-Revision: \(rollout.revision)",
      "Evenkeel-Restored-Revision: \(restored.stable?.revision ?? "")", "Evenkeel-Agent: test-host",
    ]
    #expect(trailers.split(separator: "\n").map(String.init) == expected)
    let message = try await remote.bare("log", "-1", "--format=%B", "main")
    #expect(message.contains("This reverts commit \(bad)."))
  }

  /// The commands say what happened, with the keys that other programs build on.
  fileprivate func expectContracts(revert: String) async throws {
    #expect(try await ask("status").contains("fraud"))
    let history = try await ask("history", "fraud")
    #expect(history.contains("promoted") && history.contains(revert.prefix(7)))
    let events = try await self.events()
    for reason in ["RolloutStarted", "Promoted", "RolloutFailed", "Restored", "Reverted", "GitAgrees"] {
      #expect(events.contains(reason))
    }
    #expect(try await ask("events").contains("is reverted in Git by commit"))

    let status = try JSONObject(try await ask("status", "-o", "json"))
    #expect(status.keys == ["agent", "models", "source"])
    #expect(try status["agent"].keys == ["name", "version", "capacity", "pruneLimit", "corrections"])
    #expect(try status["source"].keys.isSuperset(of: ["commit", "fetchedAt"]))
    let model = try status.list("models")[0]
    let documented: Set = [
      "name", "phase", "step", "stable", "candidate", "weights", "instances", "checks", "conditions",
    ]
    #expect(model.keys.isSuperset(of: documented))
    #expect(try model["stable"].keys == ["version", "revision", "commit"])
    #expect(try model["weights"].keys == [model["stable"].text("revision")])
    #expect(try model.list("instances")[0].keys == ["id", "revision", "port", "ready"])
    #expect(try model.list("conditions")[0].keys == ["type", "status", "reason", "message", "since"])
  }
}
