import Effects
import Manifests
import Rollout
import Vocabulary

/// Invariant 8: promotion takes evidence, failure takes a reason, and deadlines are kept.
extension Referee {
  // MARK: Time

  /// A pass is complete. Until the next one the agent goes by what it has seen in this one.
  mutating func looked(in world: World) {
    let before = lastPass ?? world.now
    lastPass = world.now
    if hasNews { hasCheckedRoutes = false }
    for watch in all { count(from: before, to: world.now, watch) }
    for watch in all { note(watch, in: world) }
    // Without counts only those rollouts stand still that get requests already.
    lacksCounts = world.troubles.has(.countsLost)
    hasRestarted = false
    unseenJumps = .zero
  }

  /// A pass is complete, in which everything worked.
  mutating func passed(in world: World) {
    looked(in: world)
    if !hasCheckedRoutes, world.now - world.lastDeaf > Self.gatewayPatience {
      checkRoutes(in: world)
      hasCheckedRoutes = true
    }
    checkDeadlines(in: world)
    // Where nothing has happened, nobody has come to rest.
    if hasNews {
      checkCrashes(in: world)
      checkReplacement(in: world)
      checkRetries(in: world)
      findQuiet(in: world)
    }
    hasNews = false
  }

  /// How long the agent leaves a gateway alone that has refused.
  private static let gatewayPatience = Duration.seconds(1)

  private func count(from before: Timestamp, to now: Timestamp, _ watch: Watch) {
    let time = now - before
    if watch.open?.standsStill == true { watch.open?.stoodStill += time }
    // In a halt, or before the last agent died, it may have been seen ready.
    let wasReady = watch.open?.becameReadyAt.map { $0 >= before } ?? false
    if wasReady { watch.open?.unready = .zero }
    switch watch.open?.sight {
    case .halted:
      watch.open?.halted += time
      if hasRestarted || lacksCounts { watch.open?.uncertain += time }
    case .going(let isReady):
      watch.open?.watched += time
      if isReady {
        watch.open?.unready = .zero
      } else if !wasReady {
        watch.open?.unready += time
      }
    case .waitingForPerson, nil: break
    }
  }

  private func note(_ watch: Watch, in world: World) {
    guard watch.isOpen else { return }
    if hasNews { watch.open?.sight = sight(of: watch.name, in: world) }
    if watch.open?.sight == .going(isReady: true) { watch.open?.lastReadyAt = world.now }
    watch.open?.standsStill = watch.isStopped || world.isSourceOut
  }

  private func sight(of name: ModelName, in world: World) -> Watch.Sight {
    if isHalted(name, in: world) { return .halted }
    guard let course = world.ledger.courses[name] else { return .going(isReady: true) }
    if case .pause(nil) = course.step { return .waitingForPerson }
    guard course.candidateRuns, course.isStepping else { return .going(isReady: true) }
    return .going(isReady: isReady(course, name, in: world))
  }

  /// Whether as many instances of the candidate are ready as its step needs.
  private func isReady(_ course: Course, _ name: ModelName, in world: World) -> Bool {
    let ready = world.servers.count {
      $0.isReady && $0.spec.model == name && $0.spec.revision == course.candidate
    }
    if case .start = course.step { return ready >= watches[name]?.asked?.live.replicas ?? 1 }
    return ready > 0
  }

  /// Whether the clock of the model's rollout stands still by what the agent sees now.
  private func isHalted(_ name: ModelName, in world: World) -> Bool {
    if watches[name]?.isStopped == true || world.isSourceOut { return true }
    if world.troubles.has(.gatewaySilent) || world.troubles.has(.gatewayDown)
      || world.troubles.has(.countsLost)
    {
      return true
    }
    switch world.ledger.courses[name]?.step {
    case .fetch, .verify: return world.shelf.isRegistryDown
    default: return false
    }
  }

  /// How much later than its deadline something may be seen to fail.
  private func slack(in world: World) -> Duration { world.setting.pace * 4 + .seconds(6) }

  private mutating func checkDeadlines(in world: World) {
    for watch in all where watch.isOpen {
      guard let open = watch.open, !open.isRestore else { continue }
      let name = watch.name
      var version: String { world.version(of: open.revision) }
      if open.unready > open.policy.readyTimeout + slack(in: world) {
        blame(.evidence, "\(name) \(version) is not ready for \(open.unready) and does not fail", in: world)
      }
      if let deadline = open.policy.progressDeadline, open.watched > deadline + slack(in: world) {
        blame(
          .evidence, "\(name) \(version) goes on for \(open.watched), longer than its progressDeadline",
          in: world)
      }
    }
  }

  // MARK: Promotion

