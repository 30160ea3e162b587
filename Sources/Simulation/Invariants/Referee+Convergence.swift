import Effects
import Manifests
import Planning
import Rollout
import Vocabulary

/// Invariant 7: all faults are over, and nothing moves any more.
extension Referee {
  /// Whether everything is just as Git asks.
  func isConverged(in world: World) -> Bool {
    guard world.ledger.source?.commit == world.branch.tip, leftProposal(in: world) == nil else {
      return false
    }
    return names.allSatisfy { name in
      watches[name]?.isLeaving == true || world.branch.tree(at: world.branch.tip).model(name) == nil
        ? isGone(name, in: world) : restingRevision(of: name, in: world) != nil
    }
  }

  mutating func checkConvergence(_ report: StatusReport, in world: World) {
    for name in names {
      let model = report.models.first { $0.name == name }
      let claim = Claim(model?.conditions ?? [])
      if let complaint = complaint(about: name, claim, in: world) {
        blame(.convergence, "\(name) does not converge: \(complaint); it says \(claim)", in: world)
      }
    }
    if let branch = leftProposal(in: world) {
      blame(.convergence, "\(branch) is left, and nobody needs it", in: world)
    }
    checkIntents(in: world)
  }

  /// A branch of the agent's whose revert is not waited for.
  private func leftProposal(in world: World) -> String? {
    world.proposals.keys.sorted().first { branch in
      let isOurs = world.proposals[branch].flatMap { world.branch.commit($0.tip) }?.isOurs == true
      return isOurs && !world.ledger.models.values.contains { $0.machine.proposal?.branch == branch }
    }
  }

  /// What is wrong with where a model has come to rest; `nil` when that is as it should be.
  private func complaint(about name: ModelName, _ claim: Claim, in world: World) -> String? {
    let desired = world.branch.desired(at: world.branch.tip) ?? DesiredState()
    if world.ledger.source?.commit != world.branch.tip { return "the tip of the branch is not taken in" }
    guard let model = desired.models[name] else {
      return complaint(aboutMissing: name, claim, isGibberish: !desired.unattributed.isEmpty, in: world)
    }
    if restingRevision(of: name, in: world) != nil {
      return claim.isServing && (claim.stalled == nil || isCrashLooping(claim, name))
        ? nil : "it is as Git asks"
    }
    if let stalled = claim.stalled, !isCrashLooping(claim, name) {
      return doubt(stalled, about: model, in: world)
    }
    if let reconciling = claim.reconciling { return doubt(reconciling, about: model, in: world) }
    if let pinned = claim.pinned { return doubt(pinned, about: model, in: world) }
    let isUnready = claim.ready == "InstancesNotReady" && !isSound(name, in: world)
    return isUnready ? nil : "it is not as Git asks"
  }

  /// A model that Git does not have, or not in a form that can be read.
  private func complaint(aboutMissing name: ModelName, _ claim: Claim, isGibberish: Bool, in world: World)
    -> String?
  {
    guard let watch = watches[name] else { return nil }
    if watch.isLeaving { return isGone(name, in: world) ? nil : "Git does not have it" }
    guard !watch.proven.isEmpty else { return nil }
    let isUnreadable = isGibberish || world.branch.tree(at: world.branch.tip).model(name) != nil
    let expected = isUnreadable ? "ManifestUnreadable" : "PruneLimit"
    if claim.stalled != expected { return "it should say \(expected)" }
    if isSound(name, in: world), !watch.mayRecreate, !world.door.routing.answers(name, in: world) {
      return "nobody answers"
    }
    return nil
  }

  /// Whether stable has ended often, as the model says. It is no reason not to go on.
  private func isCrashLooping(_ claim: Claim, _ name: ModelName) -> Bool {
    guard claim.stalled == "CrashLooping", let watch = watches[name], let stable = watch.proven.last else {
      return false
    }
    return watch.crashes[stable] ?? 0 > 2
  }

  private func isGone(_ name: ModelName, in world: World) -> Bool {
    world.servers.allSatisfy { $0.isGone || $0.spec.model != name }
      && world.door.routing.models[name]?.weights.isEmpty ?? true
  }

