import Rollout
import Vocabulary

/// SplitMix64 (Steele, Lea and Flood 2014): small, and the same on every machine.
struct Dice {
  var state: UInt64

  mutating func roll(_ sides: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((word ^ (word >> 31)) % UInt64(sides))
  }
}

/// Policies of every strategy and rule.
private let policies: [Terms] = [
  careful,
  terms(.recreate(instances: 1, window: .seconds(60)), checks: [budget]),
  terms(
    .beside(
      [
        .preview(.header("x")), .analyze(for: .seconds(20), minRequests: 5), .weight(100),
        .pause(for: .seconds(9)),
      ],
      instances: 1, window: .seconds(90)), checks: [budget],
    rules: Rules(readyTimeout: .seconds(30), progressDeadline: .seconds(600), onFailure: .hold)),
  terms(
    .beside(
      [
        .mirror(20), .analyze(for: .seconds(20), minRequests: 5), .mirror(0), .stopCandidate,
        .pause(for: nil),
        .start(instances: 1),
      ], instances: 1), checks: [budget],
    rules: Rules(readyTimeout: .seconds(30), onUndecided: .fail, queues: true)),
]

/// One machine in a world that follows it, late and not always.
struct Life {
  private var dice: Dice
  private var machine = ModelMachine(name: "fraud")
  private var now = noon
  private var commits = 0
  private var rollouts = 0
  private var requests: [Revision: RequestCounts] = [:]
  /// What the gateway confirmed last.
  private var weights: [Revision: Int] = [:]
  private var failed: Set<Attempt> = []
  private var started: [Attempt] = []
  private(set) var story: [String] = []
  /// Every change of phase that it has seen.
  private(set) var moves: Set<PhaseMove> = []
  private(set) var brokenPromise: String?

  init(seed: UInt64) {
    dice = Dice(state: seed)
  }

  mutating func step() {
    now = now + .seconds(dice.roll(40))
    switch dice.roll(24) {
    case 0, 1: commit(dice.roll(4) + 1)
    case 2: repeatLastWish()
    case 3: if dice.roll(4) == 0 { remove() }
    case 4: promote()
    case 5: if dice.roll(3) == 0 { abort() }
    case 6: if dice.roll(3) == 0 { rollback() }
    case 7: writeBack()
    case 8: pauseOrResume()
    case 9: if dice.roll(3) == 0 { retry() }
    case 10: if dice.roll(3) == 0 { jump() }
    case 11: begin()
    default: look()
    }
    checkPromises()
  }

  // MARK: Events

  private mutating func commit(_ version: Int) {
    commits += 1
    wish(release(version, commit: "c\(commits)"))
  }

  private mutating func repeatLastWish() {
    if let desired = machine.desired { wish(desired) }
  }

  private mutating func wish(_ release: Release) {
    rollouts += 1
    let policy = policies[dice.roll(policies.count)]
    let result = on(.commit) { machine, now in machine.desire(release, under: policy, at: now) }
    note("Git wants \(release.version) by \(release.commit ?? "-"): \(result)")
    begin()
  }

  private mutating func begin() {
    rollouts += 1
    guard let due = machine.due else { return }
    let id = id(rollouts)
    if case .began = on(.begin, { machine, now in machine.begin(at: now, id: id) }) {
      started.append(Attempt(due))
    }
  }

  private mutating func remove() {
    note("Git has no model: \(on(.removal) { machine, now in machine.desireNothing(at: now) })")
    if dice.roll(2) == 0 { return }
    on(.gone) { machine, _ in machine.removed() }
    weights = [:]
  }

  private mutating func promote() {
    let isFull = dice.roll(4) == 0
    note("promote: \(on(.promote) { machine, now in machine.promote(full: isFull, by: "ann", now: now) })")
  }

  /// Lets something happen to the machine, and notes what that does to its phase.
  private mutating func on<Result>(
    _ cause: PhaseMove.Cause, _ event: (inout ModelMachine, Timestamp) -> Result
  ) -> Result {
    let before = machine.phase
    let result = event(&machine, now)
    if machine.phase != before { moves.insert(PhaseMove(before, cause, machine.phase)) }
    return result
  }

  private mutating func abort() {
    if case .changed(let record) = on(.abort, { machine, now in machine.abort(by: "ann", at: now) }) {
      fail(record)
    }
  }

  private mutating func rollback() {
    rollouts += 1
    let version = dice.roll(2) == 0 ? String(dice.roll(4) + 1) : nil
    let id = id(rollouts)
    let result = on(.rollback) { machine, now in
      machine.rollback(
        to: version, because: nil, by: "ann", rules: Rules(readyTimeout: .seconds(30)), at: now, id: id)
    }
    note("rollback: \(result)")
    if case .changed(.abandoned(let record)) = result { fail(record) }
  }

