import Effects
import Vocabulary

/// The observed side, as of the start of a pass.
struct World {
  private(set) var byModel: [ModelName: [InstanceObservation]] = [:]
  var gateway = GatewayObservation()
  /// As they were seen, all models' together.
  private var instances: [InstanceObservation] = []
  private var changed: Set<ModelName> = []

  /// Takes in what the driver says of all instances.
  mutating func look(at instances: [InstanceObservation]) {
    guard instances != self.instances else { return }
    self.instances = instances
    let seen = Dictionary(grouping: instances, by: \.model)
    for (name, group) in seen where group != byModel[name] { changed.insert(name) }
    for name in byModel.keys where seen[name] == nil { changed.insert(name) }
    byModel = seen
  }

  /// An instance that was started after the driver was asked.
  mutating func add(_ instance: InstanceObservation) {
    instances.append(instance)
    byModel[instance.model, default: []].append(instance)
    changed.insert(instance.model)
  }

  var hasChanged: Bool { !changed.isEmpty }

  /// The models whose instances have changed; asked again, those that have since.
  mutating func takeChanged() -> Set<ModelName> {
    defer { changed = [] }
    return changed
  }

  /// The instances of a release that run and are meant to.
  func running(_ model: ModelName, _ revision: Revision) -> [InstanceObservation] {
    (byModel[model] ?? []).filter { $0.revision == revision && $0.condition.isRunning }
  }
}

extension InstanceCondition {
  var isRunning: Bool {
    switch self {
    case .starting, .ready, .unready: true
    case .stopping, .exited, .lost: false
    }
  }
}