  /// Whether nothing is wrong with the version that serves.
  private func isSound(_ name: ModelName, in world: World) -> Bool {
    guard let stable = watches[name]?.proven.last else { return false }
    let nature = world.nature(of: name, stable)
    return nature.isStartable && nature.bytes == .sound && nature.readyAfter != nil
      && nature.crashesAfter == nil && nature.hangsAfter == nil
  }

  // MARK: Reasons

  /// Why a reason is not true; `nil` when it is.
  private func doubt(_ reason: String, about model: DesiredModel, in world: World) -> String? {
    guard let watch = watches[model.name] else { return nil }
    let asked = revision(of: model.workload)
    let introductions = world.branch.introductions(of: model.name, at: world.branch.tip)
    let hasFailed = introductions.contains { commit in
      watch.namesOfFailed.contains(Attempt(Release(revision: asked, version: "", commit: commit)))
    }
    switch reason {
    case "CapacityExceeded", "WaitingForCapacity":
      let need = need(
        of: model, isExclusive: model.live.policy.strategy == .recreate, atRest: true, in: world)
      return need.fits(world.setting.limits) ? "it fits" : nil
    case "WaitingForDependency":
      return model.live.dependsOn.allSatisfy { isServing($0, in: world) } ? "all it depends on is ready" : nil
    case "WaitingForTurn":
      let running = names.count { $0 != model.name && isMoving($0, in: world) }
      return running >= world.setting.limits.parallelRollouts ?? .max ? nil : "only \(running) are under way"
    case "Paused": return watch.isPaused == false ? "nobody has paused it" : nil
    case "Suspended": return model.live.suspend ? nil : "Git does not suspend it"
    case "Progressing": return doubtProgress(of: model.name, watch, in: world)
    case "StartFailed" where watch.proven.last == asked:
      return isSound(model.name, in: world) ? "nothing is wrong with it" : nil
    case "RevertNotPossible":
      return world.couldRestore(model.name, to: watch.proven.last) ? "it is possible" : nil
    case "FailedBefore":
      if watch.isOwedRetry { return "a person wants it to be tried once more" }
      return hasFailed ? nil : "this attempt has not failed"
    case _ where reason == "Held" || Failure.Reason(rawValue: reason) != nil:
      let isHeld = world.ledger.models[model.name]?.machine.phase == .held
      return isHeld && hasFailed ? nil : "it is not held for what Git asks for"
    default: return "that should be over"
    }
  }

  /// A rollout may go on for ever where it waits for a person, or for requests that do not come.
  private func doubtProgress(of name: ModelName, _ watch: Watch, in world: World) -> String? {
    let course = world.ledger.courses[name]
    // What is promoted comes to its end by time alone.
    if course?.isPromoted == true { return nil }
    guard let open = watch.open, let step = course?.step else { return "it has no rollout" }
    switch step {
    case .pause(nil): return open.policy.strategy.demands.needsPerson ? nil : "nobody should be waited for"
    case .analyze:
      let requests = world.answered(name, open.revision) - open.requestsBefore
      return requests < open.policy.strategy.demands.requests ? nil : "there were \(requests) requests"
    default: return "it hangs at \"\(step)\""
    }
  }
}

/// What a model says of itself.
private struct Claim: CustomStringConvertible {
  var ready: String?
  var isServing = false
  var reconciling: String?
  var stalled: String?
  var pinned: String?
  private var words: [String] = []

  init(_ conditions: [Condition]) {
    for condition in conditions {
      words.append(
        "\(condition.type.rawValue)=\(condition.status.rawValue) \(condition.reason): \(condition.message)")
      switch condition.type {
      case .ready:
        ready = condition.reason
        isServing = condition.status == .yes && condition.reason == "Serving"
      case .reconciling: reconciling = condition.reason
      case .stalled: stalled = condition.reason
      case .pinnedByRollback: pinned = condition.reason
      }
    }
  }

  var description: String { words.isEmpty ? "nothing" : words.joined(separator: "; ") }
}
