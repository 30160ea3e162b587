import Agent
import Effects
import Manifests
import Planning
import Rollout
import Vocabulary

/// Invariants 9 and 10: what people, Git and the host allow.
extension Referee {
  // MARK: Standing still

  /// A person's command is about to be carried out.
  mutating func steers(_ name: ModelName, _ command: SteerCommand) {
    isSteering = true
    touch(name)
    watches[name]?.warm = nil
    watches[name]?.crashLoops = [:]
    if let watch = watches[name] {
      beforeCommand = (watch.open?.isPushedOn ?? false, watch.retries, watch.rollbacks)
    }
    switch command {
    case .promote: watches[name]?.open?.isPushedOn = true
    case .retry: watches[name]?.retries = 1
    case .rollback: watches[name]?.rollbacks += 1
    case .pause, .resume: watches[name]?.isPaused = nil
    case .abort: break
    }
  }

  /// What came of it; `nil` when nobody knows.
  mutating func steered(
    _ name: ModelName, _ command: SteerCommand, _ result: SteerResult?, in world: World
  ) {
    isSteering = false
    if let result, !result.isDone { takeBack(name) }
    switch (command, result) {
    case (.retry, .done): watches[name]?.isOwedRetry = true
    case (.pause, .done), (.pause, .already): watches[name]?.isPaused = true
    case (.resume, .done), (.resume, .already): watches[name]?.isPaused = false
    case (_, .unknownModel): watches[name]?.isPaused = false
    case (.pause, nil), (.resume, nil):
      watches[name]?.isPaused = world.ledger.models[name]?.machine.pausedBy != nil
    default: break
    }
  }

  /// A command that came to nothing permits nothing.
  private mutating func takeBack(_ name: ModelName) {
    guard let before = beforeCommand else { return }
    watches[name]?.open?.isPushedOn = before.isPushedOn
    watches[name]?.retries = before.retries
    watches[name]?.rollbacks = before.rollbacks
  }

  /// The model is one that is to stand still.
  mutating func checkStandstill(of machine: ModelMachine, before: ModelMachine?, in world: World) {
    guard let new = machine.rollout, let old = before?.rollout, new.id == old.id, new.cursor > old.cursor,
      !new.isPromoted, !isSteering
    else { return }
    blame(
      .obedience, "\(machine.name) \(new.candidate.version) goes on to \"\(new.step)\" while it is stopped",
      in: world)
  }

  /// A failure is left in Git as the policy says, after an abort, where nothing was asked for anew, or where somebody has set
  /// the branch back. In any other case it has to be reverted there.
  mutating func checkHolding(of machine: ModelMachine, before: ModelMachine?, in world: World) {
    guard machine.phase == .held, before?.phase != .held, let rollout = machine.rollout,
      rollout.kind == .deploy
    else { return }
    if !isSetBack, policies[rollout.id]?.onFailure == .revert,
      world.ledger.rollout(rollout.id)?.outcome != .aborted
    {
      blame(
        .obedience, "\(machine.name) \(rollout.candidate.version) is held, and its policy is to revert it",
        in: world)
    }
  }

  /// A branch that was set back is followed only where a person has said so.
  mutating func checkDescent(of commit: CommitID, in world: World) {
    guard let before = world.ledger.source?.commit, !world.branch.descends(commit, from: before),
      !accepted.contains(where: { world.branch.descends(commit, from: $0) })
    else { return }
    blame(.obedience, "\(commit.short) is taken in, and does not descend from \(before.short)", in: world)
  }

  /// A newer commit has taken the place of a rollout.
  mutating func checkSuperseded(_ record: RolloutRecord, in world: World) {
    let name = record.model
    guard let watch = watches[name], let open = watch.open, open.id == record.id, !open.isRestore,
      !watch.isLeaving, open.policy.supersede == .queue, let asked = watch.asked
    else { return }
    let wanted = revision(of: asked.workload)
    if wanted != watch.proven.last {
      blame(
        .obedience,
        "\(name) \(record.version) makes way for \(asked.workload.artifact.version) instead of queueing it",
        in: world)
    }
  }

