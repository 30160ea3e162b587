import Agent
import Manifests
import Planning
import Vocabulary

extension Scenario {
  /// The scenario of a seed.
  package init(seed: UInt64) {
    var author = Author(seed)
    self = author.write()
  }
}

/// Thinks up scenarios: some are calm, some have one kind of trouble, and some have all of them.
struct Author {
  var dice: SeededDice
  private let seed: UInt64
  /// What this scenario is about.
  var mood: Mood

  /// How often what happens, in percent of its chance.
  struct Mood {
    var faults: [Theme]
    /// In percent: how many versions are bad.
    var badVersions: Int
    var hasPeople: Bool
    var hasLimits: Bool
    var isMessy: Bool
    /// Most lives are short: more of them fit into an hour, and a rule that is broken in one can be read at a glance. Some
    /// are long, for what takes many models and much time to come about.
    var isLong: Bool
  }

  /// Faults that belong together.
  enum Theme: CaseIterable {
    case kills, instances, gateway, git, disk, clock, registry, host
  }

  init(_ seed: UInt64) {
    self.seed = seed
    dice = SeededDice(seed &* 0x9e37_79b9)
    var faults: [Theme] = []
    switch dice.roll(10) {
    case 0: break
    case 1...4: faults = [dice.pick(Theme.allCases) ?? .kills]
    case 5...7:
      let first = dice.pick(Theme.allCases) ?? .kills
      faults = [first, dice.pick(Theme.allCases.filter { $0 != first }) ?? .git]
    default: faults = Theme.allCases
    }
    mood = Mood(
      faults: faults, badVersions: 20 + dice.roll(40), hasPeople: dice.chance(50),
      hasLimits: dice.chance(35), isMessy: dice.chance(40), isLong: dice.chance(10))
  }

  mutating func write() -> Scenario {
    let setting = writeSetting()
    var scenario = Scenario(seed: seed, setting: setting, events: [])
    scenario.events += writeCommits(setting)
    let length = scenario.events.map(\.at).max() ?? .zero
    scenario.events += writeFaults(setting, upTo: length)
    if mood.hasPeople { scenario.events += writeCommands(setting, upTo: length) }
    // Sorted by time, and otherwise left in their order, which the seed decides.
    scenario.events = scenario.events.enumerated()
      .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    return scenario
  }

  // MARK: The setting

  private static let names: [ModelName] = [
    "fraud", "spam", "ads", "search", "prices", "faces", "churn", "geo",
  ]
  static let policies = ["careful", "quick", "strict", "odd"]

  private mutating func writeSetting() -> Setting {
    let names = Array(Self.names.prefix(mood.isLong ? 3 + dice.roll(6) : 2 + dice.roll(3)))
    var tree = Tree()
    tree.put(.runtime(generation: 0), into: Tree.shared)
    for name in Self.policies { tree.put(.policy(writePolicy(name)), into: Tree.shared) }
    var documents: [ModelName: ModelDocument] = [:]
    var models: [Setting.Model] = []
    let roommates = Set(mood.isMessy ? names.prefix(2) : [])
    for (index, name) in names.enumerated() {
      let document = writeDocument(name, among: names.prefix(index))
      documents[name] = document
      tree.put(.model(document), into: roommates.contains(name) ? "team.yaml" : "\(name).yaml")
      models.append(writeModel(name))
    }
    // By dice of its own: everything else in a life is as it would be without.
    var dicesOfGit = SeededDice(seed &* 0x2545_f491 &+ 1)
    return Setting(
      models: models, documents: documents, roommates: roommates, tree: tree,
      pollInterval: dice.seconds(5...15),
      fetchTime: dice.pick([.milliseconds(100), .seconds(1), .seconds(3)]) ?? .seconds(1),
      pace: dice.pick([.seconds(1), .seconds(3), .seconds(5)]) ?? .seconds(2),
      limits: writeLimits(Array(documents.values)),
      pruneLimit: dice.pick([50, 50, 30, 100]) ?? 50, proposes: dicesOfGit.chance(15))
  }

  private mutating func writeDocument(_ name: ModelName, among earlier: ArraySlice<ModelName>)
    -> ModelDocument
  {
    var document = ModelDocument(
      name: name, version: 1, policy: dice.pick(Self.policies) ?? "careful", replicas: 1 + dice.roll(2))
    if mood.hasLimits {
      document.memory = 100 * (1 + dice.roll(4))
      if dice.chance(30), let other = dice.pick(Array(earlier)) { document.dependsOn = [other] }
    }
    return document
  }

  private mutating func writeModel(_ name: ModelName) -> Setting.Model {
    let load = dice.pick([200, 100, 50, 50, 20, 5, 0.5] as [Double]) ?? 50
    let errorRate = dice.chance(30) ? Nature.tolerable : 0
    let natures = (1...Self.versions).map { number in
      // What is there from the beginning is good, most of the time.
      let isBad = dice.chance(number == 1 ? 10 : mood.badVersions)
      return isBad ? writeBadNature(errorRate) : writeGoodNature(errorRate)
    }
    return Setting.Model(name: name, natures: natures, load: load)
  }

  /// How many versions of each model there are.
  static let versions = 12

  /// All good versions of a model are as good as each other, or a comparison would tell them apart.
  private mutating func writeGoodNature(_ errorRate: Double) -> Nature {
    var nature = Nature()
    nature.errorRate = errorRate
    nature.readyAfter = .milliseconds(dice.pick([200, 1000, 1000, 4000]) ?? 1000)
    return nature
  }

  private mutating func writeBadNature(_ errorRate: Double) -> Nature {
    var nature = Nature()
    nature.errorRate = errorRate
    switch dice.roll(14) {
    case 0...4: nature.errorRate = dice.pick([0.05, 0.1, 0.3, 1]) ?? 0.3
    case 5: nature.readyAfter = nil
    case 6: nature.readyAfter = dice.seconds(8...90)
    case 7: nature.crashesAfter = .milliseconds(500)
    case 8: nature.crashesAfter = dice.seconds(3...20)
    case 9: nature.hangsAfter = dice.seconds(1...15)
    case 10: nature.bytes = .missing
    case 11: nature.bytes = .corrupt
    case 12: nature.bytes = .unsafe
    default: nature.isStartable = false
    }
    return nature
  }

  /// Room for all models at rest, and for one or two candidates beside them, or for none.
  private mutating func writeLimits(_ documents: [ModelDocument]) -> HostLimits {
    guard mood.hasLimits else { return HostLimits() }
    let atRest = documents.reduce(0) { $0 + ($1.memory ?? 0) * $1.replicas }
    return HostLimits(
      capacity: dice.chance(70)
        ? Resources(milliCPU: 100_000, memory: (atRest + 100 * dice.roll(15)) << 20) : nil,
      parallelRollouts: dice.chance(50) ? 1 + dice.roll(3) : nil)
  }
}
