import Foundation
import TestSupport
import Testing

/// Where the agent is killed: at a write of its journal, which is named by what it writes (`SuddenDeath.swift`).
struct Death: Hashable, Sendable, CustomStringConvertible {
  enum Side: String, Sendable, CaseIterable {
    case before, after
  }

  var side: Side
  var transition: String

  var description: String { "\(side) \(transition)" }
}

/// Takes one model through a journey as often as asked, and has the agent killed on the way.
struct Traveller {
  /// One journey that is over.
  struct Trip {
    /// Whether the agent came to the transition at which it was to die.
    var isKilled: Bool
    /// The transitions that the journal saw, up to then.
    var transitions: [String]
    var end: JourneyEnd
    var load: LoadReport
  }

  let site: Site
  let journey: Journey
  private var agent: AgentProcess
  /// The newest version that was committed.
  private var version = 0
  /// The version that serves when a journey begins.
  private var origin = ""
  /// The repository's tree with each version.
  private var trees: [String: String] = [:]

  /// A model at rest on its first version.
  init(on site: Site, for journey: Journey) async throws {
    (self.site, self.journey) = (site, journey)
    try await site.commit(["platform.yaml": quickPlatform], "Describe how models are served and rolled out")
    agent = try await site.startMortal()
    try await deploy(as: journey.policy)
    try await rest(at: "1", since: Baseline(), orDie: false)
    origin = "1"
  }

  /// Travels once, with an agent that dies on the way if it comes to that transition.
  mutating func travel(dying death: Death? = nil) async throws -> Trip {
    if journey.kind == .rollback {
      let baseline = try await site.baseline()
      // What is recreated is recreated on the way back, too.
      try await deploy(as: journey.policy == "recreate" ? "recreate" : "at-once")
      try await rest(at: "\(version)", since: baseline, orDie: false)
    }
    let baseline = try await site.baseline()
    let load = try ConstantLoad(on: "fraud", of: site, rate: 120)
    defer { load.discard() }
    try site.arm(death.map { "\($0.side):\($0.transition)" } ?? "")
    try await begin()
    try await rest(at: destination, since: baseline, orDie: death != nil)
    try site.disarm()
    let transitions = agent.transitions
    let isKilled = !agent.isRunning
    if isKilled {
      agent = try await site.startMortal()
      if journey.kind == .rollback { try await repeatCommand() }
      try await rest(at: destination, since: baseline, orDie: false)
    }
    let report = try await load.stop()
    let end = try await site.end(
      of: journey, since: baseline,
      trees: ["origin": trees[origin] ?? "", "deployed": trees["\(version)"] ?? ""], report)
    origin = destination
    if !isKilled { try await renewAgent() }
    return Trip(isKilled: isKilled, transitions: transitions, end: end, load: report)
  }

  /// Each life of the agent is armed once: what it tells is of one journey.
  private mutating func renewAgent() async throws {
    let baseline = try await site.baseline()
    try await agent.crash()
    agent = try await site.startMortal()
    try await rest(at: origin, since: baseline, orDie: false)
  }

  private var destination: String { journey.kind == .promotion ? "\(version)" : origin }

  private mutating func begin() async throws {
    switch journey.kind {
    case .promotion: try await deploy(as: journey.policy)
    case .failure: try await deploy(as: journey.policy, flags: "--error-share 1")
    case .rollback: _ = try await site.evenkeel("rollback", "fraud", "--reason", "too slow at noon")
    }
  }

  private mutating func deploy(as policy: String, flags: String = "") async throws {
    version += 1
    try await site.deploy("fraud", "\(version)", flags: flags) {
      $0.runtime = "quick"
      $0.policy = policy
    }
    trees["\(version)"] = try await site.tree()
    // The next poll would see it as well. An agent that dies of the news does not answer.
    try? await site.control.reconcile()
  }

  /// A person whose command got no answer gives it again; it must not matter whether it was heard.
  private func repeatCommand() async throws {
    let command = ["rollback", "fraud", "--to", origin, "--reason", "too slow at noon"]
    let answer = try await site.evenkeel(command)
    #expect(answer.status == 0, "\(answer)")
  }

  /// Waits until the version is at rest or, if it may, the agent has died.
  private func rest(at version: String, since baseline: Baseline, orDie: Bool) async throws {
    try await eventually("\(version) is at rest", pace: .milliseconds(25)) {
      if !agent.isRunning {
        try #require(orDie, "the agent has ended: \(agent.words())")
        return true
      }
      // An agent that starts or dies does not answer.
      return (try? await site.isAtRest(at: version, since: baseline)) ?? false
    }
  }
}

extension AgentProcess {
  /// What it wrote into its journal, or was about to write, while there was the mark.
  fileprivate var transitions: [String] {
    words().split(separator: "\n").compactMap { line in
      line.contains("journal write") ? line.split(separator: "transition=").last.map(String.init) : nil
    }
  }
}

extension Site {
  /// While this file exists, the agent tells its journal's writes and may die at one (`SuddenDeath.swift`).
  private var wish: String { folder + "/wish" }

  fileprivate func arm(_ words: String) throws { try write(words, to: wish) }

  fileprivate func disarm() throws { try FileManager.default.removeItem(atPath: wish) }

  fileprivate func startMortal() async throws -> AgentProcess {
    let agent = try launch(["EVENKEEL_TEST_KILL_AT_WRITE": wish])
    // Its first look at Git belongs to no journey.
    try await eventually("the agent has looked at Git", pace: .milliseconds(20)) {
      (try? await control.reconcile()) != nil
    }
    return agent
  }
}
