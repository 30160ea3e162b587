import Foundation
import TestSupport
import Testing

/// What clients notice when something dies, in figures: none of it for the agent.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct LossTests {
  /// Requests a second.
  private static let rate = 200

  @Test func `the agent may go, and what else dies costs only what it was answering`() async throws {
    try await withSite { site in
      var agent = try await site.startQuick()
      try await site.deployQuick("fraud", "1", by: "at-once") { $0.replicas = 2 }
      try await site.deployQuick("churn", "1", by: "at-once")
      let fraud = try #require(try await site.waitUntilStable("fraud", "1").stable?.revision)
      let churn = try #require(try await site.waitUntilStable("churn", "1").stable?.revision)

      let crash = try await site.loss(on: "fraud", "kill -9 of the agent, and its next start") {
        try await agent.crash()
        agent = try await site.start()
      }
      #expect(crash.failed() == [:])
      let restart = try await site.loss(on: "fraud", "a restart of the agent") {
        try await agent.terminate()
        agent = try await site.start()
      }
      #expect(restart.failed() == [:])

      let one = try await site.loss(on: "fraud", "kill -9 of one of two instances") {
        try await site.killInstance(of: "fraud", fraud)
      }
      let only = try await site.loss(on: "churn", "kill -9 of the only instance") {
        try await site.killInstance(of: "churn", churn)
      }
      for load in [one, only] {
        #expect(load.failed(besides: [ConstantLoad.nobodyAnswers]) == [:], "the gateway itself is there")
      }
      let envoy = try await site.loss(on: "fraud", "kill -9 of Envoy") {
        try await site.killGateway()
      }
      for load in [one, only, envoy] {
        #expect(load.failed().values.reduce(0, +) < load.total)
      }
    }
  }

  @Test
  func `a rollout outlives the gateway and an instance of stable, and neither is the candidate's fault`()
    async throws
  {
    let policy = quickPolicy("canary-by-hand", "canary: {steps: [{weight: 50}, {pause: {}}]}")
    try await withSite { site in
      try await site.startQuick(policy)
      try await site.deployQuick("fraud", "1", by: "canary-by-hand") { $0.replicas = 2 }
      let first = try #require(try await site.waitUntilStable("fraud", "1").stable?.revision)
      let load = try await site.underConstantLoad(on: "fraud", rate: Self.rate) {
        try await site.deployQuick("fraud", "2", by: "canary-by-hand") { $0.replicas = 2 }
        try await site.waitUntilPaused("fraud", "2")
        try await site.killInstance(of: "fraud", first)
        try await site.killGateway()
        try await site.wait(for: "fraud", "2 waits with all its instances") { model in
          model.weights.values.sorted() == [50, 50] && model.instances.count { $0.ready } == 4
        }
        try await site.answersGoOn("fraud")
        try await site.ask("promote", "fraud")
        try await site.waitUntilStable("fraud", "2")
      }
      measured("kill -9 of an instance of stable and of Envoy in a canary", load)
      let rollouts = try await site.history(of: "fraud").rollouts
      #expect(rollouts.map(\.outcome) == ["promoted", "promoted"])
    }
  }
}

extension Site {
  /// Has something happen under load, and waits until everybody is served again.
  fileprivate func loss(on model: String, _ what: String, _ happening: () async throws -> Void) async throws
    -> LoadReport
  {
    let load = try await underConstantLoad(on: model, rate: 200) {
      try await answersGoOn(model)
      try await happening()
      try await answersGoOn(model)
    }
    measured(what, load)
    let after = try await underConstantLoad(on: model, rate: 200) { try await answersGoOn(model) }
    #expect(after.failed() == [:], "the trouble is over")
    return load
  }

  /// Waits until a hundred requests in a row were answered.
  fileprivate func answersGoOn(_ model: String) async throws {
    var row = 0
    try await eventually("\(model) answers") {
      row = (try? await infer(model).status) == 200 ? row + 1 : 0
      return row == 100
    }
  }

  fileprivate func killGateway() async throws {
    let envoy = try envoy()
    kill(envoy, SIGKILL)
    try await eventually("Envoy is back") {
      processes().contains { $0.instance == nil && $0.pid != envoy }
    }
  }

  fileprivate func killInstance(of name: String, _ revision: String) async throws {
    let victim = try #require(instances(of: revision).first)
    let count = instances(of: revision).count
    kill(victim.pid, SIGKILL)
    try await wait(for: name, "has a new instance") { model in
      let instances = model.instances.filter { $0.revision == revision }
      return instances.count { $0.ready } == count && !instances.contains { $0.id == victim.instance }
    }
  }
}
