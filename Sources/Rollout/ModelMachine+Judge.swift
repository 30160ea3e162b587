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

  /// For how long slow answers of the candidate are forgiven once its first requests have settled: a server that has
  /// just begun is often slow for reasons that pass.
  static let slowAnswersGrace = Duration.seconds(10)

  /// What either side did before the candidate could get requests does not belong to this rollout.
  mutating func startCounting(_ world: ModelObservation) {
    guard let rollout else { return }
    let stable = baseline(of: rollout).flatMap { world.counts?[$0.revision] }
    self.rollout?.traffic = Traffic(
      candidate: world.counts?[rollout.candidate.revision] ?? RequestCounts(),
      stable: stable ?? RequestCounts())
    let times = times(of: rollout, in: world)
    _ = self.rollout?.traffic?.advance(candidateTimes: times.candidate, stableTimes: times.stable)
    self.rollout?.judgeLatencies { $0.learn(ofStable: times.stable) }
  }

  /// The candidate's share of the requests has changed.
  mutating func settle(_ world: ModelObservation, at now: Timestamp) {
    guard let rollout else { return }
    let settlesAt = now + Self.settling(world.requestDuration)
    self.rollout?.settlesAt = settlesAt
    let before = Stance(after: rollout.program.steps[..<rollout.cursor])
    let isFirst = before.weight == 0 && before.mirror == 0
    let isLess = rollout.step == .mirror(0)
    guard isFirst || isLess else { return }
    // With less traffic its late slow answers would stand beside few quick ones, so all of them are waited for.
    let longest = isLess ? world.latencies[rollout.candidate.revision]?.quantile(1) : nil
    let forgivenUntil = max(settlesAt, now + (longest ?? .zero)) + Self.slowAnswersGrace
    self.rollout?.slowCountsFrom = max(rollout.slowCountsFrom ?? forgivenUntil, forgivenUntil)
  }

  /// The release that the candidate is compared with.
  private func baseline(of rollout: Rollout) -> Release? {
    rollout.isPromoted ? rollout.displaced : stable
  }

  /// The gateway's totals, if a check asks for them.
  private func times(of rollout: Rollout, in world: ModelObservation) -> (
    candidate: LatencyHistogram?, stable: LatencyHistogram?
  ) {
    guard rollout.judgesLatency else { return (nil, nil) }
    return (
      world.latencies[rollout.candidate.revision],
      baseline(of: rollout).flatMap { world.latencies[$0.revision] }
    )
  }

  /// Feeds what is new since the last look to every check.
  mutating func count(_ world: ModelObservation, at now: Timestamp) {
    countErrors(world, at: now)
    countSlow(world, at: now)
  }

  private mutating func countSlow(_ world: ModelObservation, at now: Timestamp) {
    guard let rollout else { return }
    let times = times(of: rollout, in: world)
    let new = self.rollout?.traffic?.advance(candidateTimes: times.candidate, stableTimes: times.stable)
    guard let new else { return }
    let forgiving = rollout.slowCountsFrom.map { now < $0 } ?? true
    self.rollout?.judgeLatencies {
      $0.observe(candidate: new.candidate, stable: new.stable, forgiving: forgiving)
      $0.learn(ofStable: times.stable)
    }
  }

  private mutating func countErrors(_ world: ModelObservation, at now: Timestamp) {
    guard let rollout, let counts = world.counts else { return }
    let stable = baseline(of: rollout).flatMap { counts[$0.revision] } ?? RequestCounts()
    let candidate = counts[rollout.candidate.revision] ?? RequestCounts()
    if let settlesAt = rollout.settlesAt, now < settlesAt {
      self.rollout?.traffic?.skip(candidate: candidate, stable: stable)
      return
    }
    guard let new = self.rollout?.traffic?.advance(candidate: candidate, stable: stable) else { return }
    self.rollout?.judgeErrors { $0.observe(candidate: new.candidate, stable: new.stable) }
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
  /// Since when the current step has been judged by all checks: time in which slow answers are forgiven is no look at
  /// how slow they are.
  var judgedSince: Timestamp {
    guard let slowCountsFrom, judgesLatency else { return stepStartedAt }
    return max(stepStartedAt, slowCountsFrom)
  }

  fileprivate var judgesLatency: Bool { checks.contains { $0.test.judgesLatency } }

  /// The candidate's requests that every check has judged.
  var judgedRequests: Int {
    let timed = checks.compactMap { check in
      if case .latency(let test) = check.test { test.requests } else { nil }
    }
    return ([traffic?.candidateRequests ?? 0] + timed).min() ?? 0
  }

  /// What the current step still needs to judge by, in words; `nil` when it has enough.
  func missing(of minRequests: Int) -> String? {
    let missing = minRequests - judgedRequests + requestsAtStepStart
    guard missing > 0 else { return nil }
    let toCompareWith = checks.map(\.test.missingOfStable).max() ?? 0
    return toCompareWith > 0
      ? "\(toCompareWith) more requests of stable to compare with" : "\(missing) more requests to judge by"
  }

  fileprivate mutating func judgeErrors(_ judge: (inout ErrorRateTest) -> Void) {
    for index in checks.indices {
      guard case .errorRate(var test) = checks[index].test else { continue }
      judge(&test)
      checks[index].test = .errorRate(test)
    }
  }

  fileprivate mutating func judgeLatencies(_ judge: (inout LatencyTest) -> Void) {
    for index in checks.indices {
      guard case .latency(var test) = checks[index].test else { continue }
      judge(&test)
      checks[index].test = .latency(test)
    }
  }

  var isStarting: Bool {
    if case .start = step { true } else { false }
  }
}
