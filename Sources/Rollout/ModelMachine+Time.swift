package import Vocabulary

extension ModelMachine {
  /// When time alone will complete or fail the current step, or make a write-back due.
  package func deadline() -> Timestamp? { deadlines().min() }

  /// All such times. One that is over may stay: an analysis that lacks requests goes on.
  package func deadlines() -> [Timestamp] {
    (rolloutDeadlines + [withdrawals?.map(\.retryAt).min()]).compactMap(\.self)
  }

  private var rolloutDeadlines: [Timestamp?] {
    guard let rollout else { return [] }
    switch rollout.stage {
    case .stepping:
      if let halt = rollout.halt { return halt.isTold ? [] : [halt.since + Self.outagePatience] }
      let unready = rollout.unreadySince.map { $0 + rollout.rules.readyTimeout }
      let whole = rollout.isPromoted ? nil : rollout.deadlineAt
      return [unready, whole, stepDeadline(of: rollout)]
    case .writingBack(_, .pending(_, let retryAt, _, _, _)): return [retryAt]
    case .writingBack(_, .proposed(_, let lookAt)): return [lookAt]
    case .restoring, .writingBack, .held: return []
    }
  }

  private func stepDeadline(of rollout: Rollout) -> Timestamp? {
    switch rollout.step {
    case .start: rollout.stepStartedAt + rollout.rules.readyTimeout
    case .analyze(let duration, _): rollout.judgedSince + duration
    case .watch(let duration): rollout.stepStartedAt + duration
    case .pause(let duration): duration.map { rollout.stepStartedAt + $0 }
    case .fetch, .verify, .weight, .mirror, .preview, .stopStable, .stopCandidate, .promote, .stop: nil
    }
  }

  /// Somebody has set the wall clock: what was to happen in ten minutes still happens in ten minutes.
  package mutating func clockJumped(by jump: Duration) {
    rollout?.shiftClock(by: jump)
    if let since = rollout?.halt?.since { rollout?.halt?.since = since + jump }
    if case .writingBack(let failure, let progress) = rollout?.stage {
      rollout?.stage = .writingBack(failure, progress.shifted(by: jump))
    }
    withdrawals = withdrawals.map { list in
      list.map { withdrawal in
        var shifted = withdrawal
        shifted.retryAt = withdrawal.retryAt + jump
        return shifted
      }
    }
  }

  /// Fails a rollout whose time is over; `nil` as long as it is not.
  mutating func overdue(waitingFor reason: String?, log: [String], at now: Timestamp) -> ObserveResult? {
    guard let rollout, let deadline = rollout.deadlineAt, now >= deadline, !rollout.isPromoted,
      rollout.step != .pause(for: nil)
    else { return nil }
    let limit = rollout.rules.progressDeadline?.text ?? ""
    let why = reason.map { ", waiting for: \($0)" } ?? ""
    return fail(.deadlineExceeded, "not promoted within \(limit)\(why)", log: log, at: now)
  }

  // MARK: Halting

  /// Stops the clock of the steps, or lets it go on; `nil` when neither is called for.
  mutating func halt(_ world: ModelObservation, at now: Timestamp) -> ObserveResult? {
    guard let rollout else { return nil }
    guard let cause = haltCause(of: rollout, in: world) else {
      guard let halt = rollout.halt else { return nil }
      self.rollout?.shiftClock(by: max(.zero, now - halt.since))
      self.rollout?.halt = nil
      return halt.isTold ? .resumed : nil
    }
    var halt = rollout.halt ?? Halt(cause: cause, since: now)
    // Another kind of halt is worth a line in the history, other words for the same outage are not.
    if halt.cause.reason != cause.reason { halt.isTold = false }
    halt.cause = cause
    let isNews = !halt.isTold && (!cause.isOutage || now - halt.since >= Self.outagePatience)
    if isNews { halt.isTold = true }
    self.rollout?.halt = halt
    self.rollout?.waitingFor = cause.message
    return isNews ? .halted(cause) : nil
  }

  /// How long something may be out of reach before anybody is told: a gateway that restarts is no news. The clock of the
  /// steps stands still from the first moment.
  static let outagePatience = Duration.seconds(5)

  private func haltCause(of rollout: Rollout, in world: ModelObservation) -> Halt.Cause? {
    // After the promotion only the watch has something to lose by going on.
    if rollout.isPromoted {
      guard case .watch = rollout.step else { return nil }
      return statisticsOutage(of: rollout, in: world).map(Halt.Cause.outage)
    }
    if let pausedBy { return .paused(by: pausedBy) }
    if suspended { return .suspended }
    return outage(of: rollout, in: world).map(Halt.Cause.outage)
  }

  private func outage(of rollout: Rollout, in world: ModelObservation) -> Trouble? {
    if case .unavailable(let message) = world.artifact {
      switch rollout.step {
      case .fetch, .verify: return Trouble(reason: "ArtifactUnavailable", message: message)
      default: break
      }
    }
    return statisticsOutage(of: rollout, in: world) ?? world.outage
  }

  private func statisticsOutage(of rollout: Rollout, in world: ModelObservation) -> Trouble? {
    guard world.counts == nil, rollout.traffic != nil else { return nil }
    return Trouble(
      reason: "StatisticsUnavailable",
      message: world.gatewayTrouble ?? "the gateway's statistics cannot be read")
  }
}

extension WriteBackProgress {
  fileprivate func shifted(by jump: Duration) -> WriteBackProgress {
    switch self {
    case .pending(let tries, let retryAt, let trouble, let refusal, let proposal):
      .pending(
        tries: tries, retryAt: retryAt + jump, trouble: trouble, refusal: refusal, proposal: proposal)
    case .proposed(let proposal, let lookAt): .proposed(proposal, lookAt: lookAt + jump)
    case .pushed, .movedOn, .notPossible: self
    }
  }
}

extension Halt.Cause {
  /// One CamelCase word.
  package var reason: String {
    switch self {
    case .outage(let trouble): trouble.reason
    case .paused: "Paused"
    case .suspended: "Suspended"
    }
  }

  var isOutage: Bool {
    if case .outage = self { true } else { false }
  }

  /// In words.
  package var message: String {
    switch self {
    case .outage(let trouble): trouble.message
    case .paused(let person): "paused by \(person)"
    case .suspended: "suspended in Git"
    }
  }
}

extension Rollout {
  /// Moves everything that is counted from or to a moment.
  fileprivate mutating func shiftClock(by duration: Duration) {
    stepStartedAt = stepStartedAt + duration
    unreadySince = unreadySince.map { $0 + duration }
    settlesAt = settlesAt.map { $0 + duration }
    slowCountsFrom = slowCountsFrom.map { $0 + duration }
    deadlineAt = deadlineAt.map { $0 + duration }
  }
}
