import SystemPackage

/// The demo's story: three versions of a model, deployed one after the other under live traffic.
actor Story {
  private static let model = "digits"

  private let workplace: Workplace
  private let agent: AgentClient
  private let engineer: Engineer
  private let screen: Screen
  private let tally = Tally()
  private let start = ContinuousClock.now
  /// Which version each revision is, by the first twelve digits.
  private var versions: [String: String] = [:]

  init(at workplace: Workplace, on screen: Screen) {
    self.workplace = workplace
    self.screen = screen
    agent = AgentClient(at: workplace)
    engineer = Engineer(at: workplace)
  }

  func tell() async throws {
    try workplace.checkParts()
    await screen.chapter(
      "Three classifiers of handwritten digits, and a Git repository that says which one serves")
    _ = try await output(
      of: workplace.python,
      [workplace.project.appending("manifests/demo/train.py").string, workplace.models.string],
      environment: workplace.environment, deadline: .seconds(60))
    await screen.say("    trained versions 1, 2 and 3 of digits with scikit-learn")
    try await engineer.startRepository()
    try workplace.writeAgentConfig()
    try await doing {
      try await self.waitForAgent()
      try await self.deployFirst()
      let traffic = try Traffic(
        requests: self.workplace.models.appending("requests.json"), gatewayPort: self.workplace.gatewayPort,
        tally: self.tally)
      try await doing {
        let good = try await self.deployBetter()
        try await self.deployBad()
        try await self.prove(good: good)
      } while: {
        try await traffic.flow()
      }
    } while: { [agent] in
      try await agent.serve()
    }
  }

  private func waitForAgent() async throws {
    try await within(.seconds(30), "the start of the agent") { [agent] in
      while true {
        if (try? await agent.status()) != nil { return }
        try await Task.sleep(for: .milliseconds(200))
      }
    }
    await screen.say("    evenkeel agent runs, the gateway listens on 127.0.0.1:\(workplace.gatewayPort)")
  }

  private func deployFirst() async throws {
    await screen.chapter("Version 1: the first deployment")
    _ = try await deploy("1")
    try await watch(within: .seconds(60), "the first deployment") { model in
      model.phase == "stable" && model.stable?.version == "1"
    }
  }

  /// - Returns: the commit that stays the good one.
  private func deployBetter() async throws -> String {
    await screen.chapter("Version 2: a better model, under live traffic")
    let commit = try await deploy("2")
    try await watch(within: .seconds(90), "the promotion of version 2") { model in
      guard !["restoring", "writingBack", "held"].contains(model.phase) else {
        throw StoryError("version 2 is good, and yet its rollout came to \(model.phase)")
      }
      return model.phase == "stable" && model.stable?.version == "2"
    }
    return commit
  }

  private func deployBad() async throws {
    await screen.chapter("Version 3: loads, becomes ready, and fails on some of the images")
    _ = try await deploy("3")
    try await watch(within: .seconds(90), "catching and reverting version 3") { model in
      guard model.stable?.version == "2" else { throw StoryError("version 3 became stable") }
      return await self.hasAnswered(version: "3") && model.phase == "stable"
    }
    // Long enough that a request to version 3 after the restore would be seen.
    try await Task.sleep(for: .seconds(2))
    _ = try await observe()
  }

  private func deploy(_ version: String) async throws -> String {
    let commit = try await engineer.deploy(version: version)
    await screen.say("    git commit \(commit.prefix(8)) Deploy digits \(version)")
    return commit
  }

  private func prove(good: String) async throws {
    let proof = Proof(
      counts: await tally.counts, versions: versions, lost: await tally.lost,
      log: try await engineer.askRemote(["log", "--format=%h %an: %s", "main"]),
      revert: try await engineer.askRemote(["log", "--max-count=1", "--format=%B", "main"]),
      author: try await engineer.askRemote(["log", "--max-count=1", "--format=%an", "main"]),
      asksForGood: try await engineer.askRemote(["rev-parse", "main:production"])
        == engineer.askRemote(["rev-parse", "\(good):production"]),
      history: try await agent.history(of: Self.model))
    await screen.chapter("The proof")
    for line in proof.lines { await screen.say(line) }
    try proof.check()
  }

  /// Shows the model's state, again and again, until it is as expected.
  private func watch(
    within deadline: Duration, _ what: String,
    until expected: @escaping @Sendable (AgentStatus.Model) async throws -> Bool
  ) async throws {
    try await demo.within(deadline, what) {
      while true {
        if let model = try await self.observe(), try await expected(model) { return }
        try await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  private func hasAnswered(version: String) async -> Bool {
    await tally.counts.keys.contains { versions[$0] == version }
  }

  private func observe() async throws -> AgentStatus.Model? {
    guard let model = try await agent.status().models.first(where: { $0.name == Self.model }) else {
      return nil
    }
    for deployed in [model.stable, model.candidate].compactMap({ $0 }) {
      versions[shortRevision(deployed.revision)] = deployed.version
    }
    if let stalled = model.conditions.first(where: { $0.type == "Stalled" && $0.status == "True" }) {
      throw StoryError("the agent is stalled: \(stalled.reason): \(stalled.message)")
    }
    await screen.show(scene(of: model, counts: tally.counts))
    return model
  }

  /// The versions that have traffic now, or had some and are deployed.
  private func scene(of model: AgentStatus.Model, counts: [String: Tally.Counts]) -> Scene {
    let deployed = [model.stable, model.candidate].compactMap { $0 }.map { shortRevision($0.revision) }
    let weights = model.weights.reduce(into: [:]) { $0[shortRevision($1.key)] = $1.value }
    let step = model.step.map { ", step \($0.index) of \($0.of): \($0.text)" } ?? ""
    let rows = Set(deployed + weights.keys).union(counts.keys).map { revision in
      Scene.Row(
        version: versions[revision] ?? "?", weight: weights[revision] ?? 0,
        requests: counts[revision]?.requests ?? 0, errors: counts[revision]?.errors ?? 0)
    }
    return Scene(
      elapsed: .now - start, phase: model.phase + step, rows: rows.sorted { $0.version < $1.version })
  }
}
