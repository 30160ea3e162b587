import Vocabulary

extension ModelMachine {
  mutating func fail(
    _ reason: Failure.Reason, _ message: String, log: [String], at now: Timestamp
  ) -> ObserveResult {
    guard let record = restore(because: reason, message, log: log, at: now) else { return .waiting }
    return .failed(record)
  }

  /// Gives up the rollout: from here on the candidate is not wanted in the route. One that was promoted already is
  /// stable no more.
  mutating func restore(
    because reason: Failure.Reason, _ message: String, log: [String] = [], at now: Timestamp
  ) -> RolloutRecord? {
    guard let rollout else { return nil }
    let failure = Failure(
      reason: reason, message: message, step: rollout.cursor + 1, steps: rollout.program.steps.count,
      stepText: rollout.step.description, at: now, checks: rollout.checks.map(\.report), log: log)
    if rollout.isPromoted {
      stable = rollout.displaced
      past.removeAll { $0.revision == rollout.displaced?.revision }
    }
    // What has failed is nothing to go back to by itself, though it may have been good once.
    if reason != .abortedByHand { past.removeAll { $0.revision == rollout.candidate.revision } }
    self.rollout?.stage = .restoring(failure)
    self.rollout?.waitingFor = nil
    self.rollout?.halt = nil
    remember(failure, of: rollout.candidate)
    let outcome: Outcome = reason == .abortedByHand ? .aborted : .rolledBack
    // Whoever was on the way back to a version and failed has nothing to say about the one that serves on.
    return RolloutRecord(
      rollout, of: name, about: rollout.candidate, outcome: outcome, at: now, failure: failure)
  }

  mutating func observeRestoring(
    _ failure: Failure, _ world: ModelObservation, at now: Timestamp
  ) -> ObserveResult {
    guard let rollout else { return .waiting }
    guard world.weights == wanted().weights, world.mirror == 0, world.preview == nil else {
      self.rollout?.waitingFor = world.gatewayTrouble
      return .waiting
    }
    self.rollout?.waitingFor = nil
    if let desired, desired.revision == stable?.revision || !isFailed(desired, in: rollout) {
      // Git asks for something else by now: there is nothing to take back there.
      self.rollout = nil
      if desired.revision == stable?.revision { stable?.commit = desired.commit }
    } else if isHeld(failure, of: rollout) {
      self.rollout?.stage = .held(failure)
    } else {
      self.rollout?.stage = .writingBack(failure, .pending(tries: 0, retryAt: now, trouble: nil))
    }
    return .restored
  }

  /// Whether Git keeps asking for the attempt until a person decides.
  private func isHeld(_ failure: Failure, of rollout: Rollout) -> Bool {
    switch failure.reason {
    case .abortedByHand: true
    case .rolledBackByHand: false
    // Nothing was asked for anew: a person was on the way back from a release that serves.
    default: rollout.kind != .deploy || rollout.rules.onFailure == .hold
    }
  }

  mutating func remember(_ failure: Failure, of release: Release) {
    failures.append(
      FailedAttempt(
        attempt: Attempt(release), version: release.version, message: failure.message, at: failure.at))
    failures.removeFirst(max(0, failures.count - Self.rememberedFailures))
  }
}
