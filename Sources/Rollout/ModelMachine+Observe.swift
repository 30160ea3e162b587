package import Vocabulary

/// What an observation came to. `waiting` aside, the machine wants to be asked again at once: one
/// observation can complete several steps.
package enum ObserveResult: Hashable, Sendable {
  /// Nothing to do before the world, or the time, changes.
  case waiting
  /// The step is complete and the next one has begun.
  case advanced(completed: Step)
  /// The rollout has failed; traffic is to go back to stable now.
  case failed(RolloutRecord)
  /// The candidate is the stable release from here on.
  case promoted(RolloutRecord)
  /// A person's rollback has arrived; the revert follows.
  case restoredByHand(RolloutRecord)
  /// The gateway has confirmed that no request goes to the failed candidate.
  case restored
}

extension ModelMachine {
  /// How often an instance of a candidate may end by itself before the candidate is judged broken.
  static let toleratedExits = 2

  package mutating func observe(_ world: ModelObservation, at now: Timestamp) -> ObserveResult {
    guard let rollout, !removing else { return .waiting }
    switch rollout.stage {
    case .stepping: return observeStepping(world, at: now)
    case .restoring(let failure): return observeRestoring(failure, world, at: now)
    case .writingBack, .held: return .waiting
    }
  }

  /// When time alone will complete or fail the current step, or make a write-back due.
  package func deadline() -> Timestamp? {
    guard let rollout else { return nil }
    switch rollout.stage {
    case .stepping:
      let unready = rollout.unreadySince.map { $0 + rollout.readyTimeout }
      return [unready, stepDeadline(of: rollout)].compactMap(\.self).min()
    case .writingBack(_, .pending(_, let retryAt, _)): return retryAt
    case .restoring, .writingBack, .held: return nil
    }
  }

  private func stepDeadline(of rollout: Rollout) -> Timestamp? {
    switch rollout.step {
    case .start: rollout.stepStartedAt + rollout.readyTimeout
    case .analyze(let duration, _): rollout.stepStartedAt + duration
    case .pause(let duration): duration.map { rollout.stepStartedAt + $0 }
    case .fetch, .verify, .weight, .promote, .stop: nil
    }
  }

  // MARK: Stepping

  private mutating func observeStepping(_ world: ModelObservation, at now: Timestamp) -> ObserveResult {
    count(world, at: now)
    noteReadiness(world.instances, at: now)
    if let (reason, message) = trouble(in: world, at: now) {
      return fail(reason, message, log: world.instances.log, at: now)
    }
    guard let rollout else { return .waiting }
    switch progress(of: rollout, in: world, at: now) {
    case .complete:
      return completeStep(world, at: now)
    case .wait(let reason):
      self.rollout?.waitingFor = reason
      return .waiting
    }
  }

  private enum Progress {
    case complete
    /// What it waits for besides the passing of the step's own time, in words.
    case wait(String?)
  }

  private func progress(of rollout: Rollout, in world: ModelObservation, at now: Timestamp) -> Progress {
    switch rollout.step {
    case .fetch:
      if case .pending(let reason) = world.artifact { return .wait(reason) }
      return .complete
    case .verify:
      return world.artifact == .stored ? .complete : .wait(nil)
    case .start(let count):
      guard world.instances.ready >= min(count, replicas) else { return .wait(world.instances.trouble) }
      // Counting has to start before the first request, so the gateway must be able to count.
      return world.counts == nil ? .wait(world.gatewayTrouble ?? "the gateway's statistics") : .complete
    case .weight, .promote:
      if world.weights == wanted().weights { return .complete }
      return .wait(world.gatewayTrouble ?? (world.instances.ready == 0 ? world.instances.trouble : nil))
    case .analyze(let duration, let minRequests):
      let missing = minRequests - (rollout.traffic?.candidateRequests ?? 0) + rollout.requestsAtStepStart
      if world.counts == nil { return .wait(world.gatewayTrouble ?? "the gateway's statistics") }
      if now - rollout.stepStartedAt < duration { return .wait(nil) }
      return missing <= 0 ? .complete : .wait("\(missing) more requests to judge by")
    case .pause(let duration):
      guard let duration else { return .wait("`evenkeel promote \(name)`") }
      return now - rollout.stepStartedAt >= duration ? .complete : .wait(nil)
    case .stop:
      return .complete
    }
  }

  private mutating func completeStep(_ world: ModelObservation, at now: Timestamp) -> ObserveResult {
    guard let step = rollout?.step else { return .waiting }
    if step == .promote { return promoteCandidate(at: now) }
    if case .start = step, let candidate = rollout?.candidate {
      rollout?.traffic = Traffic(
        candidate: world.counts?[candidate.revision] ?? RequestCounts(),
        stable: stable.flatMap { world.counts?[$0.revision] } ?? RequestCounts())
    }
    if case .weight = step { rollout?.settlesAt = now + Self.settling(world.requestDuration) }
    moveCursor(at: now)
    return .advanced(completed: step)
  }

  mutating func moveCursor(at now: Timestamp) {
    let requests = rollout?.traffic?.candidateRequests ?? 0
    rollout?.cursor += 1
    rollout?.stepStartedAt = now
    rollout?.waitingFor = nil
    rollout?.requestsAtStepStart = requests
  }

  private mutating func promoteCandidate(at now: Timestamp) -> ObserveResult {
    guard let promoted = rollout else { return .waiting }
    let left = stable
    stable = promoted.candidate
    switch promoted.kind {
    case .deploy:
      if let left { previous = left }
      rollout = nil
      return .promoted(RolloutRecord(promoted, of: name, outcome: .promoted, at: now))
    case .restore(let from, let failure):
      previous = nil
      remember(failure, of: from)
      let record = RolloutRecord(promoted, of: name, outcome: .rolledBack, at: now, failure: failure)
      if desired?.revision == stable?.revision {
        rollout = nil
      } else {
        rollout?.stage = .writingBack(failure, .pending(tries: 0, retryAt: now, trouble: nil))
        rollout?.waitingFor = nil
      }
      return .restoredByHand(record)
    }
  }

