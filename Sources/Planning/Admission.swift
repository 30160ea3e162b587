package import Rollout
package import Vocabulary

/// What the host allows.
package struct HostLimits: Hashable, Sendable {
  /// What instances may use in all; `nil` when that is not known, and then nothing is refused for it.
  package var capacity: Resources?
  /// How many rollouts may be under way at once; `nil` is as many as there are.
  package var parallelRollouts: Int?

  package init(capacity: Resources? = nil, parallelRollouts: Int? = nil) {
    self.capacity = capacity
    self.parallelRollouts = parallelRollouts
  }
}

/// A model as far as the rollouts of others depend on it.
package struct Neighbour: Hashable, Sendable {
  /// Whether it serves what Git asks for.
  package var isReady: Bool
  /// Whether it has a rollout that goes on by itself.
  package var isRollingOut: Bool
  /// What it needs at rest: its stable instances.
  package var atRest: Resources
  /// What it needs now, candidates and versions that are kept warm included.
  package var now: Resources
  /// How much of that goes to instances that nobody wants any more and that have not stopped yet.
  package var leaving: Resources

  package init(
    isReady: Bool, isRollingOut: Bool, atRest: Resources, now: Resources, leaving: Resources = Resources()
  ) {
    self.isReady = isReady
    self.isRollingOut = isRollingOut
    self.atRest = atRest
    self.now = now
    self.leaving = leaving
  }
}

/// A rollout that is due.
package struct Proposal: Hashable, Sendable {
  package var model: ModelName
  package var version: String
  package var dependsOn: [ModelName]
  /// What all instances of the candidate need.
  package var candidate: Resources
  /// Whether stable stops before the candidate starts.
  package var isExclusive: Bool

  package init(
    model: ModelName, version: String, dependsOn: [ModelName], candidate: Resources, isExclusive: Bool
  ) {
    self.model = model
    self.version = version
    self.dependsOn = dependsOn
    self.candidate = candidate
    self.isExclusive = isExclusive
  }
}

package enum Admission: Hashable, Sendable {
  case admitted
  /// Something else has to end first.
  case waits(Trouble)
  /// It will not fit, whatever ends.
  case refused(Trouble)
}

/// Which of the rollouts that are due may begin now.
///
/// A model waits for those it depends on; at most so many rollouts are under way at once; and nothing begins that the
/// host cannot hold beside what runs. They are taken in the order given, each counting those before it.
package func admissions(
  of proposals: [Proposal], among models: [ModelName: Neighbour], within limits: HostLimits
) -> [ModelName: Admission] {
  var models = models
  var answers: [ModelName: Admission] = [:]
  for proposal in proposals {
    let answer = admission(of: proposal, among: models, within: limits)
    answers[proposal.model] = answer
    guard answer == .admitted else { continue }
    guard var model = models[proposal.model] else { continue }
    model.isRollingOut = true
    model.isReady = false
    model.now = proposal.load(beside: model)
    models[proposal.model] = model
  }
  return answers
}

private func admission(
  of proposal: Proposal, among models: [ModelName: Neighbour], within limits: HostLimits
) -> Admission {
  if let refusal = refusal(of: proposal, among: models, within: limits) { return .refused(refusal) }
  let unready = proposal.dependsOn.filter { models[$0]?.isReady != true }
  if !unready.isEmpty {
    let names = unready.map(\.rawValue).joined(separator: ", ")
    return .waits(
      Trouble(
        reason: "WaitingForDependency", message: "version \(proposal.version) waits until \(names) is ready"))
  }
  let running = models.values.count(where: \.isRollingOut)
  if let most = limits.parallelRollouts, running >= most {
    return .waits(
      Trouble(
        reason: "WaitingForTurn",
        message: "version \(proposal.version) waits: \(running) of at most \(most) rollouts are under way"))
  }
  let others = total(of: models, besides: proposal.model, \.now)
  // What is still stopping is gone soon, so it is no measure of what the model needs already.
  let stable = models[proposal.model]?.atRest ?? Resources()
  let load = proposal.load(beside: models[proposal.model])
  if let capacity = limits.capacity, let lack = load.lack(since: stable, beside: others, of: capacity) {
    return .waits(
      Trouble(
        reason: "WaitingForCapacity",
        message: "version \(proposal.version) waits for other rollouts to end: there is not enough \(lack)"))
  }
  return .admitted
}

