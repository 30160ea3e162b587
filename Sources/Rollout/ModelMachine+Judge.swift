import Vocabulary

extension ModelMachine {
  /// How often an instance of a candidate may end by itself before the candidate is judged broken.
  static let toleratedExits = 2

  /// How long to wait with judging after a change of weights.
  ///
  /// Where an error comes sooner than a success, the candidate's first answers at a higher weight are its errors,
  /// while what it will answer well is still on its way: a good candidate would look bad. One usual request
  /// duration later both sides are in balance again (measured in docs/decisions/0003-verdicts.md).
  static func settling(_ requestDuration: Duration?) -> Duration {
    min(max(requestDuration ?? .seconds(1), .milliseconds(250)), .seconds(300))
  }

  /// What either side did before the candidate could get requests does not belong to this rollout.
  mutating func startCounting(_ world: ModelObservation) {
    guard let rollout else { return }
    let stable = baseline(of: rollout).flatMap { world.counts?[$0.revision] }
    self.rollout?.traffic = Traffic(
      candidate: world.counts?[rollout.candidate.revision] ?? RequestCounts(),
      stable: stable ?? RequestCounts())
  }

  /// The release that the candidate is compared with.
  private func baseline(of rollout: Rollout) -> Release? {
    rollout.isPromoted ? rollout.displaced : stable
  }

  /// Feeds what is new since the last look to every check.
  mutating func count(_ world: ModelObservation, at now: Timestamp) {
    guard let rollout, let counts = world.counts else { return }
    let stable = baseline(of: rollout).flatMap { counts[$0.revision] } ?? RequestCounts()
    let candidate = counts[rollout.candidate.revision] ?? RequestCounts()
    if let settlesAt = rollout.settlesAt, now < settlesAt {
      self.rollout?.traffic?.skip(candidate: candidate, stable: stable)
      return
    }
    guard let new = self.rollout?.traffic?.advance(candidate: candidate, stable: stable) else { return }
    for index in rollout.checks.indices {
      self.rollout?.checks[index].test.observe(candidate: new.candidate, stable: new.stable)
    }
  }

  /// A candidate that is not ready for a moment, because it is busy, was killed, or went with the host, gets no
  /// requests for that moment (the loop sees to it) and time to come back. Its errors are judged by the checks.
  mutating func noteReadiness(_ instances: ModelObservation.Instances, at now: Timestamp) {
    guard let rollout else { return }
    guard rollout.traffic != nil, rollout.stance.candidateRuns, !rollout.isStarting, instances.ready == 0
    else {
      self.rollout?.unreadySince = nil
      return
    }
    self.rollout?.unreadySince = rollout.unreadySince ?? rollout.halt?.since ?? now
  }

  /// What makes the rollout fail, in words.
  func trouble(in world: ModelObservation, at now: Timestamp) -> (Failure.Reason, String)? {
    guard let rollout, !rollout.isClosing else { return nil }
    if let check = rollout.checks.first(where: { $0.test.verdict == .fail }) {
      let stable = baseline(of: rollout)?.version
      return (.checkFailed, "check \(check.check.name): \(check.test.evidence.sentence(stable: stable))")
    }
    let stance = rollout.stance
    if case .failed(let reason, let message) = world.artifact, !stance.candidateRuns {
      return (reason, message)
    }
    // While the clock of the steps stands still, no time runs out.
    let now = rollout.halt.map { min($0.since, now) } ?? now
    return stance.candidateRuns ? instanceTrouble(of: rollout, in: world.instances, at: now) : nil
  }

  private func instanceTrouble(
    of rollout: Rollout, in instances: ModelObservation.Instances, at now: Timestamp
  ) -> (Failure.Reason, String)? {
    let how = instances.trouble ?? "no instance answers"
    let timeout = rollout.rules.readyTimeout
    if let problem = instances.unstartable { return (.startFailed, problem) }
    if instances.exits > Self.toleratedExits {
      return (.crashed, "its instances ended \(instances.exits) times: \(how)")
    }
    if rollout.isStarting {
      guard now - rollout.stepStartedAt >= timeout, instances.ready < replicas else { return nil }
      return (
        .neverReady, "\(instances.ready) of \(replicas) instances ready after \(timeout.text): \(how)"
      )
    }
    guard let since = rollout.unreadySince, now - since >= timeout else { return nil }
    return (.crashed, "no instance has been ready for \(timeout.text): \(how)")
  }
}

extension Rollout {
  var isStarting: Bool {
    if case .start = step { true } else { false }
  }
}
