import Manifests
import Rollout
import Vocabulary

extension Plan {
  /// Takes the rollouts out of the plan that the host could not hold even with nothing else under way. They are taken
  /// in the order of their names, as the loop takes them, each counting what those before it will need.
  mutating func refuseWhatDoesNotFit(_ desired: DesiredState, on observed: ObservedState) {
    let limits = HostLimits(capacity: observed.capacity)
    var load = restingLoad(desired, on: observed)
    changes = changes.filter { change in
      guard change.rollout, let wish = desired.models[change.model] else { return true }
      let proposal = Proposal(wish)
      if let refusal = refusal(of: proposal, among: load, within: limits) {
        stalled.append(StalledModel(model: change.model, reason: refusal.reason, message: refusal.message))
        return false
      }
      load[change.model] = Neighbour(atRest: proposal.candidate)
      return true
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