/// Why a rollout cannot fit on the host even when nothing else is under way; `nil` when it can.
package func refusal(
  of proposal: Proposal, among models: [ModelName: Neighbour], within limits: HostLimits
) -> Trouble? {
  guard limits.capacity != nil else { return nil }
  return refusal(
    of: proposal, replacing: models[proposal.model],
    beside: total(of: models, besides: proposal.model, \.atRest), within: limits)
}

/// The same for who knows what all other models need at rest.
func refusal(
  of proposal: Proposal, replacing model: Neighbour?, beside others: Resources, within limits: HostLimits
) -> Trouble? {
  guard let capacity = limits.capacity else { return nil }
  let stable = model?.atRest ?? Resources()
  let peak = proposal.peak(beside: model)
  guard let lack = peak.lack(since: stable, beside: others, of: capacity) else { return nil }
  let alone = stable.max(proposal.candidate).lack(since: stable, beside: others, of: capacity) == nil
  let advice =
    alone && !proposal.isExclusive
    ? "; it fits with the strategy `recreate`, which stops the old version first"
    : "; lower its `resources` or `replicas`, or give the host more"
  return Trouble(
    reason: "CapacityExceeded",
    message: "version \(proposal.version) does not fit: not enough \(lack)\(advice)")
}

private func total(
  of models: [ModelName: Neighbour], besides name: ModelName, _ load: KeyPath<Neighbour, Resources>
) -> Resources {
  models.reduce(Resources()) { sum, entry in
    entry.key == name ? sum : sum + entry.value[keyPath: load]
  }
}

extension Proposal {
  /// What the model needs at most while it rolls out.
  fileprivate func peak(beside model: Neighbour?) -> Resources {
    let stable = model?.atRest ?? Resources()
    return isExclusive ? stable.max(candidate) : stable + candidate
  }

  /// What the model needs if its rollout begins now, when an earlier candidate may still be stopping.
  fileprivate func load(beside model: Neighbour?) -> Resources {
    // Where only one release fits, the candidate starts when all else of the model is gone.
    if isExclusive { return peak(beside: model).max(model?.now ?? Resources()) }
    return peak(beside: model) + (model?.leaving ?? Resources())
  }
}

extension Resources {
  package static func + (left: Resources, right: Resources) -> Resources {
    Resources(milliCPU: left.milliCPU + right.milliCPU, memory: left.memory + right.memory)
  }

  static func - (left: Resources, right: Resources) -> Resources {
    Resources(milliCPU: left.milliCPU - right.milliCPU, memory: left.memory - right.memory)
  }

  package static func * (resources: Resources, count: Int) -> Resources {
    Resources(milliCPU: resources.milliCPU * count, memory: resources.memory * count)
  }

  fileprivate func max(_ other: Resources) -> Resources {
    Resources(milliCPU: Swift.max(milliCPU, other.milliCPU), memory: Swift.max(memory, other.memory))
  }

  /// What these needs have too little of, in words; `nil` when they fit. Only what rises counts: a host that is
  /// overloaded already must be able to get a version that needs less.
  fileprivate func lack(since before: Resources, beside others: Resources, of capacity: Resources) -> String?
  {
    let needed = self + others
    var lacks: [String] = []
    if needed.memory > capacity.memory, memory > before.memory {
      lacks.append("memory (\(needed.memory.mebibytes) needed, \(capacity.memory.mebibytes) there)")
    }
    if needed.milliCPU > capacity.milliCPU, milliCPU > before.milliCPU {
      lacks.append("CPU (\(needed.milliCPU.cores) needed, \(capacity.milliCPU.cores) there)")
    }
    return lacks.isEmpty ? nil : lacks.joined(separator: " and ")
  }
}

extension Int {
  /// Bytes, rounded up.
  fileprivate var mebibytes: String { "\((self + 1_048_575) / 1_048_576) MiB" }

  /// Thousandths of a core.
  fileprivate var cores: String {
    self % 1000 == 0
      ? "\(self / 1000) cores" : "\(self / 1000).\(String(1000 + self % 1000).dropFirst()) cores"
  }
}
