import Foundation
import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

/// A plan in the three forms in which people and programs get it.
struct PlanGolden: Sendable {
  var text: String
  var markdown: String
  var json: String
}

private let look = Policy.Analysis(for: .seconds(300), minRequests: 200)

private func policy(_ name: String, _ strategy: Policy.Strategy) -> Policy {
  var policy = policy()
  policy.name = name
  policy.strategy = strategy
  return policy
}

/// Version 8 over version 7 by a policy, with the resources that both need.
private func changePlan(
  by policy: Policy, resources: Resources? = nil, before: Resources? = nil
) throws -> Plan {
  var wish = try model(version: "8")
  wish.live.policy = policy
  wish.workload.resources = resources
  var live = wish.live
  live.policy = policy
  let observed = ObservedModel(stable: try release("7"), live: live, resources: before)
  let source = PlanSource(
    url: "https://git.example.com/models.git", branch: "main",
    commit: "3f2a9c1d00000000000000000000000000000000", path: "environments/prod")
  return plan(desired(wish), against: ObservedState(models: [wish.name: observed]), from: source) { _, _ in
    "3f2a9c1d00000000000000000000000000000000"
  }
}

private func steps(_ policy: Policy) throws -> [String] {
  try #require(try changePlan(by: policy).changes.first).steps.map(\.text)
}

/// Each of these is quoted in the documentation.
enum Example: String, CaseIterable, Sendable {
  case canary, blueGreen, shadow, recreate

  fileprivate func plan() throws -> Plan {
    switch self {
    case .canary:
      var policy = policy(
        "careful-canary",
        .canary([
          .weight(5), .analyze(look), .weight(25), .pause(.init(for: .seconds(600))), .weight(50),
          .analyze(.init(for: .seconds(600))),
        ]))
      policy.rollbackWindow = .seconds(1800)
      return try changePlan(by: policy)
    case .blueGreen:
      return try changePlan(
        by: policy(
          "blue-green",
          .blueGreen(
            .init(
              preview: .init(
                access: .header("x-evenkeel-preview"), analyze: .init(for: .seconds(300), minRequests: 20),
                pause: .init()),
              analyze: .init(for: .seconds(120), minRequests: 200), keepStableFor: .seconds(1800)))))
    case .shadow:
      return try changePlan(
        by: policy(
          "shadow-first",
          .shadow(
            .init(
              percent: 20, analyze: .init(for: .seconds(1800), minRequests: 500),
              then: .canary([.weight(50), .analyze(look)])))))
    case .recreate:
      var policy = policy("one-copy", .recreate)
      policy.checks = []
      return try changePlan(
        by: policy, resources: Resources(milliCPU: 2000, memory: 6 << 30),
        before: Resources(milliCPU: 2000, memory: 4 << 30))
    }
  }

  fileprivate var golden: PlanGolden {
    switch self {
    case .canary: canaryGolden
    case .blueGreen: blueGreenGolden
    case .shadow: shadowGolden
    case .recreate: recreateGolden
    }
  }
}

@Suite struct StrategyPlanTests {
  @Test(arguments: Example.allCases) func `shows what a strategy will do`(example: Example) throws {
    let plan = try example.plan()
    #expect(renderText(plan, colour: false) == example.golden.text)
    #expect(renderMarkdown(plan) == example.golden.markdown)
    #expect(try json(plan) == example.golden.json)
  }

  @Test func `a shadow with nothing after it stops the candidate until somebody promotes it`() throws {
    let found = try steps(policy("shadow", .shadow(.init(percent: 100, analyze: look))))
    #expect(
      found.dropFirst(2) == [
        "start 2 instances of version 8 beside version 7",
        "send copies of all requests to version 8, and drop its answers",
        "judge by error-budget for 5m and at least 200 requests", "send no more copies to version 8",
        "stop version 8 again", "wait for `evenkeel promote fraud-detector`",
        "start 2 instances of version 8 again beside version 7",
        "send all requests to version 8; it is stable from here on", "stop version 7",
      ])
  }

  @Test func `a preview by host, and a switch that nothing follows`() throws {
    let access = Policy.PreviewStage(access: .host("preview.example.com"), pause: .init(for: .seconds(60)))
    #expect(
      try steps(policy("bg", .blueGreen(.init(preview: access)))).dropFirst(3) == [
        "send only requests for the host preview.example.com to version 8", "pause for 60s",
        "send all requests to version 8; it is stable from here on", "stop version 7",
      ])
  }

  @Test func `says what becomes of a candidate with too few requests`() throws {
    var policy = policy("c", .canary([.weight(5), .analyze(.init(for: .seconds(60)))]))
    policy.onUndecided = .promote
    #expect(
      try steps(policy)[4]
        == "judge by error-budget for 60s and at least 1 request; with fewer it goes on all the same")
    policy.onUndecided = .revert
    #expect(
      try steps(policy)[4] == "judge by error-budget for 60s and at least 1 request; with fewer it has failed"
    )
  }

  @Test func `nothing is kept warm by a strategy that stops stable first`() throws {
    var policy = policy("one-copy", .recreate)
    policy.rollbackWindow = .seconds(60)
    #expect(
      try steps(policy).suffix(2) == [
        "send all requests to version 8; it is stable from here on", "judge by error-budget for 60s more",
      ])
  }

  @Test func `holds instead of reverting when the policy says so`() throws {
    var policy = policy("c", .canary([.weight(5)]))
    policy.onFailure = .hold
    let plan = try changePlan(by: policy)
    #expect(plan.changes.first?.onFailure == .hold)
    #expect(
      renderText(plan, colour: false).contains(
        "if it fails: all requests return to version 7, and Git stays as it is until a person decides\n"))
    let written = try json(plan).split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
    #expect(written.contains(#""onFailure" : {"action" : "hold","commits" : []}"#))
  }

  @Test func `a first deployment takes no strategy, and has no downtime`() throws {
    var wish = try model()
    wish.live.policy = policy("one-copy", .recreate)
    wish.workload.resources = Resources(memory: 1 << 30)
    wish.live.replicas = 1
    let plan = plan(desired(wish), against: ObservedState(), from: PlanSource(path: ".")) { _, _ in nil }
    let change = try #require(plan.changes.first)
    #expect(change.steps.map(\.kind) == [.fetch, .verify, .start(instances: 1), .promote])
    #expect(change.steps[2].text == "start 1 instance of version 7, with 1Gi of memory")
    #expect(change.warnings.isEmpty)
    #expect(!change.stopsFirst)
  }

  @Test func `a change of resources alone is a rollout that says so`() throws {
    let small = Resources(milliCPU: 500, memory: 1 << 30)
    var wish = try model()
    wish.workload.resources = Resources(milliCPU: 1000, memory: 1 << 30)
    let observed = ObservedModel(stable: try release("7"), live: live(), resources: small)
    let plan = plan(
      desired(wish), against: ObservedState(models: [wish.name: observed]), from: PlanSource(path: ".")
    ) { _, _ in nil }
    let change = try #require(plan.changes.first)
    #expect(change.rollout)
    #expect(
      change.steps[2].text
        == "start 2 instances of version 7 beside version 7, each with 1 CPU and 1Gi of memory instead of 500m CPU and 1Gi of memory"
    )
  }
}
