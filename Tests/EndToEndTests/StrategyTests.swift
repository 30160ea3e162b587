import Foundation
import TestSupport
import Testing

/// What sets each strategy apart, seen from outside. That each comes to its end is in `AgentKillTests`.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct StrategyTests {
  @Test func `green is for those who ask, then for all at once, and a late failure is one switch back`()
    async throws
  {
    let policy = quickPolicy(
      "look-first",
      "blueGreen: {preview: {header: x-preview, pause: {}}, analyze: {for: 1s, minRequests: 5}, keepStableFor: 1h}"
    )
    try await withSite { site in
      try await site.startQuick(policy)
      try await site.deployQuick("fraud", "1", by: "look-first") { $0.replicas = 2 }
      let blue = try #require(try await site.waitUntilStable("fraud", "1").stable?.revision)
      let blueInstances = site.instances(of: blue)
      try await site.underEyes(on: "fraud") { witness in
        let trouble = site.folder + "/trouble"
        try await site.deployQuick("fraud", "2", flags: "--errors-while \(trouble)", by: "look-first") {
          $0.replicas = 2
        }
        let paused = try await site.waitUntilPaused("fraud", "2")
        let green = try #require(paused.candidate?.revision)
        #expect(paused.instances.count { $0.revision == green && $0.ready } == 2, "green is there in full")
        for _ in 0..<10 {
          let answer = try await site.infer("fraud", headers: ["x-preview": "yes"])
          #expect(answer.status == 200 && answer.revision == short(green))
        }
        #expect(try await site.seen(by: green, of: paused) == 10, "nobody else got there")
        #expect(witness.story == [Witness.kind(blue)])

        try await site.ask("promote", "fraud")
        try await site.wait(for: "fraud", "2 is watched") { $0.phase == "watching" }
        #expect(witness.story == [Witness.kind(blue), Witness.kind(green)])
        #expect(site.instances(of: blue) == blueInstances, "blue is warm")

        try write("", to: trouble)
        let (rollout, _) = try await site.waitUntilReverted("fraud", "2")
        try await site.waitUntilStable("fraud", "1")
        #expect(rollout.failure?.reason == "CheckFailed")
        #expect(site.instances(of: blue) == blueInstances, "nothing had to be started")
        try await eventually("blue answers again") { witness.story.count == 4 }
        #expect(
          witness.story == [blue, green].map { Witness.kind($0) } + [
            Witness.kind(green, 500), Witness.kind(blue),
          ])
      }
      #expect(try await site.reverts() == ["Revert \"Deploy fraud 2\""])
    }
  }

  @Test func `a shadow gets copies, and its answers reach nobody`() async throws {
    let policy = quickPolicy("look-only", "shadow: {percent: 100, analyze: {for: 1s, minRequests: 300}}")
    try await withSite { site in
      try await site.startQuick(policy)
      try await site.deployQuick("fraud", "1", by: "look-only")
      try await site.waitUntilStable("fraud", "1")
      try await site.underLoad(on: "fraud") { tally in
        try await site.deployQuick("fraud", "2", by: "look-only")
        let mirrored = try await site.wait(for: "fraud", "2 is mirrored to") {
          $0.step?.text.contains("analyze") == true
        }
        let second = try #require(mirrored.candidate?.revision)
        try await eventually("copies arrive", pace: patience) {
          try await site.seen(by: second, of: mirrored) >= 20
        }
        let looked = try await site.waitUntilPaused("fraud", "2")
        #expect(looked.serves("1") && site.instances(of: second).isEmpty, "it was stopped")
        #expect(tally.answered(by: second) == 0)
        #expect(tally.failed() == [:])

        try await site.ask("promote", "fraud")
        try await site.waitUntilStable("fraud", "2")

        try await site.deployQuick("fraud", "3", flags: "--error-share 0.5", by: "look-only")
        let (rollout, _) = try await site.waitUntilReverted("fraud", "3")
        try await site.waitUntilStable("fraud", "2")
        #expect(rollout.failure?.reason == "CheckFailed")
        #expect(tally.answered(by: rollout.revision) + tally.errors(of: rollout.revision) == 0)
        #expect(tally.failed() == [:], "not one client saw it")
        measured("shadows, good and bad", tally)
      }
    }
  }

  @Test func `recreate says its downtime beforehand, and comes back from a version that does not start`()
    async throws
  {
    try await withSite { site in
      try await site.startQuick()
      try await site.deployQuick("fraud", "1", by: "recreate")
      let first = try #require(try await site.waitUntilStable("fraud", "1").stable?.revision)
      let next = try await site.manifest("fraud", "2") { ($0.runtime, $0.policy) = ("quick", "recreate") }
      let work = site.remote.work.folder + "/production"
      try write(next.text, to: work + "/models/fraud.yaml")
      let plan = try await site.ask("reconcile", "--dry-run", "--path", work)
      #expect(plan.contains("nobody answers"), "\(plan)")

      let rate = 100
      let load = try await site.underConstantLoad(on: "fraud", rate: rate) {
        try await site.deployQuick("fraud", "2", by: "recreate")
        try await site.waitUntilStable("fraud", "2")
      }
      #expect(site.instances(of: first).isEmpty)
      let refused = load.answers[ConstantLoad.nobodyAnswers] ?? 0
      #expect(refused > 0 && load.failed(besides: [ConstantLoad.nobodyAnswers]) == [:])
      #expect(refused < 10 * rate, "a server that starts at once is not waited for")
      print("recreate: nobody answered for \(Double(refused) / Double(rate)) s")

      let bad = try await site.underConstantLoad(on: "fraud", rate: rate) {
        try await site.deployQuick("fraud", "3", flags: "--exit-with 3", by: "recreate")
        let (rollout, _) = try await site.waitUntilReverted("fraud", "3")
        #expect(rollout.failure?.reason == "Crashed")
        try await site.waitUntilStable("fraud", "2")
        try await site.wait(for: "fraud", "2 serves") { $0.instances.count { $0.ready } == 1 }
      }
      #expect(bad.failed(besides: [ConstantLoad.nobodyAnswers]) == [:])
      #expect(try await site.infer("fraud").status == 200)
      let waited = Double(bad.answers[ConstantLoad.nobodyAnswers] ?? 0) / Double(rate)
      print("recreate with a version that ends at once: nobody answered for \(waited) s")
    }
  }
}
