import Effects
import Manifests
import Rollout
import Vocabulary

/// Invariants 5 and 8, as far as they are about how long the agent waits, and how much it bears.
extension Referee {
  // MARK: Crashes

  mutating func noteCrash(of server: Server, at now: Timestamp) {
    let loop = watches[server.spec.model]?.crashLoops[server.spec.revision]
    // After a while of good service the agent begins to count anew.
    let count = loop.map { now - $0.lastAt < .seconds(300) ? $0.count : 0 } ?? 0
    watches[server.spec.model]?.crashLoops[server.spec.revision] = .init(count: count + 1, lastAt: now)
  }

  /// What ends again and again is given more time from one start to the next.
  mutating func checkPause(before spec: InstanceSpec, in world: World) {
    guard let loop = watches[spec.model]?.crashLoops[spec.revision], loop.count >= 4 else { return }
    if world.now - loop.lastAt < .seconds(1) {
      blame(
        .attempts, "\(spec.id) is started at once after instances of its version ended \(loop.count) times",
        in: world)
    }
  }

  /// A candidate whose instances end by themselves more than twice has failed.
  mutating func checkCrashes(in world: World) {
    for watch in all {
      guard let open = watch.open, open.crashes - open.forgottenCrashes > 2,
        let course = world.ledger.courses[watch.name], course.candidate == open.revision, course.isStepping,
        course.candidateRuns
      else { continue }
      blame(
        .evidence,
        "\(watch.name) \(world.version(of: open.revision)) has ended \(open.crashes) times and does not fail",
        in: world)
    }
  }

  // MARK: Reverts

  /// However often a revert was tried, it is soon tried again.
  mutating func checkRetries(in world: World) {
    for name in names {
      guard let course = world.ledger.courses[name], !course.isStepping,
        case .writingBack(_, .pending(_, let retryAt, _, let refusal, _)) =
          world.ledger.models[name]?.machine.rollout?.stage
      else { continue }
      let wait = retryAt - world.clock.now()
      // A server that says no is asked less often than one that says nothing.
      let longest = Duration.seconds(refusal == nil ? 400 : 4500)
      if wait > longest { blame(.evidence, "\(name) waits \(wait) with its revert", in: world) }
    }
  }

  // MARK: Arrival

  /// The gateway has all requests go to what is promoted.
  mutating func checkArrival(of record: RolloutRecord, in world: World) {
    guard world.door.drift == nil else { return }
    let weights = world.door.routing.models[record.model]?.weights ?? [:]
    if weights != [record.revision: 100] {
      blame(
        .evidence,
        "\(record.model) \(record.version) is promoted, and gets \(weights[record.revision] ?? 0) % of the requests",
        in: world)
    }
  }

  // MARK: The way back

  /// The version before is kept running for as long as the policy says, if nobody wants something else.
  mutating func keepWarm(_ record: RolloutRecord, in world: World) {
    guard let watch = watches[record.model], let open = watch.open, let before = watch.proven.last,
      !open.isFirst, !open.isRestore, open.policy.strategy != .recreate, open.policy.rollbackWindow > .zero,
      world.branch.desired(at: world.branch.tip)?.models[record.model] == watch.asked
    else { return }
    watches[record.model]?.warm = .init(revision: before, until: world.now + open.policy.rollbackWindow)
  }

  /// The agent is about to stop a server.
  mutating func checkWarmth(of server: Server, in world: World) {
    guard let warm = watches[server.spec.model]?.warm, warm.revision == server.spec.revision,
      world.now < warm.until,
      !world.servers.contains(where: {
        $0.isRunning && $0.spec.revision == warm.revision && $0.spec.id != server.spec.id
      })
    else { return }
    blame(
      .evidence,
      "\(server.spec.id) is stopped \(warm.until - world.now) before the time to go back to it is over",
      in: world)
  }
}
