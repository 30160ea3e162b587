import Rollout
import Testing
import Vocabulary

@Suite struct MachineTests {
  @Test func `a first deployment gets all traffic once it is ready and becomes stable`() {
    var machine = ModelMachine(name: "fraud")
    let result = machine.wish(release(1), under: careful, at: noon, id: id(1))
    #expect(result == .due(superseded: nil))
    #expect(machine.phase == .fetching)
    #expect(machine.wanted() == Wanted())

    settle(&machine, at: noon)

    #expect(machine.stable == release(1))
    #expect(machine.rollout == nil)
    #expect(machine.wanted().weights == [revision(1): 100])
  }

  @Test func `a candidate runs beside stable and gets what its steps say`() {
    var machine = stableMachine()
    _ = machine.wish(release(2), under: careful, at: noon, id: id(2))
    var weights: [Int] = []
    var now = noon
    var requests = 0
    while let rollout = machine.rollout {
      now = now + .seconds(60)
      requests += 1000
      if rollout.step == .pause(for: nil) { _ = machine.promote(by: "ann", now: now) }
      if let weight = machine.rollout?.stance.weight, weights.last != weight { weights.append(weight) }
      let counts = [
        revision(1): RequestCounts(requests: requests), revision(2): RequestCounts(requests: requests),
      ]
      _ = machine.observe(obliging(machine, counts: counts), at: now)
    }
    #expect(weights == [0, 10, 50, 100])
    #expect(machine.stable == release(2))
    #expect(machine.past == [release(1)])
  }

  @Test func `promotion starts nothing: the candidate's instances are the stable ones afterwards`() {
    var machine = machine(at: .promote)
    let before = machine.wanted().instances.first { $0.release == release(2) }
    settle(&machine, at: noon + .seconds(9000))
    #expect(machine.wanted().instances == [before].compactMap(\.self))
  }

  @Test func `an analysis does not pass on time alone`() {
    var machine = machine(at: .analyze(for: .seconds(60), minRequests: 100))
    let later = noon + .seconds(86_400)
    let world = obliging(machine, counts: [revision(1): .init(), revision(2): .init(requests: 10)])
    #expect(machine.observe(world, at: later) == .waiting)
    #expect(machine.rollout?.waitingFor?.hasSuffix("more requests to judge by") == true)
  }

