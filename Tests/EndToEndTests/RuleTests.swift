import Foundation
import TestSupport
import Testing

/// What policies and manifests say about when a rollout begins, goes on and ends.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct RuleTests {
  /// Ends in a pause, so that a test decides when it goes on.
  private static let byHand = "canary: {steps: [{weight: 50}, {pause: {}}]}"

  @Test func `a failure that is to be held is held, may be retried, and is reverted by hand`() async throws {
    let policy = quickPolicy(
      "hold", "canary: {steps: [{weight: 50}, {analyze: {for: 1s, minRequests: 5}}]}", "onFailure: hold")
    try await withSite { site in
      try await site.startQuick(policy)
      try await site.deployQuick("fraud", "1", by: "hold")
      try await site.waitUntilStable("fraud", "1")
      let load = try await site.underConstantLoad(on: "fraud") {
        let bad = try await site.deployQuick("fraud", "2", flags: "--error-share 0.5", by: "hold")
        let held = try await site.wait(for: "fraud", "is held") { $0.phase == "held" }
        #expect(held.serves("1") && held.condition("PinnedByRollback")?.reason == "Held")
        #expect(held.condition("Stalled")?.reason == "CheckFailed")
        #expect(try await site.remote.bare("rev-parse", "main") == bad, "Git stays as it is")

        try await site.ask("retry", "fraud")
        try await site.wait(for: "fraud", "is tried again and held again") { model in
          let rollouts = try await site.history(of: "fraud").rollouts.filter { $0.version == "2" }
          return model.phase == "held" && rollouts.map(\.outcome) == ["rolledBack", "rolledBack"]
        }
        #expect(try await site.reverts() == [])
        try await site.ask("rollback", "fraud")
        try await site.waitUntilReverted("fraud", "2")
        try await site.waitUntilStable("fraud", "1")
      }
      #expect(load.failed(besides: [ConstantLoad.modelError]) == [:])
      #expect(try await site.reverts() == ["Revert \"Deploy fraud 2\""])
    }
  }

  @Test func `a commit that is to wait for the rollout before it waits`() async throws {
    try await withSite { site in
      try await site.startQuick(quickPolicy("queue", Self.byHand, "supersede: queue"))
      try await site.deployQuick("fraud", "1", by: "queue")
      try await site.waitUntilStable("fraud", "1")
      let load = try await site.underConstantLoad(on: "fraud") {
        try await site.deployQuick("fraud", "2", by: "queue")
        try await site.waitUntilPaused("fraud", "2")
        try await site.deployQuick("fraud", "3", by: "queue")
        #expect(try await site.events().contains("RolloutQueued"))
        #expect(try await site.model("fraud")?.candidate?.version == "2")
        for version in ["2", "3"] {
          try await site.waitUntilPaused("fraud", version)
          try await site.ask("promote", "fraud")
        }
        try await site.waitUntilStable("fraud", "3")
      }
      #expect(load.failed() == [:])
      #expect(
        try await site.history(of: "fraud").rollouts.map(\.outcome) == ["promoted", "promoted", "promoted"])
    }
  }

  @Test func `a model waits for those it depends on`() async throws {
    try await withSite { site in
      try await site.startQuick(quickPolicy("by-hand", Self.byHand))
      try await site.deployPair("1", flags: "--ready-after 1")
      try await site.waitUntilStable("fraud", "1")
      let first = try await site.control.events(after: 0).events.map(\.message)
      let ready = try #require(first.firstIndex { $0 == "tokenizer 1 is stable" })
      #expect(try #require(first.firstIndex { $0.hasPrefix("fraud: rollout of version 1") }) > ready)
      let load = try await site.underConstantLoad(on: "fraud") {
        try await site.deployPair("2")
        try await site.waitUntilPaused("tokenizer", "2")
        let waiting = try #require(try await site.model("fraud"))
        #expect(waiting.serves("1") && waiting.candidate == nil)
        #expect(waiting.condition("Reconciling")?.reason == "WaitingForDependency")
        #expect(waiting.condition("Reconciling")?.message.contains("tokenizer") == true)
        try await site.ask("promote", "tokenizer")
        try await site.waitUntilStable("fraud", "2")
      }
      #expect(load.failed() == [:])
      #expect(try await site.model("tokenizer")?.isStable("2") == true)
    }
  }

  @Test func `a rollout that the host cannot hold is refused before it starts anything`() async throws {
    try await withSite({ $0.host = ["capacity: {cpu: \"4\", memory: 1Gi}"] }) { site in
      try await site.startQuick()
      try await site.deployQuick("fraud", "1", by: "canary") { $0.more = ["resources: {memory: 600Mi}"] }
      let running = Set(try await site.waitUntilStable("fraud", "1").instances)
      let next = try await site.deployQuick("fraud", "2", by: "canary") {
        $0.more = ["resources: {memory: 600Mi}"]
      }
      let refused = try await site.wait(for: "fraud", "2 is refused") {
        $0.condition("Stalled")?.reason == "CapacityExceeded"
      }
      #expect(refused.condition("Stalled")?.message.contains("recreate") == true)
      #expect(refused.serves("1") && Set(refused.instances) == running)
      let plan = try await site.evenkeel(
        "reconcile", "--dry-run", "--revision", next, "--base", next + "^", "-o", "json")
      #expect(plan.output.contains("CapacityExceeded"), "\(plan)")

      try await site.deployQuick("fraud", "2", by: "recreate") { $0.more = ["resources: {memory: 600Mi}"] }
      try await site.waitUntilStable("fraud", "2")
      #expect(try await site.infer("fraud").status == 200)
    }
  }

  @Test func `a commit that removes too many models removes none`() async throws {
    try await withSite { site in
      try await site.startQuick()
      let names = ["churn", "fraud", "spam"]
      for name in names { try await site.deployQuick(name, "1", by: "at-once") }
      for name in names { try await site.waitUntilStable(name, "1") }
      let running = site.processes()
      let load = try await site.underConstantLoad(on: "fraud") {
        try await site.commit(["models/fraud.yaml": nil, "models/churn.yaml": nil], "Clean up")
        try await site.control.reconcile()
        let kept = try await site.wait(for: "fraud", "is kept") {
          $0.condition("Stalled")?.reason == "PruneLimit"
        }
        #expect(kept.condition("Stalled")?.message.contains("2 of 3") == true)
        #expect(site.processes() == running)
        try await site.deployQuick("fraud", "1", by: "at-once")
        try await eventually("only churn is gone", pace: patience) {
          try await site.status().models.map(\.name) == ["fraud", "spam"]
        }
      }
      #expect(load.failed() == [:])
      #expect(try await site.infer("fraud").status == 200)
      #expect(try await site.infer("churn").status == 404)
    }
  }

  @Test func `a model that is suspended neither begins a rollout nor goes on with one`() async throws {
    try await withSite { site in
      try await site.startQuick(quickPolicy("long", "canary: {steps: [{weight: 50}, {analyze: {for: 1h}}]}"))
      try await site.deployQuick("fraud", "1", by: "long")
      try await site.waitUntilStable("fraud", "1")
      let load = try await site.underConstantLoad(on: "fraud") {
        try await site.deployQuick("fraud", "2", by: "long")
        try await site.wait(for: "fraud", "2 gets requests") { $0.weights.values.contains(50) }
        try await site.deployQuick("fraud", "2", by: "long") { $0.more = ["suspend: true"] }
        let halted = try await site.wait(for: "fraud", "2 is halted") {
          $0.condition("Reconciling")?.reason == "Suspended"
        }
        #expect(halted.weights.values.sorted() == [50, 50], "everybody keeps what they have")
        try await site.deployQuick("fraud", "3", by: "long") { $0.more = ["suspend: true"] }
        let waiting = try await site.wait(for: "fraud", "3 waits") { $0.candidate == nil }
        #expect(waiting.condition("Reconciling")?.message.contains("suspended in Git") == true)
        try await site.wait(for: "fraud", "1 has all requests") { $0.serves("1") }
        try await site.deployQuick("fraud", "3", by: "canary")
        try await site.waitUntilStable("fraud", "3")
      }
      #expect(load.failed() == [:])
      #expect(try await site.rollout(of: "fraud", "2")?.outcome == "superseded")
    }
  }
}

extension Site {
  /// Two models in one commit, one of which depends on the other, whose rollouts are by hand.
  fileprivate func deployPair(_ version: String, flags: String = "") async throws {
    let tokenizer = try await manifest("tokenizer", version, flags: flags) {
      ($0.runtime, $0.policy) = ("quick", "by-hand")
    }
    let fraud = try await manifest("fraud", version) {
      ($0.runtime, $0.policy, $0.more) = ("quick", "at-once", ["dependsOn: [tokenizer]"])
    }
    try await commit(
      ["models/tokenizer.yaml": tokenizer.text, "models/fraud.yaml": fraud.text], "Deploy both \(version)")
    try await control.reconcile()
  }
}
