import TestSupport
import Testing

/// What people tell a rollout to do, while clients ask all the time.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct CommandTests {
  @Test func `pause stops the clock of a rollout, resume lets it go on, and promote --full ends it`()
    async throws
  {
    let policy = quickPolicy(
      "slow", "canary: {steps: [{weight: 50}, {analyze: {for: 3s}}, {weight: 80}, {analyze: {for: 1h}}]}")
    try await withSite { site in
      try await site.startQuick(policy)
      try await site.deployQuick("fraud", "1", by: "slow")
      try await site.waitUntilStable("fraud", "1")
      let load = try await site.underConstantLoad(on: "fraud") {
        try await site.ask("pause", "fraud")
        #expect(try await site.ask("pause", "fraud").contains("already paused by"))
        try await site.deployQuick("fraud", "2", by: "slow")
        let waiting = try await site.wait(for: "fraud", "2 waits") {
          $0.condition("Reconciling")?.reason == "Paused"
        }
        #expect(waiting.serves("1") && waiting.candidate == nil)

        try await site.ask("resume", "fraud")
        try await site.wait(for: "fraud", "2 is looked at") { $0.weights.values.contains(50) }
        try await site.ask("pause", "fraud")
        let halted = try await site.wait(for: "fraud", "2 is halted") {
          $0.condition("Reconciling")?.reason == "Paused"
        }
        #expect(halted.weights.values.sorted() == [50, 50])
        try await site.ask("resume", "fraud")
        let looked = try await site.wait(for: "fraud", "2 goes on") {
          $0.weights.values.sorted() == [20, 80] && $0.step?.text.contains("analyze") == true
        }
        let step = try #require(looked.step?.index)
        #expect(try await site.ask("promote", "fraud", "--step", "\(step - 1)").contains("is past step"))
        #expect(try await site.model("fraud")?.step?.index == step)
        #expect(try await site.ask("promote", "fraud", "--full").contains("without further looks"))
        try await site.waitUntilStable("fraud", "2")
        #expect(try await site.ask("resume", "fraud").contains("is not paused"))
      }
      #expect(load.failed() == [:])
      for reason in ["PausedByHand", "ResumedByHand", "PromotedByHand", "RolloutHalted", "RolloutResumed"] {
        #expect(try await site.events().contains(reason))
      }
    }
  }

  @Test func `a paused rollout that fails is taken back all the same`() async throws {
    let policy = quickPolicy("slow", "canary: {steps: [{weight: 50}, {analyze: {for: 1h}}]}")
    try await withSite { site in
      try await site.startQuick(policy)
      try await site.deployQuick("fraud", "1", by: "slow")
      try await site.waitUntilStable("fraud", "1")
      let load = try await site.underConstantLoad(on: "fraud") {
        let trouble = site.folder + "/trouble"
        try await site.deployQuick("fraud", "2", flags: "--errors-while \(trouble)", by: "slow")
        try await site.wait(for: "fraud", "2 gets requests") { $0.weights.values.contains(50) }
        try await site.ask("pause", "fraud")
        try write("", to: trouble)
        try await site.waitUntilReverted("fraud", "2")
        try await site.waitUntilStable("fraud", "1")
      }
      #expect(load.failed(besides: [ConstantLoad.modelError]) == [:])
    }
  }

  @Test func `rollback goes to the version that is named, with one revert of all that led away from it`()
    async throws
  {
    try await withSite { site in
      try await site.startQuick()
      var trees: [String] = []
      for version in ["1", "2", "3"] {
        try await site.deployQuick("fraud", version, by: "at-once")
        try await site.waitUntilStable("fraud", version)
        trees.append(try await site.tree())
      }
      let load = try await site.underConstantLoad(on: "fraud") {
        let unknown = try await site.evenkeel("rollback", "fraud", "--to", "9")
        #expect(unknown.status == 1 && unknown.errors.contains("there is 2, 1"), "\(unknown)")
        try await site.ask("rollback", "fraud", "--to", "1", "--reason", "the wrong currency")
        try await site.waitUntilReverted("fraud", "3")
        try await site.waitUntilStable("fraud", "1")
        #expect(try await site.ask("rollback", "fraud", "--to", "1").contains("is on version 1"))
      }
      #expect(load.failed() == [:])
      #expect(try await site.reverts().count == 1)
      #expect(try await site.tree() == trees[0])
      let message = try await site.remote.bare("log", "-1", "--format=%B", "main")
      #expect(message.contains("the wrong currency"))
    }
  }
}
