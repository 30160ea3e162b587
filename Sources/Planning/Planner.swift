package import Manifests
import Rollout
package import Vocabulary

/// Compares what Git asks for with what is.
///
/// The rules of staying out of harm's way: a model whose documents cannot be read keeps running what it runs; a
/// model that is missing is removed only when every document could be attributed, because it may be in one that
/// could not, and when not too many are missing at once; an attempt that has failed is not made again; and what the
/// host cannot hold is not begun.
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
  // In order from the beginning: a name is moved sooner than a change.
  for name in desired.models.keys.sorted() where !desired.unreadable.contains(name) {
    guard let model = desired.models[name] else { continue }
    let known = observed.models[model.name] ?? ObservedModel()
    var outcome = outcome(of: Wish(model), on: known, introducedBy: introducedBy)
    if case .changed(var change) = outcome, change.rollout {
      change.warnings += waitWarnings(about: model, desired, observed)
      outcome = .changed(change)
    }
    plan.add(outcome)
  }
  for name in desired.unreadable {
    let message = "its manifests cannot be read; what runs keeps running"
    plan.add(.stalled(StalledModel(model: name, reason: "Unreadable", message: message)))
  }
  let missing = observed.models.filter { name, model in
    model.exists && desired.models[name] == nil && !desired.unreadable.contains(name)
  }
  let refusal = pruneRefusal(of: missing, in: observed)
  for (name, model) in missing {
    plan.add(absence(of: name, observed: model, unattributed: desired.unattributed, refusal: refusal))
  }
  plan.changes.sort { $0.model < $1.model }
  plan.refuseWhatDoesNotFit(desired, on: observed)
  plan.stalled.sort { $0.model < $1.model }
  return plan
}

/// Why missing models are kept all the same; only those that run count.
private func pruneRefusal(of missing: [ModelName: ObservedModel], in observed: ObservedState) -> Trouble? {
  let running = observed.models.filter { $0.value.stable != nil && $0.value.phase != .removing }
  return pruneRefusal(
    of: running.keys.count { missing[$0] != nil }, among: running.count, percent: observed.pruneLimit)
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
  if observed.phase == .watching, let warm = observed.warm, warm.revision == release.revision {
    return returning(to: warm, wish, on: observed)
  }
  let stable = observed.stable
  let policy = wish.model.live.policy
  let terms = wish.model.live.terms
  let program: Program =
    stable == nil
    ? .firstDeployment(instances: terms.replicas) : terms.program
  let words = StepWords(model: wish.model, from: stable, resourcesBefore: observed.resources)
  var steps: [PlannedStep] = []
  if let stable { steps = liveSteps(from: observed.live, to: wish.model.live, version: stable.version) }
  return Change(
    model: wish.model.name, kind: stable == nil ? .add : .change, from: stable, to: release, rollout: true,
    stopsFirst: program.steps.contains(.stopStable), steps: steps + words.planned(program),
    onFailure: policy.onFailure == .hold ? .hold : .revert([release.commit].compactMap(\.self)),
    warnings: warnings(about: release, under: program, on: observed))
}

/// Git returns to the release that is still kept warm: nothing has to be started, and nothing is judged.
private func returning(to warm: Release, _ wish: Wish, on observed: ObservedModel) -> Change {
  let left = observed.stable
  let steps = [
    PlannedStep(.weight(percent: 100), "send all requests to version \(warm.version), which is still warm"),
    PlannedStep(.stop, "stop \(left.map { "version \($0.version)" } ?? "the other version")"),
  ]
  let live = liveSteps(from: observed.live, to: wish.model.live, version: warm.version)
  return Change(
    model: wish.model.name, kind: .change, from: left, to: warm, rollout: false, steps: live + steps)
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
      steps: live + steps, warnings: supersession(of: observed, by: nil)))
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
private func absence(
  of name: ModelName, observed: ObservedModel, unattributed: Set<String>, refusal: Trouble?
) -> ModelOutcome {
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
  if let refusal {
    return .stalled(StalledModel(model: name, reason: refusal.reason, message: refusal.message))
  }
  let instances = observed.live.map { instanceCount($0.replicas) } ?? "the instances"
  var steps = [PlannedStep(.stop, "stop \(instances) of version \(release.version)")]
  if observed.stable != nil {
    steps.insert(PlannedStep(.weight(percent: 0), "end the route to version \(release.version)"), at: 0)
  }
  if let candidate = observed.underWay, candidate.revision != release.revision {
    steps.append(PlannedStep(.stop, "stop version \(candidate.version)"))
  }
  if let warm = observed.warm { steps.append(PlannedStep(.stop, "stop version \(warm.version)")) }
  return .changed(
    Change(
      model: name, kind: .remove, from: release, to: nil, rollout: false, steps: steps,
      warnings: supersession(of: observed, by: nil)))
}
