import Manifests
import Planning
import Vocabulary

extension Scenario {
  package init(seed: UInt64) {
    var dice = SeededDice(seed)
    let names: [ModelName] = ["fraud", "spam", "ads", "search"]
    var tree = Tree()
    tree.put(.runtime(generation: 0), into: Tree.shared)
    tree.put(
      .policy(
        Policy(
          name: "careful",
          strategy: .canary([
            .weight(10), .analyze(for: .seconds(10), minRequests: 50), .weight(50),
            .analyze(for: .seconds(10), minRequests: 50),
          ]), checks: [Check(name: "budget", errorRate: .init(max: 0.05, versusStable: true, alpha: 0.001))],
          readyTimeout: .seconds(30))), into: Tree.shared)
    var documents: [ModelName: ModelDocument] = [:]
    var models: [Setting.Model] = []
    for name in names {
      let document = ModelDocument(name: name, version: 1, policy: "careful", replicas: 1 + dice.roll(2))
      documents[name] = document
      tree.put(.model(document), into: "\(name).yaml")
      let natures = (1...20).map { _ -> Nature in
        var nature = Nature()
        if dice.chance(30) { nature.errorRate = 0.3 }
        return nature
      }
      models.append(.init(name: name, natures: [Nature()] + natures, load: 50))
    }
    self.init(
      seed: seed,
      setting: Setting(
        models: models, documents: documents, roommates: [], tree: tree, pollInterval: .seconds(10),
        fetchTime: .seconds(1), pace: .seconds(2), limits: HostLimits(), pruneLimit: 50), events: [])
    var at = Duration.seconds(60)
    for version in 2...15 {
      for name in names {
        at += dice.seconds(1...20)
        events.append(
          Scheduled(at: at, happening: .commit([.deploy(name, version: version)], isMerge: false)))
        if dice.chance(20) {
          events.append(
            Scheduled(
              at: at + dice.seconds(0...1),
              happening: .fault(
                .kill(afterEffects: dice.roll(8), happens: dice.chance(50), downFor: dice.seconds(1...5)))))
        }
      }
    }
    events.sort { $0.at < $1.at }
  }
}
