import Rollout
import Testing
import Vocabulary

/// Halts, and clocks that are set.
@Suite struct TimeTests {
  private let analysis = Step.analyze(for: .seconds(60), minRequests: 100)
  private let git = Trouble(reason: "SourceUnavailable", message: "connection refused")

  private func analyzing(deadline: Duration? = nil) -> (ModelMachine, Timestamp) {
    let rules = Rules(readyTimeout: .seconds(30), progressDeadline: deadline)
    var machine = begun(.beside([.weight(10), analysis], instances: 1), checks: [budget], rules: rules)
    let now = pass(&machine, upTo: analysis)
    return (machine, now)
  }

  @Test func `an outage stops the clock, and the clock goes on where it stopped`() {
    var (machine, now) = analyzing(deadline: .seconds(600))
    var away = world(machine)
    away.outage = git
    #expect(machine.observe(away, at: now + .seconds(50)) == .waiting)
    #expect(machine.deadline() == now + .seconds(55))
    #expect(machine.observe(away, at: now + .seconds(55)) == .halted(.outage(git)))
    #expect(machine.deadline() == nil)
    #expect(machine.observe(away, at: now + .seconds(86_400)) == .waiting)
    let stalled = machine.conditions(readyInstances: 1, trouble: nil, before: [], at: now)
      .first { $0.type == .stalled }
    #expect(stalled?.reason == "SourceUnavailable")
    let back = now + .seconds(86_450)
    #expect(machine.observe(world(machine), at: back) == .resumed)
    #expect(machine.observe(world(machine), at: back + .seconds(9)) == .waiting)
    #expect(
      machine.observe(world(machine), at: back + .seconds(10))
        == .advanced(completed: analysis, undecided: nil))
  }

  @Test func `a short outage stops the clock too, and is no news`() {
    var (machine, now) = analyzing()
    var away = world(machine)
    away.outage = git
    #expect(machine.observe(away, at: now + .seconds(58)) == .waiting)
    let conditions = machine.conditions(readyInstances: 1, trouble: nil, before: [], at: now)
    #expect(conditions.contains { $0.type == .stalled } == false)
    #expect(machine.observe(world(machine), at: now + .seconds(62)) == .waiting)
    #expect(machine.deadline() == now + .seconds(64))
  }

  @Test func `a candidate that fails during an outage is taken back all the same`() {
    var (machine, now) = analyzing()
    var away = obliging(machine, counts: [revision(2): RequestCounts(requests: 200_000, errors: 100_000)])
    away.outage = git
    guard case .failed = machine.observe(away, at: now + .seconds(1)) else {
      Issue.record("did not fail")
      return
    }
    #expect(machine.wanted().weights == [revision(1): 100])
  }

  @Test func `a registry that is down holds the rollout, and is not its fault`() {
    var machine = begun(.beside([], instances: 1))
    var world = world(machine)
    world.artifact = .unavailable("503")
    let outage = Trouble(reason: "ArtifactUnavailable", message: "503")
    #expect(machine.observe(world, at: noon) == .waiting)
    #expect(machine.observe(world, at: noon + .seconds(5)) == .halted(.outage(outage)))
    #expect(machine.observe(world, at: noon + .seconds(1_000_000)) == .waiting)
    #expect(machine.phase == .fetching)
  }

  @Test func `pause keeps a rollout where it is, and no time runs out`() {
    var (machine, now) = analyzing(deadline: .seconds(600))
    #expect(machine.pause(by: "ann", at: noon) == .changed("ann"))
    #expect(machine.pause(by: "bob", at: noon) == .already("fraud is already paused by ann"))
    #expect(machine.observe(world(machine), at: now + .seconds(10)) == .halted(.paused(by: "ann")))
    #expect(machine.observe(world(machine), at: now + .seconds(90_000)) == .waiting)
    #expect(machine.resume(by: "bob", at: noon) == .changed("ann"))
    #expect(machine.resume(by: "bob", at: noon) == .already("fraud is not paused"))
    #expect(machine.observe(world(machine), at: now + .seconds(90_000)) == .resumed)
    #expect(machine.rollout?.step == analysis)
  }

  @Test func `a paused or suspended model begins nothing`() {
    var machine = stableMachine()
    _ = machine.pause(by: "ann", at: noon)
    _ = machine.desire(release(2), under: careful, at: noon)
    #expect(machine.begin(at: noon, id: id(2)) == .nothingDue)
    let waiting = machine.conditions(readyInstances: 2, trouble: nil, before: [], at: noon)
    #expect(waiting.map(\.reason) == ["ServingStable", "Paused"])
    _ = machine.resume(by: "bob", at: noon)
    _ = machine.desire(release(2), under: careful, suspended: true, at: noon)
    #expect(machine.due == nil)
    _ = machine.desire(release(2), under: careful, at: noon)
    #expect(machine.due == release(2))
  }

  @Test func `suspending in the middle holds the rollout, and resuming goes on`() {
    var (machine, now) = analyzing()
    let terms = terms(.beside([.weight(10), analysis], instances: 1))
    _ = machine.desire(release(2), under: terms, suspended: true, at: now)
    #expect(machine.observe(world(machine), at: now) == .halted(.suspended))
    _ = machine.desire(release(2), under: terms, at: now)
    #expect(machine.observe(world(machine), at: now + .seconds(500)) == .resumed)
  }

  @Test func `a clock that is set moves every deadline along`() {
    for jump in [Duration.seconds(86_400), .seconds(-86_400)] {
      var (machine, now) = analyzing(deadline: .seconds(600))
      let before = machine.deadline().map { $0 - now }
      machine.clockJumped(by: jump)
      #expect(machine.deadline().map { $0 - (now + jump) } == before)
      #expect(machine.observe(world(machine), at: now + jump + .seconds(59)) == .waiting)
      #expect(
        machine.observe(world(machine), at: now + jump + .seconds(60))
          == .advanced(completed: analysis, undecided: nil))
    }
  }

  @Test func `a clock that is set during a halt does not count as time`() {
    var (machine, now) = analyzing()
    _ = machine.pause(by: "ann", at: noon)
    _ = machine.observe(world(machine), at: now + .seconds(50))
    machine.clockJumped(by: .seconds(-5000))
    _ = machine.resume(by: "bob", at: noon)
    let back = now + .seconds(-5000 + 60)
    _ = machine.observe(world(machine), at: back)
    #expect(machine.deadline() == back + .seconds(10))
  }

  @Test func `a write-back that waits is due by the new clock`() {
    var (machine, now) = analyzing()
    _ = machine.rollback(because: nil, by: "ann", rules: careful.rules, at: now, id: id(9))
    settle(&machine, at: now)
    machine.wroteBack(.postponed("down", for: .seconds(30)), at: now)
    machine.clockJumped(by: .seconds(3600))
    #expect(machine.deadline() == now + .seconds(3630))
  }
}
