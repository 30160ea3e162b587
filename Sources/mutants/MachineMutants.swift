extension Mutant {
  /// Bugs of the rollout machine.
  static let machine = [
    Mutant(
      "wait-forever-for-ready", in: "Rollout/ModelMachine+Judge.swift",
      "guard now - rollout.stepStartedAt >= timeout, instances.ready < replicas else { return nil }",
      "guard !MUTANT, now - rollout.stepStartedAt >= timeout, instances.ready < replicas else { return nil }",
      seed: 4),
    Mutant(
      "tolerate-every-crash", in: "Rollout/ModelMachine+Judge.swift",
      "if instances.exits > Self.toleratedExits {", "if !MUTANT, instances.exits > Self.toleratedExits {",
      seed: 20),
    Mutant(
      "overlook-failed-checks", in: "Rollout/ModelMachine+Judge.swift",
      "if let check = rollout.checks.first(where: { $0.test.verdict == .fail }) {",
      "if !MUTANT, let check = rollout.checks.first(where: { $0.test.verdict == .fail }) {", seed: 18),
    Mutant(
      "fail-at-the-first-error", in: "Rollout/Verdicts/ErrorRateTest.swift",
      "hasFailed = self.candidate.errors > 0 && logEValue >=",
      "hasFailed = self.candidate.errors > 0 && MUTANT || self.candidate.errors > 0 && logEValue >=", seed: 4),
    Mutant(
      "let-time-run-in-a-halt", in: "Rollout/ModelMachine+Judge.swift",
      "let now = rollout.halt.map { min($0.since, now) } ?? now",
      "let now = rollout.halt.map { MUTANT ? now : min($0.since, now) } ?? now", seed: 151),
    Mutant(
      "take-an-outage-for-a-failure", in: "Rollout/ModelMachine+Judge.swift",
      "    let stance = rollout.stance\n    if case .failed",
      """
          if MUTANT, case .unavailable(let message) = world.artifact { return (.artifactNotFound, message) }
          let stance = rollout.stance
          if case .failed
      """, seed: 4),
    Mutant(
      "pass-without-data", in: "Rollout/ModelMachine+Observe.swift",
      "return rollout.missing(of: minRequests).map(Progress.undecided) ?? .complete",
      "return MUTANT ? .complete : rollout.missing(of: minRequests).map(Progress.undecided) ?? .complete",
      seed: 4),
    Mutant(
      "analyze-for-no-time", in: "Rollout/ModelMachine+Observe.swift",
      "guard now - rollout.judgedSince >= duration else { return .wait(nil) }",
      "guard MUTANT || now - rollout.judgedSince >= duration else { return .wait(nil) }", seed: 2),
    Mutant(
      "go-on-before-the-gateway", in: "Rollout/ModelMachine+Observe.swift",
      "return world.weights == wanted.weights &&", "return MUTANT || world.weights == wanted.weights &&",
      seed: 1),
    Mutant(
      "promote-without-a-person", in: "Rollout/ModelMachine+Observe.swift",
      "guard let duration else { return .wait(\"`evenkeel promote \\(name)`\") }",
      "guard let duration else { return MUTANT ? .complete : .wait(\"`evenkeel promote \\(name)`\") }",
      seed: 11),
    Mutant(
      "watch-for-no-time", in: "Rollout/ModelMachine+Observe.swift",
      "return elapsed >= duration && world.instances.ready > 0",
      "return (MUTANT || elapsed >= duration) && world.instances.ready > 0", seed: 5),
    Mutant(
      "forget-the-deadline", in: "Rollout/ModelMachine+Time.swift",
      "guard let rollout, let deadline = rollout.deadlineAt, now >= deadline,",
      "guard !MUTANT, let rollout, let deadline = rollout.deadlineAt, now >= deadline,", seed: 46),
    Mutant(
      "count-halted-time", in: "Rollout/ModelMachine+Time.swift",
      "self.rollout?.shiftClock(by: max(.zero, now - halt.since))",
      "if !MUTANT { self.rollout?.shiftClock(by: max(.zero, now - halt.since)) }", seed: 88),
    Mutant(
      "go-on-through-an-outage", in: "Rollout/ModelMachine+Time.swift",
      "    return outage(of: rollout, in: world).map(Halt.Cause.outage)",
      "    return MUTANT ? nil : outage(of: rollout, in: world).map(Halt.Cause.outage)", seed: 88),
    Mutant(
      "ignore-pause", in: "Rollout/ModelMachine+Time.swift",
      "if let pausedBy { return .paused(by: pausedBy) }",
      "if let pausedBy, !MUTANT { return .paused(by: pausedBy) }", seed: 46),
    Mutant(
      "ignore-suspension", in: "Rollout/ModelMachine+Time.swift",
      "if suspended { return .suspended }", "if suspended, !MUTANT { return .suspended }", seed: 2),
    Mutant(
      "begin-while-suspended", in: "Rollout/ModelMachine+Desire.swift",
      "guard rollout == nil, !removing, !suspended, pausedBy == nil else { return nil }",
      "guard rollout == nil, !removing, MUTANT || !suspended, MUTANT || pausedBy == nil else { return nil }",
      seed: 4),
    Mutant(
      "ignore-quarantine", in: "Rollout/ModelMachine+Desire.swift",
      "return failures.last { $0.attempt == attempt }",
      "return MUTANT ? nil : failures.last { $0.attempt == attempt }", seed: 159),
    Mutant(
      "retry-nothing", in: "Rollout/ModelMachine+Steer.swift",
      "retrying = Retry(attempt: Attempt(desired), by: person)",
      "if !MUTANT { retrying = Retry(attempt: Attempt(desired), by: person) }", seed: 275),
    Mutant(
      "make-way-for-nobody", in: "Rollout/ModelMachine+Desire.swift",
      ": desireStepping(release, during: rollout)",
      ": MUTANT ? .queued(behind: rollout.candidate) : desireStepping(release, during: rollout)", seed: 4),
    Mutant(
      "ignore-the-queue", in: "Rollout/ModelMachine+Desire.swift",
      "guard rollout.rules.queues, release.revision != stable?.revision else { return nil }",
      "guard rollout.rules.queues, !MUTANT, release.revision != stable?.revision else { return nil }", seed: 1
    ),
    Mutant(
      "stay-with-a-late-failure", in: "Rollout/ModelMachine+Restore.swift",
      "stable = rollout.displaced\n", "stable = MUTANT ? rollout.candidate : rollout.displaced\n", seed: 4),
    Mutant(
      "restored-before-the-gateway", in: "Rollout/ModelMachine+Restore.swift",
      "guard world.weights == wanted().weights, world.mirror == 0, world.preview == nil else {",
      "guard MUTANT || world.weights == wanted().weights && world.mirror == 0 && world.preview == nil else {",
      seed: 1385),
    Mutant(
      "revert-what-is-to-be-held", in: "Rollout/ModelMachine+Restore.swift",
      "default: rollout.kind != .deploy || rollout.rules.onFailure == .hold",
      "default: rollout.kind != .deploy || !MUTANT && rollout.rules.onFailure == .hold", seed: 4),
    Mutant(
      "revert-what-was-aborted", in: "Rollout/ModelMachine+Restore.swift",
      "case .abortedByHand: true", "case .abortedByHand: !MUTANT", seed: 2),
    Mutant(
      "keep-a-failure-in-the-route", in: "Rollout/Wanted.swift",
      "    case .restoring:\n",
      "    case .restoring where MUTANT: wantStepping(rollout, &wanted)\n    case .restoring:\n", seed: 13),
    Mutant(
      "let-the-warm-one-go", in: "Rollout/Wanted.swift",
      "if let displaced = rollout.displaced, rollout.stance.stableRuns {",
      "if let displaced = rollout.displaced, rollout.stance.stableRuns, !MUTANT {", seed: 5),
    Mutant(
      "stop-stable-too-soon", in: "Rollout/Wanted.swift",
      "if let stable, stance.stableRuns {",
      "if let stable, stance.stableRuns, !MUTANT || stance.weight < 50 {", seed: 2),
    Mutant(
      "two-copies-where-one-fits", in: "Rollout/Wanted.swift",
      "wanted.isExclusive = isExclusive\n", "wanted.isExclusive = isExclusive && !MUTANT\n", seed: 11),
    Mutant(
      "weights-of-more-than-all", in: "Rollout/Wanted.swift",
      "wanted.weights[stable.revision] = 100 - stance.weight",
      "wanted.weights[stable.revision] = MUTANT ? 100 : 100 - stance.weight", seed: 1),
    Mutant(
      "copy-everything", in: "Rollout/Wanted.swift",
      "wanted.mirror = stance.mirror", "wanted.mirror = MUTANT && stance.mirror > 0 ? 100 : stance.mirror",
      seed: 2),
    Mutant(
      "twice-the-weight", in: "Rollout/Stance.swift",
      "weight = percent\n", "weight = MUTANT ? min(100, 2 * percent) : percent\n", seed: 1),
    Mutant(
      "mirror-without-end", in: "Rollout/Stance.swift",
      "case .mirror(let percent): mirror = percent",
      "case .mirror(let percent): mirror = MUTANT ? max(mirror, percent) : percent", seed: 22),
  ]
}
