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
    switch command {
    case .promote: watches[name]?.open?.isPushedOn = true
    case .retry: watches[name]?.retries = 1
    case .rollback: watches[name]?.rollbacks += 1
    case .pause, .resume: watches[name]?.isPaused = nil
    case .abort: break
    }
  }

  /// What came of it; `nil` when nobody knows.
  mutating func steered(_ name: ModelName, _ command: SteerCommand, _ result: SteerResult?) {
    isSteering = false
    switch (command, result) {
    case (.pause, .done), (.pause, .already): watches[name]?.isPaused = true
    case (.resume, .done), (.resume, .already): watches[name]?.isPaused = false
    case (_, .unknownModel): watches[name]?.isPaused = false
    default: break
    }
  }

  mutating func checkStandstill(of machine: ModelMachine, before: ModelMachine?, in world: World) {
    guard let new = machine.rollout, let old = before?.rollout, new.id == old.id, new.cursor > old.cursor,
      !new.isPromoted, !isSteering, watches[machine.name]?.isStopped == true
    else { return }
    blame(
      .obedience, "\(machine.name) \(new.candidate.version) goes on to \"\(new.step)\" while it is stopped",
      in: world)
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
        .obedience, "\(name) \(record.version) makes way for \(asked.workload.artifact.version) instead of queueing it",
        in: world)
    }
  }

  // MARK: Beginning

  mutating func checkAdmission(of open: Watch.Open, _ record: RolloutRecord, in world: World) {
    let name = record.model
    guard !open.isRestore, let watch = watches[name], let asked = watch.asked else { return }
    if watch.isStopped { blame(.obedience, "\(name) \(record.version) begins while it is stopped", in: world) }
    for other in asked.live.dependsOn where !isServing(other, in: world) {
      blame(
        .admission, "\(name) \(record.version) begins, and \(other), which it depends on, is not ready", in: world)
    }
    if let most = world.setting.limits.parallelRollouts {
      let running = names.filter { $0 != name && isMoving($0, in: world) }
      if running.count >= most {
        blame(
          .admission, "\(name) \(record.version) begins beside \(running.count) of at most \(most) rollouts",
          in: world)
      }
    }
    if let capacity = world.setting.limits.capacity {
      let need = peak(of: name, open, asked, in: world)
      if need.memory > capacity.memory {
        blame(
          .admission, "\(name) \(record.version) begins and needs \(need.memory >> 20) MiB of \(capacity.memory >> 20)",
          in: world)
      }
    }
  }

  /// Whether a model serves what Git asks for, with all of its instances.
  func isServing(_ name: ModelName, in world: World) -> Bool {
    guard let watch = watches[name], let asked = watch.asked, !watch.isLeaving,
      let revision = watch.proven.last, revision == Planning.revision(of: asked.workload)
    else { return false }
    let ready = world.servers.count {
      $0.isReady && $0.spec.model == name && $0.spec.revision == revision
    }
    return ready >= asked.live.replicas
  }

  /// Whether a rollout is under way that waits for no person.
  func isMoving(_ name: ModelName, in world: World) -> Bool {
    guard let watch = watches[name], watch.open != nil else { return false }
    guard let rollout = world.ledger.models[name]?.machine.rollout else { return false }
    if case .pause(nil) = rollout.step { return false }
    return watch.isPaused == false && watch.asked?.live.suspend == false
  }

  /// What all instances need when the candidate is there.
  private func peak(of name: ModelName, _ open: Watch.Open, _ asked: DesiredModel, in world: World) -> Resources {
    var need = Resources()
    for server in world.servers where server.isRunning {
      let isOwn = server.spec.model == name
      if isOwn, case .recreate = open.policy.strategy { continue }
      need = need + world.resources(of: server.spec)
    }
    return need + (asked.workload.resources ?? Resources()) * asked.live.replicas
  }
}