  private mutating func pauseOrResume() {
    let words =
      dice.roll(3) == 0 ? "\(machine.pause(by: "ann", at: noon))" : "\(machine.resume(by: "bob", at: noon))"
    note("pause or resume: \(words)")
  }

  /// A person may have made once more what was made before.
  private mutating func retry() {
    guard case .changed(let release) = on(.retry, { machine, _ in machine.retry(by: "ann") }) else { return }
    note("retry \(release.version)")
    started.removeAll { $0 == Attempt(release) }
    failed.remove(Attempt(release))
  }

  private mutating func jump() {
    let jump = Duration.seconds(dice.roll(2000) - 1000)
    now = now + jump
    machine.clockJumped(by: jump)
    note("the clock is set by \(jump)")
  }

  private mutating func writeBack() {
    let results: [WriteBackResult] = [
      .pushed("revert"), .movedOn, .notPossible("conflict"), .postponed("down", for: .seconds(9)),
      .refused(.hook, "no", for: .seconds(60)),
      .proposed(RevertProposal(branch: "b", commit: "p", failed: machine.desired?.revision ?? revision(1))),
    ]
    machine.wroteBack(results[dice.roll(results.count)], at: now)
    guard dice.roll(2) == 0, let answer = machine.answeredBy else { return }
    note("the branch is set back: \(on(.setBack) { machine, _ in machine.answerVanished(answer) })")
  }

  /// The gateway may be late, the candidate may be bad, slow, or gone.
  private mutating func look() {
    if dice.roll(3) > 0 { weights = machine.wanted().weights }
    serve()
    let wanted = machine.wanted()
    var world = ModelObservation(
      artifact: .stored, weights: weights, mirror: wanted.mirror, preview: wanted.preview, counts: requests)
    world.others = dice.roll(4) == 0 ? 1 : 0
    if dice.roll(12) == 0 { world.outage = Trouble(reason: "SourceUnavailable", message: "down") }
    world.instances.ready = dice.roll(8) == 0 ? 0 : machine.replicas
    world.instances.exits = dice.roll(30) == 0 ? 3 : 0
    if dice.roll(10) == 0 { world.counts = nil }
    if dice.roll(25) == 0 { world.artifact = .failed(.digestMismatch, "other bytes") }
    let before = machine.phase
    let result = machine.observe(world, at: now)
    if result != .waiting { note("look: \(result)") }
    var cause = PhaseMove.Cause.done
    if case .failed = result { cause = .failure }
    if machine.phase != before { moves.insert(PhaseMove(before, cause, machine.phase)) }
    if case .failed(let record) = result { fail(record) }
  }

  private mutating func serve() {
    for (revision, weight) in weights {
      requests[revision, default: RequestCounts()].requests += weight * 20
      if dice.roll(12) == 0 { requests[revision]?.errors += weight * 5 }
    }
  }

  private mutating func fail(_ record: RolloutRecord) {
    failed.insert(Attempt(Release(revision: record.revision, version: record.version, commit: record.commit)))
  }

  private mutating func note(_ text: String) { story.append(text) }

  // MARK: Promises

  private mutating func checkPromises() {
    let wanted = machine.wanted()
    let sum = wanted.weights.values.reduce(0, +)
    if sum != 0, sum != 100 { broken("weights sum to \(sum)") }
    if wanted.weights.values.contains(where: { $0 <= 0 }) { broken("a weight of nothing") }
    let running = Set(wanted.instances.map(\.release.revision))
    if !wanted.isExclusive, !Set(wanted.weights.keys).isSubset(of: running) {
      broken("traffic for what does not run")
    }
    if machine.stable != nil, !machine.removing, sum == 0 { broken("a stable model without a route") }
    if Set(started).count != started.count { broken("the same attempt was made twice") }
    if let rollout = machine.rollout, rollout.kind == .deploy,
      failed.contains(Attempt(rollout.candidate)), case .stepping = rollout.stage
    {
      broken("a failed attempt goes on")
    }
    switch machine.rollout?.stage {
    case .restoring, .writingBack, .held:
      if let candidate = machine.rollout?.subject.revision, candidate != machine.stable?.revision,
        wanted.weights[candidate] != nil
      {
        broken("traffic for a failed candidate")
      }
    case .stepping, nil: break
    }
    if wanted.mirror > 0 || wanted.preview != nil, machine.stable == nil {
      broken("a candidate is shown beside nothing")
    }
    if let rollout = machine.rollout, rollout.isPromoted, rollout.stage == .stepping,
      machine.stable?.revision != rollout.candidate.revision
    {
      broken("promoted, and not stable")
    }
    if let deadline = machine.deadline(), machine.rollout?.halt?.isTold == true, machine.withdrawals == nil {
      broken("time runs to \(deadline) during a halt")
    }
  }

  private mutating func broken(_ promise: String) {
    if brokenPromise == nil { brokenPromise = promise }
  }
}
