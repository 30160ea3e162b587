package import Vocabulary

/// What an observation came to. `waiting` aside, the machine wants to be asked again at once: one
/// observation can complete several steps.
package enum ObserveResult: Hashable, Sendable {
  /// Nothing to do before the world, or the time, changes.
  case waiting
  /// The step is complete and the next one has begun. `undecided` says what was missing to judge by, where the policy
  /// goes on without it.
  case advanced(completed: Step, undecided: String?)
  /// The clock of the steps stands still.
  case halted(Halt.Cause)
  /// The clock of the steps goes on.
  case resumed
  /// The rollout has failed; traffic is to go back to stable now.
  case failed(RolloutRecord)
  /// The candidate is the stable release from here on.
  case promoted(RolloutRecord)
  /// What followed the promotion is complete.
  case finished
  /// A person's rollback has arrived; the revert follows.
  case restoredByHand(RolloutRecord)
  /// The gateway has confirmed that no request goes to the failed candidate.
  case restored
}

extension ModelMachine {
  package mutating func observe(_ world: ModelObservation, at now: Timestamp) -> ObserveResult {
    guard let rollout, !removing else { return .waiting }
    switch rollout.stage {
    case .stepping: return observeStepping(world, at: now)
    case .restoring(let failure): return observeRestoring(failure, world, at: now)
    case .writingBack, .held: return .waiting
    }
  }

  // MARK: Stepping

  private mutating func observeStepping(_ world: ModelObservation, at now: Timestamp) -> ObserveResult {
    count(world, at: now)
    noteReadiness(world.instances, at: now)
    if let (reason, message) = trouble(in: world, at: now) {
      return fail(reason, message, log: world.instances.log, at: now)
    }
    if let change = halt(world, at: now) { return change }
    guard let rollout, rollout.halt == nil else { return .waiting }
    switch progress(of: rollout, in: world, at: now) {
    case .complete: return completeStep(world, undecided: nil, at: now)
    case .undecided(let missing): return undecided(missing, world, at: now)
    case .wait(let reason):
      self.rollout?.waitingFor = reason
      return overdue(waitingFor: reason, log: world.instances.log, at: now) ?? .waiting
    }
  }

  private enum Progress {
    case complete
    /// The time is over, and there is too little to judge by; what is missing, in words.
    case undecided(String)
    /// What it waits for besides the passing of the step's own time, in words.
    case wait(String?)
  }

  private func progress(of rollout: Rollout, in world: ModelObservation, at now: Timestamp) -> Progress {
    let elapsed = now - rollout.stepStartedAt
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
    case .stopStable, .stop:
      return world.others == 0 ? .complete : .wait("the last requests of \(world.others) instances")
    case .stopCandidate:
      return world.instances.existing == 0 ? .complete : .wait(nil)
    case .weight, .promote, .mirror, .preview:
      return isConfirmed(in: world) ? .complete : .wait(routeTrouble(in: world))
    case .analyze(let duration, let minRequests):
      guard now - rollout.judgedSince >= duration else { return .wait(nil) }
      return rollout.missing(of: minRequests).map(Progress.undecided) ?? .complete
    case .pause(let duration):
      guard let duration else { return .wait("`evenkeel promote \(name)`") }
      return elapsed >= duration ? .complete : .wait(nil)
    case .watch(let duration):
      // As long as the promoted version does not answer, the one before it may be all there is.
      return elapsed >= duration && world.instances.ready > 0 ? .complete : .wait(world.instances.trouble)
    }
  }

  /// Whether the gateway routes as it should.
  private func isConfirmed(in world: ModelObservation) -> Bool {
    let wanted = wanted()
    return world.weights == wanted.weights && world.mirror == wanted.mirror && world.preview == wanted.preview
  }

  private func routeTrouble(in world: ModelObservation) -> String? {
    world.gatewayTrouble ?? (world.instances.ready == 0 ? world.instances.trouble : nil)
  }

  private mutating func undecided(_ missing: String, _ world: ModelObservation, at now: Timestamp)
    -> ObserveResult
  {
    switch rollout?.rules.onUndecided {
    case .goOn: return completeStep(world, undecided: missing, at: now)
    case .fail:
      return fail(.undecided, "undecided: \(missing)", log: world.instances.log, at: now)
    case .hold, nil:
      self.rollout?.waitingFor = missing
      return overdue(waitingFor: missing, log: world.instances.log, at: now) ?? .waiting
    }
  }

  private mutating func completeStep(_ world: ModelObservation, undecided: String?, at now: Timestamp)
    -> ObserveResult
  {
    guard let step = rollout?.step else { return .waiting }
    switch step {
    case .promote:
      settle(world, at: now)
      return promoteCandidate(at: now)
    case .start: startCounting(world)
    case .weight, .mirror, .preview: settle(world, at: now)
    default: break
    }
    guard let rollout, rollout.cursor + 1 < rollout.program.steps.count else {
      self.rollout = nil
      return .finished
    }
    moveCursor(at: now)
    return .advanced(completed: step, undecided: undecided)
  }

  mutating func moveCursor(at now: Timestamp) {
    guard let left = rollout else { return }
    if case .pause(nil) = left.step {
      // A person took this time, not the rollout.
      rollout?.deadlineAt = left.deadlineAt.map { $0 + (now - left.stepStartedAt) }
    }
    rollout?.cursor += 1
    rollout?.stepStartedAt = now
    rollout?.waitingFor = nil
    rollout?.requestsAtStepStart = left.judgedRequests
  }

  // MARK: Promotion

  private mutating func promoteCandidate(at now: Timestamp) -> ObserveResult {
    guard let promoted = rollout else { return .waiting }
    let left = stable
    stable = promoted.candidate
    switch promoted.kind {
    case .deploy:
      rolledBackBy = nil
      // Made once more by a person, it has succeeded.
      failures.removeAll { $0.attempt == Attempt(promoted.candidate) }
      if let left { remember(stable: left) }
      if promoted.cursor + 1 < promoted.program.steps.count {
        moveCursor(at: now)
        rollout?.displaced = left
        rollout?.promotedAt = now
      } else {
        rollout = nil
      }
      return .promoted(RolloutRecord(promoted, of: name, outcome: .promoted, at: now))
    case .restore(let from, let failure):
      if let index = past.firstIndex(where: { $0.revision == promoted.candidate.revision }) {
        past.removeFirst(index + 1)
      }
      rolledBackBy = promoted.requestedBy
      remember(failure, of: from)
      let record = RolloutRecord(promoted, of: name, outcome: .rolledBack, at: now, failure: failure)
      if let desired, desired.revision == stable?.revision || !isFailed(desired, in: promoted) {
        // Git asks for something else by now: there is nothing to take back there.
        rollout = nil
      } else {
        rollout?.stage = .writingBack(failure, .pending(tries: 0, retryAt: now, trouble: nil))
        rollout?.waitingFor = nil
      }
      return .restoredByHand(record)
    }
  }

  private mutating func remember(stable left: Release) {
    past.removeAll { $0.revision == left.revision || $0.revision == stable?.revision }
    past.insert(left, at: 0)
    past.removeLast(max(0, past.count - Self.rememberedReleases))
  }
}