  @Test func `an analysis does not pass on requests alone`() {
    var machine = machine(at: .analyze(for: .seconds(60), minRequests: 100))
    guard let begun = machine.rollout?.stepStartedAt else {
      Issue.record("no rollout")
      return
    }
    let counts = [revision(1): RequestCounts(requests: 9000), revision(2): RequestCounts(requests: 900_000)]
    #expect(machine.observe(obliging(machine, counts: counts), at: begun + .seconds(59)) == .waiting)
    #expect(
      machine.observe(obliging(machine, counts: counts), at: begun + .seconds(60))
        == .advanced(completed: .analyze(for: .seconds(60), minRequests: 100), undecided: nil))
  }

  @Test func `what was counted before the rollout is not held against the candidate`() {
    var machine = stableMachine()
    _ = machine.wish(release(2), under: careful, at: noon, id: id(2))
    let old = [
      revision(1): RequestCounts(requests: 1000), revision(2): RequestCounts(requests: 1000, errors: 1000),
    ]
    for _ in 0..<5 { _ = machine.observe(obliging(machine, counts: old), at: noon) }
    #expect(machine.rollout?.step == .analyze(for: .seconds(60), minRequests: 100))
    #expect(machine.rollout?.checks.first?.test.verdict == .undecided)
  }

  @Test func `answers that end right after a change of weights are not judged`() {
    var machine = machine(at: .weight(10))
    var world = obliging(machine, counts: [:])
    world.requestDuration = .seconds(5)
    #expect(machine.observe(world, at: noon) == .advanced(completed: .weight(10), undecided: nil))
    world.counts = [revision(2): RequestCounts(requests: 500, errors: 500)]
    #expect(machine.observe(world, at: noon + .milliseconds(4999)) == .waiting)
    #expect(machine.rollout?.traffic?.candidateRequests == 0)
    world.counts = [revision(2): RequestCounts(requests: 600, errors: 500)]
    #expect(machine.observe(world, at: noon + .seconds(5)) == .waiting)
    #expect(machine.rollout?.traffic?.candidateRequests == 100)
  }

  @Test func `a gateway that restarts and counts from zero loses no evidence`() {
    var machine = machine(at: .pause(for: nil))
    let before = machine.rollout?.traffic?.candidateRequests ?? 0
    let counts = [revision(1): RequestCounts(requests: 5), revision(2): RequestCounts(requests: 7)]
    _ = machine.observe(obliging(machine, counts: counts), at: dusk)
    #expect(machine.rollout?.traffic?.candidateRequests == before + 7)
  }

  @Test func `errors that begin again at zero bring back no request that was judged before`() {
    var machine = machine(at: .pause(for: nil))
    func judged(stable: RequestCounts, candidate: RequestCounts) -> Int? {
      let counts = [revision(1): stable, revision(2): candidate]
      _ = machine.observe(obliging(machine, counts: counts), at: dusk)
      return machine.rollout?.traffic?.candidateRequests
    }
    let before = judged(
      stable: RequestCounts(requests: 9000, errors: 9), candidate: RequestCounts(requests: 1000, errors: 1))
    let after = judged(
      stable: RequestCounts(requests: 9500, errors: 1), candidate: RequestCounts(requests: 1050, errors: 0))
    #expect(after == before.map { $0 + 50 })
  }

  @Test func `a failed check takes the candidate off traffic at once`() {
    var machine = machine(at: .pause(for: nil))
    let counts = [
      revision(1): RequestCounts(requests: 100_000),
      revision(2): RequestCounts(requests: 100_000, errors: 50_000),
    ]
    guard case .failed(let record) = machine.observe(obliging(machine, counts: counts), at: dusk) else {
      Issue.record("the check did not fail")
      return
    }
    #expect(record.outcome == .rolledBack)
    #expect(record.failure?.reason == .checkFailed)
    #expect(record.failure?.step == 7)
    #expect(machine.phase == .restoring)
    #expect(machine.wanted().weights == [revision(1): 100])
  }

  @Test func `an outage of the statistics is no verdict`() {
    var machine = machine(at: .analyze(for: .seconds(60), minRequests: 100))
    var world = obliging(machine)
    world.counts = nil
    world.gatewayTrouble = "admin does not answer"
    guard let begun = machine.rollout?.stepStartedAt else { return }
    let outage = Trouble(reason: "StatisticsUnavailable", message: "admin does not answer")
    #expect(machine.observe(world, at: begun + .seconds(20)) == .waiting)
    #expect(machine.observe(world, at: begun + .seconds(25)) == .halted(.outage(outage)))
    #expect(machine.observe(world, at: begun + .seconds(90_000)) == .waiting)
    #expect(machine.deadline() == nil)
    world.counts = [:]
    #expect(machine.observe(world, at: begun + .seconds(90_020)) == .resumed)
    #expect(machine.deadline() == begun + .seconds(90_060))
  }

  @Test(arguments: [
    (Failure.Reason.digestMismatch, "sha256:1 instead of sha256:2"),
    (.artifactNotFound, "404"), (.artifactInvalid, "path with .."),
  ])
  func `an artifact that is not what it should be fails before any traffic`(
    reason: Failure.Reason, message: String
  ) {
    var machine = stableMachine()
    _ = machine.wish(release(2), under: careful, at: noon, id: id(2))
    var world = obliging(machine)
    world.artifact = .failed(reason, message)
    guard case .failed(let record) = machine.observe(world, at: noon) else {
      Issue.record("did not fail")
      return
    }
    #expect(record.failure?.reason == reason)
    #expect(machine.wanted().weights == [revision(1): 100])
  }

  @Test func `a registry that is down is waited for`() {
    var machine = stableMachine()
    _ = machine.wish(release(2), under: careful, at: noon, id: id(2))
    var world = obliging(machine)
    world.artifact = .pending("503")
    #expect(machine.observe(world, at: noon + .seconds(1_000_000)) == .waiting)
    #expect(machine.phase == .fetching)
  }

  @Test func `a candidate that never gets ready fails at its deadline`() {
    var machine = machine(at: .start(instances: 2))
    var world = obliging(machine)
    world.instances.ready = 1
    guard let begun = machine.rollout?.stepStartedAt else { return }
    #expect(machine.deadline() == begun + .seconds(30))
    #expect(machine.observe(world, at: begun + .milliseconds(29_999)) == .waiting)
    guard case .failed(let record) = machine.observe(world, at: begun + .seconds(30)) else {
      Issue.record("did not fail")
      return
    }
    #expect(record.failure?.reason == .neverReady)
  }

  @Test func `a candidate that is not ready for a moment gets the time that a start has`() {
    var machine = machine(at: .pause(for: nil))
    var world = obliging(machine, counts: [:])
    world.instances.ready = 0
    world.instances.trouble = "did not answer within 1 s"
    #expect(machine.observe(world, at: dusk) == .waiting)
    #expect(machine.deadline() == dusk + .seconds(30))
    world.instances.ready = 1
    #expect(machine.observe(world, at: dusk + .seconds(29)) == .waiting)
    world.instances.ready = 0
    #expect(machine.observe(world, at: dusk + .seconds(40)) == .waiting)
    guard case .failed(let record) = machine.observe(world, at: dusk + .seconds(70)) else {
      Issue.record("did not fail")
      return
    }
    #expect(record.failure?.reason == .crashed)
    #expect(record.failure?.message == "no instance has been ready for 30s: did not answer within 1 s")
  }

  @Test func `a candidate that keeps ending under traffic fails`() {
    var machine = machine(at: .pause(for: nil))
    var world = obliging(machine, counts: [:])
    world.instances.exits = 2
    #expect(machine.observe(world, at: dusk) == .waiting)
    world.instances.exits = 3
    guard case .failed(let record) = machine.observe(world, at: dusk) else {
      Issue.record("did not fail")
      return
    }
    #expect(record.failure?.reason == .crashed)
  }

  @Test func `a failed candidate is kept for its last answers, and not started again`() {
    var machine = machine(at: .pause(for: nil))
    _ = machine.abort(by: "ann", at: dusk)
    #expect(machine.wanted().instances.map(\.mayStart) == [true, false])
  }

  @Test func `an instance that was adopted and not asked yet is no crash`() {
    var machine = machine(at: .pause(for: nil))
    var world = obliging(machine, counts: [:])
    world.instances.ready = 0
    world.instances.starting = 2
    #expect(machine.observe(world, at: noon) == .waiting)
  }

  @Test func `the candidate's instances stay until the gateway has confirmed the way back`() {
    var machine = machine(at: .pause(for: nil))
    _ = machine.rollback(
      because: nil, by: "ann", rules: Rules(readyTimeout: .seconds(30)), at: noon, id: id(9))
    #expect(machine.wanted().instances.map(\.release) == [release(1), release(2)])
    var world = obliging(machine)
    world.weights = [revision(1): 50, revision(2): 50]
    #expect(machine.observe(world, at: noon) == .waiting)
    #expect(machine.observe(obliging(machine), at: noon) == .restored)
    #expect(machine.wanted().instances.map(\.release) == [release(1)])
  }
}