  /// A pass is complete: what Git does not ask for any more goes on only where newer commits wait.
  mutating func checkReplacement(in world: World) {
    guard let source = world.ledger.source?.commit else { return }
    for watch in all {
      guard let open = watch.open, !open.isRestore, open.policy.supersede == .replace,
        let asked = world.branch.revision(of: watch.name, at: source), open.revision != asked
      else { continue }
      blame(
        .obedience,
        "\(watch.name) \(world.version(of: open.revision)) does not make way for \(world.version(of: asked))",
        in: world)
    }
  }

  // MARK: Beginning

  mutating func checkAdmission(of open: Watch.Open, _ record: RolloutRecord, in world: World) {
    let name = record.model
    guard !open.isRestore, let watch = watches[name], let asked = watch.asked else { return }
    if watch.isStopped {
      blame(.obedience, "\(name) \(record.version) begins while it is stopped", in: world)
    }
    for other in asked.live.dependsOn where !isServing(other, in: world) {
      blame(
        .admission, "\(name) \(record.version) begins, and \(other), which it depends on, is not ready",
        in: world)
    }
    if let most = world.setting.limits.parallelRollouts {
      let running = names.filter { $0 != name && isMoving($0, in: world) }
      if running.count >= most {
        blame(
          .admission, "\(name) \(record.version) begins beside \(running.count) of at most \(most) rollouts",
          in: world)
      }
    }
    let need = need(of: asked, isExclusive: asked.live.policy.strategy == .recreate, in: world)
    if !need.fits(world.setting.limits) {
      blame(
        .admission,
        "\(name) \(record.version) begins and does not fit: \(need) beside "
          + world.servers.map { world.words(for: $0) }.joined(separator: ", "), in: world)
    }
  }

  /// Whether a model serves what Git asks for, with all of its instances.
  func isServing(_ name: ModelName, in world: World) -> Bool {
    guard let watch = watches[name], let asked = watch.asked, !watch.isLeaving,
      watch.open?.isRestore != true, let revision = watch.proven.last,
      revision == Planning.revision(of: asked.workload)
    else { return false }
    let ready = world.servers.count {
      $0.isReady && $0.spec.model == name && $0.spec.revision == revision
    }
    return ready >= asked.live.replicas
  }

  /// Whether a rollout is under way that waits for no person.
  func isMoving(_ name: ModelName, in world: World) -> Bool {
    guard let watch = watches[name], watch.open != nil else { return false }
    guard let course = world.ledger.courses[name] else { return false }
    if case .pause(nil) = course.step { return false }
    return watch.isPaused == false && watch.asked?.live.suspend == false
  }

  /// What a rollout of a model takes beside what runs.
  ///
  /// - Parameter atRest: whether instances count that ought to run and do not.
  func need(of model: DesiredModel, isExclusive: Bool, atRest: Bool = false, in world: World) -> Need {
    var running: [ModelName: [Revision: Int]] = [:]
    for server in world.servers where server.isRunning {
      let memory = world.memory(of: server.spec.model, server.spec.revision)
      running[server.spec.model, default: [:]][server.spec.revision, default: 0] += memory
    }
    // What the model itself ought to have running is no more than it may have.
    for name in names where atRest || name == model.name {
      guard let watch = watches[name], let stable = watch.proven.last, let asked = watch.asked else {
        continue
      }
      let whole = world.memory(of: name, stable) * asked.live.replicas
      running[name, default: [:]][stable] = max(running[name]?[stable] ?? 0, whole)
    }
    let sums = running.mapValues { $0.values.reduce(0, +) }
    var need = Need()
    need.before = sums[model.name] ?? 0
    need.others = sums.values.reduce(0, +) - need.before
    let candidate = (model.workload.resources?.memory ?? 0) * model.live.replicas
    need.peak = isExclusive ? max(need.before, candidate) : need.before + candidate
    return need
  }
}

/// Bytes of memory that a rollout takes on the host.
struct Need: CustomStringConvertible {
  /// What runs of other models.
  var others = 0
  /// What runs of the model before.
  var before = 0
  /// What runs of it at most.
  var peak = 0

  /// Whether it fits; only what rises counts.
  func fits(_ limits: HostLimits) -> Bool {
    guard let capacity = limits.capacity else { return true }
    return others + peak <= capacity.memory || peak <= before
  }

  var description: String { "\(others >> 20) + \(before >> 20) MiB, up to \(peak >> 20)" }
}

extension SteerResult {
  fileprivate var isDone: Bool { if case .done = self { true } else { false } }
}
