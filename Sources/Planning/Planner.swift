package import Manifests
import Rollout
package import Vocabulary

/// Compares what Git asks for with what is.
///
/// The rules of staying out of harm's way: a model whose documents cannot be read keeps running what it runs; a
/// model that is missing is removed only when every document could be attributed, because it may be in one that
/// could not; an attempt that has failed is not made again.
///
/// - Parameters:
///   - source: where `desired` was read; it only goes into the plan.
///   - introducedBy: the first-parent commit that introduced a revision of a model; `nil` when it is not
///     committed. Asked only for revisions that differ from stable.
package func plan(
  _ desired: DesiredState, against observed: ObservedState, from source: PlanSource,
  introducedBy: (ModelName, Revision) -> CommitID?
) -> Plan {
  var plan = Plan(source: source, diagnostics: desired.diagnostics)
  for model in desired.models.values where !desired.unreadable.contains(model.name) {
    let known = observed.models[model.name] ?? ObservedModel()
    plan.add(outcome(of: Wish(model), on: known, introducedBy: introducedBy))
  }
  for name in desired.unreadable {
    let message = "its manifests cannot be read; what runs keeps running"
    plan.add(.stalled(StalledModel(model: name, reason: "Unreadable", message: message)))
  }
  for (name, model) in observed.models
  where model.exists && desired.models[name] == nil && !desired.unreadable.contains(name) {
    plan.add(absence(of: name, observed: model, unattributed: desired.unattributed))
  }
  plan.changes.sort { $0.model < $1.model }
  plan.stalled.sort { $0.model < $1.model }
  return plan
}

/// What a plan says about one model.
private enum ModelOutcome {
  case unchanged
  case changed(Change)
  case stalled(StalledModel)
}

extension Plan {
  fileprivate mutating func add(_ outcome: ModelOutcome) {
    switch outcome {
    case .unchanged: unchanged += 1
    case .changed(let change): changes.append(change)
    case .stalled(let model): stalled.append(model)
    }
  }
}

/// A model as Git asks for it, with its revision.
private struct Wish {
  let model: DesiredModel
  let revision: Revision

  init(_ model: DesiredModel) {
    self.model = model
    revision = Planning.revision(of: model.workload)
  }
}

private func outcome(
  of wish: Wish, on observed: ObservedModel, introducedBy: (ModelName, Revision) -> CommitID?
) -> ModelOutcome {
  if let stable = observed.stable, stable.revision == wish.revision {
    return settling(wish, on: stable, observed: observed)
  }
  if observed.underWay?.revision == wish.revision {
    // The rollout keeps the program it began with; only what applies live can change about it.
    return liveChange(of: wish, serving: observed.stable ?? observed.underWay, observed: observed)
  }
  let release = Release(
    revision: wish.revision, version: wish.model.workload.artifact.version,
    commit: introducedBy(wish.model.name, wish.revision))
  if let failed = observed.failures.last(where: { $0.attempt == Attempt(release) }) {
    return .stalled(
      StalledModel(
        model: wish.model.name, reason: "FailedBefore",
        message: "version \(release.version) is not tried again: it failed at \(failed.at): \(failed.message)"
      ))
  }
  return .changed(deployment(of: wish, release, on: observed))
}

/// A rollout, or a first deployment.
private func deployment(of wish: Wish, _ release: Release, on observed: ObservedModel) -> Change {
  let stable = observed.stable
  let terms = wish.model.live.terms
  let program: Program =
    stable == nil
    ? .firstDeployment(instances: terms.replicas) : terms.program
  let words = StepWords(model: wish.model, from: stable)
  var steps: [PlannedStep] = []
  if let stable { steps = liveSteps(from: observed.live, to: wish.model.live, version: stable.version) }
  return Change(
    model: wish.model.name, kind: stable == nil ? .add : .change, from: stable, to: release, rollout: true,
    steps: steps + program.steps.map(words.planned), onFailure: .revert([release.commit].compactMap(\.self)),
    warnings: warnings(about: release, on: observed))
}

private func warnings(about release: Release, on observed: ObservedModel) -> [PlanWarning] {
  var warnings: [PlanWarning] = []
  if let failed = observed.failures.last(where: { $0.attempt.revision == release.revision }) {
    let commit = failed.attempt.commit.map { ", from commit \($0.short)" } ?? ""
    warnings.append(
      PlanWarning(
        reason: "FailedBefore",
        message: "version \(failed.version) failed at \(failed.at)\(commit): \(failed.message)"))
  }
  return warnings + supersession(of: observed)
}

/// Warns that a rollout which is under way ends.
private func supersession(of observed: ObservedModel) -> [PlanWarning] {
  guard let candidate = observed.underWay else { return [] }
  return [
    PlanWarning(
      reason: "RolloutInProgress",
      message: "the rollout of version \(candidate.version) is under way (\(observed.phase.rawValue)) "
        + "and will be superseded")
  ]
}

/// Git asks for what is stable: a rollout that is under way ends, and live settings apply.
private func settling(_ wish: Wish, on stable: Release, observed: ObservedModel) -> ModelOutcome {
  if observed.phase == .removing {
    let step = PlannedStep(.apply, "version \(stable.version) is kept; its removal ends")
    return .changed(
      Change(
        model: wish.model.name, kind: .change, from: stable, to: stable, rollout: false, steps: [step]))
  }
  guard let candidate = observed.underWay else {
    return liveChange(of: wish, serving: stable, observed: observed)
  }
  let steps = [
    PlannedStep(.weight(percent: 100), "send all requests to version \(stable.version)"),
    PlannedStep(.stop, "stop version \(candidate.version)"),
  ]
  let live = liveSteps(from: observed.live, to: wish.model.live, version: stable.version)
  return .changed(
    Change(
      model: wish.model.name, kind: .change, from: candidate, to: stable, rollout: false,
      steps: live + steps, warnings: supersession(of: observed)))
}

private func liveChange(of wish: Wish, serving: Release?, observed: ObservedModel) -> ModelOutcome {
  guard let serving else { return .unchanged }
  let steps = liveSteps(from: observed.live, to: wish.model.live, version: serving.version)
  guard !steps.isEmpty else { return .unchanged }
  return .changed(
    Change(
      model: wish.model.name, kind: .change, from: serving, to: serving, rollout: false, steps: steps))
}

/// Git has no such model.
private func absence(of name: ModelName, observed: ObservedModel, unattributed: Set<String>) -> ModelOutcome {
  guard observed.phase != .removing, let release = observed.stable ?? observed.candidate else {
    return .unchanged
  }
  guard unattributed.isEmpty else {
    let files = unattributed.sorted().joined(separator: ", ")
    return .stalled(
      StalledModel(
        model: name, reason: "MayBeUnreadable",
        message:
          "it is missing, but it may be in a document that cannot be read (\(files)); it is not removed"))
  }
  let instances = observed.live.map { instanceCount($0.replicas) } ?? "the instances"
  var steps = [PlannedStep(.stop, "stop \(instances) of version \(release.version)")]
  if observed.stable != nil {
    steps.insert(PlannedStep(.weight(percent: 0), "end the route to version \(release.version)"), at: 0)
  }
  if let candidate = observed.underWay, candidate.revision != release.revision {
    steps.append(PlannedStep(.stop, "stop version \(candidate.version)"))
  }
  return .changed(
    Change(
      model: name, kind: .remove, from: release, to: nil, rollout: false, steps: steps,
      warnings: supersession(of: observed)))
}