  // MARK: Judging

  /// How long to wait with judging after a change of weights.
  ///
  /// Where an error comes sooner than a success, the candidate's first answers at a higher weight are its errors,
  /// while what it will answer well is still on its way: a good candidate would look bad. One usual request
  /// duration later both sides are in balance again (measured in docs/decisions/0003-verdicts.md).
  private static func settling(_ requestDuration: Duration?) -> Duration {
    min(max(requestDuration ?? .seconds(1), .milliseconds(250)), .seconds(300))
  }

  /// Feeds what is new since the last look to every check.
  private mutating func count(_ world: ModelObservation, at now: Timestamp) {
    guard let counts = world.counts, let release = rollout?.candidate else { return }
    let stable = stable.flatMap { counts[$0.revision] } ?? RequestCounts()
    let candidate = counts[release.revision] ?? RequestCounts()
    if let settlesAt = rollout?.settlesAt, now < settlesAt {
      rollout?.traffic?.skip(candidate: candidate, stable: stable)
      return
    }
    guard let new = rollout?.traffic?.advance(candidate: candidate, stable: stable) else { return }
    for index in rollout?.checks.indices ?? 0..<0 {
      rollout?.checks[index].test.observe(candidate: new.candidate, stable: new.stable)
    }
  }

  /// A candidate that is not ready for a moment, because it is busy, was killed, or went with the host, gets no
  /// requests for that moment (the loop sees to it) and time to come back. Its errors are judged by the checks.
  private mutating func noteReadiness(_ instances: ModelObservation.Instances, at now: Timestamp) {
    guard let rollout, rollout.traffic != nil, instances.ready == 0 else {
      self.rollout?.unreadySince = nil
      return
    }
    self.rollout?.unreadySince = rollout.unreadySince ?? now
  }

  private func trouble(in world: ModelObservation, at now: Timestamp) -> (Failure.Reason, String)? {
    guard let rollout else { return nil }
    if let check = rollout.checks.first(where: { $0.test.verdict == .fail }) {
      return (
        .checkFailed, "check \(check.check.name): \(check.test.evidence.sentence(stable: stable?.version))"
      )
    }
    if case .failed(let reason, let message) = world.artifact, !rollout.needsInstances {
      return (reason, message)
    }
    return rollout.needsInstances ? instanceTrouble(of: rollout, in: world.instances, at: now) : nil
  }

  private func instanceTrouble(
    of rollout: Rollout, in instances: ModelObservation.Instances, at now: Timestamp
  ) -> (Failure.Reason, String)? {
    let how = instances.trouble ?? "no instance answers"
    if let problem = instances.unstartable { return (.startFailed, problem) }
    if instances.exits > Self.toleratedExits {
      return (.crashed, "its instances ended \(instances.exits) times: \(how)")
    }
    if case .start = rollout.step {
      guard now - rollout.stepStartedAt >= rollout.readyTimeout else { return nil }
      guard instances.ready < replicas else { return nil }
      return (
        .neverReady,
        "\(instances.ready) of \(replicas) instances ready after \(rollout.readyTimeout.text): \(how)"
      )
    }
    guard let since = rollout.unreadySince, now - since >= rollout.readyTimeout else { return nil }
    return (.crashed, "no instance has been ready for \(rollout.readyTimeout.text): \(how)")
  }

  private mutating func fail(
    _ reason: Failure.Reason, _ message: String, log: [String], at now: Timestamp
  ) -> ObserveResult {
    guard let record = restore(because: reason, message, log: log, at: now) else { return .waiting }
    return .failed(record)
  }

  // MARK: Restoring

  /// Gives up the rollout: from here on the candidate is not wanted in the route.
  mutating func restore(
    because reason: Failure.Reason, _ message: String, log: [String] = [], at now: Timestamp
  ) -> RolloutRecord? {
    guard let rollout else { return nil }
    let failure = Failure(
      reason: reason, message: message, step: rollout.cursor + 1, steps: rollout.program.steps.count,
      stepText: rollout.step.description, at: now, checks: rollout.checks.map(\.report), log: log)
    self.rollout?.stage = .restoring(failure)
    self.rollout?.waitingFor = nil
    remember(failure, of: rollout.candidate)
    let outcome: Outcome = reason == .abortedByHand ? .aborted : .rolledBack
    return RolloutRecord(rollout, of: name, outcome: outcome, at: now, failure: failure)
  }

  private mutating func observeRestoring(
    _ failure: Failure, _ world: ModelObservation, at now: Timestamp
  ) -> ObserveResult {
    guard let rollout else { return .waiting }
    guard world.weights == wanted().weights else {
      self.rollout?.waitingFor = world.gatewayTrouble
      return .waiting
    }
    self.rollout?.waitingFor = nil
    if let stable, desired?.revision == stable.revision {
      self.rollout = nil
    } else if failure.reason == .abortedByHand || rollout.kind != .deploy {
      self.rollout?.stage = .held(failure)
    } else {
      self.rollout?.stage = .writingBack(failure, .pending(tries: 0, retryAt: now, trouble: nil))
    }
    return .restored
  }

  mutating func remember(_ failure: Failure, of release: Release) {
    failures.append(
      FailedAttempt(
        attempt: Attempt(release), version: release.version, message: failure.message, at: failure.at))
    failures.removeFirst(max(0, failures.count - Self.rememberedFailures))
  }
}
