import Manifests
import Rollout
import Vocabulary

extension Plan {
  /// Takes the rollouts out of the plan that the host could not hold even with nothing else under way. They are taken
  /// in the order of their names, as the loop takes them, each counting what those before it will need.
  mutating func refuseWhatDoesNotFit(_ desired: DesiredState, on observed: ObservedState) {
    guard observed.capacity != nil else { return }
    let limits = HostLimits(capacity: observed.capacity)
    var load = restingLoad(desired, on: observed)
    // Kept up to date: added up for every change it would be the square of their number.
    var total = load.values.reduce(Resources()) { $0 + $1.atRest }
    changes.removeAll { change in
      guard change.rollout, let wish = desired.models[change.model] else { return false }
      let proposal = Proposal(wish)
      let before = load[change.model]
      let others = total - (before?.atRest ?? Resources())
      if let refusal = refusal(of: proposal, replacing: before, beside: others, within: limits) {
        stalled.append(StalledModel(model: change.model, reason: refusal.reason, message: refusal.message))
        return true
      }
      load[change.model] = Neighbour(atRest: proposal.candidate)
      total = others + proposal.candidate
      return false
    }
  }

  /// What the models need that stay, once what applies live is applied.
  private func restingLoad(_ desired: DesiredState, on observed: ObservedState) -> [ModelName: Neighbour] {
    let leaving = Set(changes.filter { $0.kind == .remove }.map(\.model))
    return observed.models.filter { $0.value.stable != nil && !leaving.contains($0.key) }
      .reduce(into: [:]) { load, entry in
        let replicas = desired.models[entry.key]?.live.replicas ?? entry.value.live?.replicas ?? 1
        load[entry.key] = Neighbour(atRest: (entry.value.resources ?? Resources()) * replicas)
      }
  }
}

extension Proposal {
  fileprivate init(_ wish: DesiredModel) {
    let terms = wish.live.terms
    self.init(
      model: wish.name, version: wish.workload.artifact.version, dependsOn: wish.live.dependsOn,
      candidate: (wish.workload.resources ?? Resources()) * terms.replicas,
      isExclusive: terms.program.steps.contains(.stopStable))
  }
}

extension Neighbour {
  /// A model without a rollout.
  fileprivate init(atRest: Resources) {
    self.init(isReady: true, isRollingOut: false, atRest: atRest, now: atRest)
  }
}