  mutating func checkEvidence(of record: RolloutRecord, in world: World) {
    let name = record.model
    guard let open = watches[name]?.open, open.id == record.id else {
      blame(.attempts, "\(name) \(record.version) is promoted by a rollout that is not open", in: world)
      return
    }
    guard !open.isFirst, !open.isRestore, !open.isPushedOn else { return }
    let demands = open.policy.strategy.demands
    let time = world.now - open.startedAt - open.halted + open.uncertain
    if time < demands.time {
      blame(
        .evidence,
        "\(name) \(record.version) is promoted after \(time), and its policy asks for \(demands.time)",
        in: world)
    }
    if demands.needsPerson {
      blame(.evidence, "\(name) \(record.version) is promoted, and nobody has said so", in: world)
    }
    let requests = world.answered(name, record.revision) - open.requestsBefore
    if open.policy.onUndecided != .promote, !open.beganByOldCounts, requests < demands.requests {
      blame(
        .evidence,
        "\(name) \(record.version) is promoted after \(requests) requests, and its policy asks for \(demands.requests)",
        in: world)
    }
    checkHealth(of: open, record, requests: requests, in: world)
  }

  /// What has answered hundreds of requests that everybody could count, a third of them with errors, does not get through a
  /// check with a bound.
  private mutating func checkHealth(
    of open: Watch.Open, _ record: RolloutRecord, requests: Int, in world: World
  ) {
    let hasBound = open.policy.checks.contains { check in
      if case .errorRate(let rate) = check.question { rate.max != nil } else { false }
    }
    let nature = world.nature(of: record.model, record.revision)
    guard hasBound, nature.errorRate >= 0.3, requests >= 400, open.startedAt > world.gatewaySoundSince else {
      return
    }
    blame(.evidence, "\(record.model) \(record.version) (\(nature)) is promoted", in: world)
  }

  // MARK: Failure

  /// The reason that the agent gives is true.
  mutating func checkReason(of record: RolloutRecord, in world: World) {
    guard let failure = record.failure, let open = watches[record.model]?.open, open.id == record.id,
      !open.isRestore
    else { return }
    let nature = world.nature(of: record.model, record.revision)
    let now = world.now + open.uncertain
    let isTrue =
      switch failure.reason {
      case .artifactNotFound: nature.bytes == .missing
      case .digestMismatch: nature.bytes == .corrupt
      case .artifactInvalid: nature.bytes == .unsafe
      case .startFailed: !nature.isStartable
      case .neverReady: now - open.startedAt - open.stoodStill >= open.policy.readyTimeout
      case .crashed:
        open.crashes > 2 || now - open.lastReadyAt + slack(in: world) >= open.policy.readyTimeout
      case .checkFailed:
        hasErrors(record, nature, in: world) || open.beganByOldCounts && hadErrors(record, in: world)
      case .undecided: open.policy.onUndecided == .revert
      case .deadlineExceeded:
        open.policy.progressDeadline.map { now - open.startedAt - open.stoodStill >= $0 } ?? false
      case .rolledBackByHand, .abortedByHand: true
      }
    if !isTrue {
      blame(
        .evidence,
        "\(record.model) \(record.version) (\(nature)) fails, and it is not true: \(failure.message)",
        in: world)
    }
  }

  /// Whether the candidate has answered more errors than a good version does.
  private func hasErrors(_ record: RolloutRecord, _ nature: Nature, in world: World) -> Bool {
    if nature.errorRate > Nature.tolerable { return true }
    let key = BackendKey(model: record.model, revision: record.revision)
    return world.door.misfortunes.contains(key)
  }

  /// Whether the revision has ever answered errors. When the gateway told old counts at the beginning of a rollout, nobody
  /// could know of those that came before it.
  private func hadErrors(_ record: RolloutRecord, in world: World) -> Bool {
    let key = BackendKey(model: record.model, revision: record.revision)
    return world.door.counters[key].map { $0.errors > 0 } ?? false
  }
}

/// What a strategy asks for before a candidate is promoted.
struct Demands {
  var time = Duration.zero
  var requests = 0
  var needsPerson = false

  mutating func take(_ analysis: Policy.Analysis?) {
    time += analysis?.duration ?? .zero
    requests += analysis?.minRequests ?? 0
  }

  mutating func take(_ pause: Policy.Pause?) {
    guard let pause else { return }
    if let duration = pause.duration { time += duration } else { needsPerson = true }
  }

  mutating func add(_ other: Demands) {
    time += other.time
    requests += other.requests
    needsPerson = needsPerson || other.needsPerson
  }
}

extension Policy.Strategy {
  var demands: Demands {
    var demands = Demands()
    switch self {
    case .recreate: break
    case .canary(let steps):
      for step in steps {
        switch step {
        case .weight: break
        case .analyze(let analysis): demands.take(analysis)
        case .pause(let pause): demands.take(pause)
        }
      }
    case .blueGreen(let settings):
      demands.take(settings.preview?.analyze)
      demands.take(settings.preview?.pause)
      demands.take(settings.analyze)
    case .shadow(let shadow):
      demands.take(shadow.analyze)
      if let then = shadow.then { demands.add(then.demands) } else { demands.needsPerson = true }
    }
    return demands
  }
}
