import TestSupport
import Testing

/// What people change while a model serves: by commits, and by commands.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SteeringTests {
  @Test func `replicas and routes apply live, and a removed model is gone`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      try await site.deploy("fraud", "1")
      try await site.deploy("churn", "1")
      let revision = try #require(try await site.waitUntilStable("fraud", "1").stable?.revision)
      try await site.waitUntilStable("churn", "1")
      try await site.underLoad(on: "churn") { tally in
        let first = site.instances(of: revision)
        try await site.deploy("fraud", "1") { $0.replicas = 3 }
        try await site.wait(for: "fraud", "has three instances") { $0.instances.count { $0.ready } == 3 }
        #expect(site.instances(of: revision).isSuperset(of: first))
        try await site.deploy("fraud", "1") { $0.route = "/fraud/v1" }
        try await eventually("the new route answers", within: .seconds(20)) {
          try await site.isRouted("fraud", at: "/fraud/v1")
        }
        #expect(try await site.isRouted("fraud", at: "/v2/models/fraud") == false)
        try await eventually("one instance is left", within: .seconds(20)) {
          site.instances(of: revision).count == 1
        }
        #expect(site.instances(of: revision).isSubset(of: first), "the oldest stays")
        #expect(try await site.events().count { $0 == "RolloutStarted" } == 2)

        try await site.commit(["models/fraud.yaml": nil], "Retire fraud")
        try await eventually("the model is gone", within: .seconds(20), pace: patience) {
          try await site.status().models.map(\.name) == ["churn"]
        }
        #expect(site.instances(of: revision).isEmpty)
        #expect(try await site.isRouted("fraud", at: "/fraud/v1") == false)
        #expect(tally.failed() == [:])
        measured("beside live changes", tally)
      }
    }
  }

  @Test func `people promote, abort and roll back, and newer commits supersede`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      try await site.deployByHand("1")
      try await site.waitUntilStable("fraud", "1")
      try await site.underLoad(on: "fraud") { tally in
        let good = try await site.deployByHand("2")
        try await site.waitUntilPaused("fraud", "2")
        #expect(try await site.ask("promote", "fraud").contains("fraud"))
        try await site.waitUntilStable("fraud", "2")

        try await site.deployByHand("3")
        let paused = try await site.waitUntilPaused("fraud", "3")
        try await site.deployByHand("4")
        try await site.waitForRollout(of: "fraud", "3", "is superseded") { $0.outcome == "superseded" }
        try await site.waitUntilPaused("fraud", "4")
        try await eventually("version 3 stops", within: .seconds(20)) {
          site.instances(of: paused.candidate?.revision ?? "").isEmpty
        }
        try await site.ask("abort", "fraud")
        let held = try await site.wait(for: "fraud", "is held") { $0.phase == "held" }
        #expect(held.weights.values.sorted() == [100] && held.stable?.version == "2")
        #expect(try await site.rollout(of: "fraud", "4")?.outcome == "aborted")
        #expect(try await site.reverts() == [], "an abort leaves Git as it is")
        #expect(try await site.evenkeel("promote", "fraud").status == 1)
        #expect(try await site.evenkeel("abort", "nobody").errors.contains("nobody"))

        try await site.deployByHand("5")
        try await site.waitUntilPaused("fraud", "5")
        try await site.ask("promote", "fraud")
        try await site.waitUntilStable("fraud", "5")
        try await site.ask("rollback", "fraud", "--reason", "too slow at noon")
        try await site.waitUntilReverted("fraud", "5")
        try await site.waitUntilStable("fraud", "2")
        try await site.expectRolledBack(to: good)
        #expect(tally.failed() == [:])
        measured("steering", tally)
      }
    }
  }
}

extension Site {
  /// Whether the gateway sends requests to the model there; the fixture itself knows only its own path.
  fileprivate func isRouted(_ name: String, at prefix: String) async throws -> Bool {
    try await infer(name, at: prefix).revision != nil
  }

  @discardableResult
  fileprivate func deployByHand(_ version: String) async throws -> String {
    try await deploy("fraud", version) { $0.policy = "by-hand" }
  }

  /// The agent's revert asks for what `good` asked for, and says who wanted it and why.
  fileprivate func expectRolledBack(to good: String) async throws {
    let message = try await remote.bare("log", "-1", "--format=%B", "main")
    #expect(message.contains("too slow at noon"), "\(message)")
    #expect(try await remote.bare("log", "-1", "--format=%an", "main") == "Evenkeel")
    let tree = "main:production/models"
    #expect(try await remote.bare("rev-parse", tree) == remote.bare("rev-parse", good + ":production/models"))
  }
}
