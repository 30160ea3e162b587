import Rollout
import Testing
import Vocabulary

/// What Git may ask for, and when.
@Suite struct WishTests {
  private func failedMachine() -> ModelMachine {
    var machine = machine(at: .pause(for: nil))
    _ = machine.rollback(
      because: "slow", by: "ann", rules: Rules(readyTimeout: .seconds(30)), at: noon, id: id(9))
    settle(&machine, at: noon)
    return machine
  }

  @Test func `a failed rollout waits for its revert while Git asks for it`() {
    var machine = failedMachine()
    #expect(machine.phase == .writingBack)
    #expect(machine.wish(release(2), under: careful, at: noon, id: id(3)) == .unchanged)
    #expect(machine.wanted().weights == [revision(1): 100])
  }

  @Test func `the revert in Git ends it without a rollout`() {
    var machine = failedMachine()
    machine.wroteBack(.pushed("revert"))
    #expect(machine.phase == .writingBack)
    #expect(machine.wish(release(1, commit: "revert"), under: careful, at: noon, id: id(3)) == .settled)
    #expect(machine.phase == .stable)
    #expect(machine.isSettled)
  }

  @Test func `the same attempt is not made twice, not even after the revert`() {
    var machine = failedMachine()
    _ = machine.wish(release(1, commit: "revert"), under: careful, at: noon, id: id(3))
    guard case .failedBefore(let failed) = machine.wish(release(2), under: careful, at: noon, id: id(4))
    else {
      Issue.record("tried again")
      return
    }
    #expect(failed.version == "2")
    #expect(machine.rollout == nil)
    let stalled = machine.conditions(readyInstances: 2, trouble: nil, before: [], at: noon)
    #expect(stalled.map(\.type) == [.ready, .stalled, .pinnedByRollback])
  }

  @Test func `a human who commits the version again gets a new attempt`() {
    var machine = failedMachine()
    _ = machine.wish(release(1, commit: "revert"), under: careful, at: noon, id: id(3))
    let again = release(2, commit: "again")
    #expect(machine.wish(again, under: careful, at: noon, id: id(4)) == .due(superseded: nil))
  }

  @Test func `a newer commit replaces the rollout under way`() {
    var machine = machine(at: .pause(for: nil))
    guard
      case .due(let superseded?) = machine.wish(release(3), under: careful, at: noon, id: id(3))
    else {
      Issue.record("not replaced")
      return
    }
    #expect(superseded.outcome == .superseded)
    #expect(superseded.version == "2")
    #expect(machine.wanted().weights == [revision(1): 100])
    #expect(machine.wanted().instances.map(\.release) == [release(1)])
  }

  @Test func `a commit back to stable simply ends the rollout`() {
    var machine = machine(at: .pause(for: nil))
    guard case .superseded(let record) = machine.wish(release(1), under: careful, at: noon, id: id(3))
    else {
      Issue.record("not ended")
      return
    }
    #expect(record.outcome == .superseded)
    #expect(machine.phase == .stable)
  }

  @Test func `the same candidate by another commit goes on where it is`() {
    var machine = machine(at: .pause(for: nil))
    let moved = release(2, commit: "other")
    #expect(machine.wish(moved, under: careful, at: noon, id: id(3)) == .unchanged)
    #expect(machine.rollout?.step == .pause(for: nil))
    #expect(machine.rollout?.candidate.commit == "other")
  }

  @Test func `a commit during restoring does not cut the way back short`() {
    var machine = machine(at: .pause(for: nil))
    _ = machine.abort(by: "ann", at: now)
    #expect(machine.wish(release(1), under: careful, at: noon, id: id(3)) == .unchanged)
    #expect(machine.phase == .restoring)
    #expect(machine.observe(obliging(machine), at: noon) == .restored)
    #expect(machine.phase == .stable)
  }

  @Test func `removal takes the route and the instances, and keeps what failed`() {
    var machine = failedMachine()
    #expect(machine.desireNothing(at: noon) == .removing(superseded: nil))
    #expect(machine.wanted() == Wanted())
    machine.removed()
    #expect(machine.isGone)
    #expect(machine.failures.map(\.version) == ["2"])
  }

  @Test func `a model that comes back before it is removed just stays`() {
    var machine = stableMachine()
    _ = machine.desireNothing(at: noon)
    #expect(machine.wish(release(1), under: careful, at: noon, id: id(2)) == .kept)
    #expect(machine.wanted().weights == [revision(1): 100])
  }

  @Test func `replicas apply live`() {
    var machine = stableMachine()
    var terms = careful
    terms.replicas = 5
    #expect(machine.wish(release(1), under: terms, at: noon, id: id(2)) == .unchanged)
    #expect(machine.wanted().instances.map(\.count) == [5])
  }

  private var now: Timestamp { noon }
}

/// What people may ask for, and when.
@Suite struct SteeringTests {
  @Test func `promote ends a pause and an analysis, and nothing else`() {
    var paused = machine(at: .pause(for: nil))
    #expect(paused.promote(now: noon) == .changed(.pause(for: nil)))
    var analyzing = machine(at: .analyze(for: .seconds(60), minRequests: 100))
    #expect(
      analyzing.promote(now: noon) == .changed(.analyze(for: .seconds(60), minRequests: 100)))
    var starting = machine(at: .start(instances: 2))
    guard case .refused = starting.promote(now: noon) else {
      Issue.record("promoted a starting candidate")
      return
    }
  }

  @Test func `abort restores, holds, and writes nothing back`() {
    var machine = machine(at: .pause(for: nil))
    guard case .changed(let record) = machine.abort(by: "ann", at: noon) else {
      Issue.record("not aborted")
      return
    }
    #expect(record.outcome == .aborted)
    #expect(record.requestedBy == "ann")
    settle(&machine, at: noon)
    #expect(machine.phase == .held)
    #expect(machine.wanted().weights == [revision(1): 100])
  }

  @Test func `rollback of a held attempt writes its revert`() {
    var machine = machine(at: .pause(for: nil))
    _ = machine.abort(by: "ann", at: noon)
    settle(&machine, at: noon)
    let conditions = machine.conditions(readyInstances: 2, trouble: nil, before: [], at: noon)
    #expect(conditions.last?.message == "Git asks for version 2, which was aborted; version 1 serves")
    let result = machine.rollback(
      because: nil, by: "bob", rules: Rules(readyTimeout: .zero), at: noon, id: id(3))
    guard case .changed(.abandoned(let record)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(record.outcome == .rolledBack)
    #expect(record.requestedBy == "bob")
    #expect(machine.phase == .writingBack)
  }

  @Test func `a revert that was not possible is tried again on a new tip`() {
    var machine = machine(at: .pause(for: nil))
    _ = machine.rollback(because: nil, by: "ann", rules: Rules(readyTimeout: .zero), at: noon, id: id(3))
    settle(&machine, at: noon)
    machine.wroteBack(.notPossible("conflict"))
    machine.branchMoved(at: dusk)
    #expect(machine.deadline() == dusk)
  }

  @Test func `rollback of a stable version goes to the one before and reverts`() {
    var machine = machine(at: .promote)
    settle(&machine, at: noon)
    #expect(machine.stable == release(2))
    let result = machine.rollback(
      because: "drift", by: "ann", rules: Rules(readyTimeout: .seconds(30)), at: noon, id: id(3))
    #expect(result == .changed(.started(to: release(1))))
    #expect(machine.wish(release(2), under: careful, at: noon, id: id(4)) == .unchanged)
    settle(&machine, at: noon)
    #expect(machine.stable == release(1))
    #expect(machine.phase == .writingBack)
    #expect(machine.failures.map(\.version) == ["2"])
    #expect(machine.wish(release(1), under: careful, at: noon, id: id(5)) == .settled)
  }

  @Test func `rollback with nothing before says so`() {
    var machine = stableMachine()
    let result = machine.rollback(
      because: nil, by: "ann", rules: Rules(readyTimeout: .zero), at: noon, id: id(3))
    #expect(result == .refused("fraud has no earlier stable version to go back to"))
  }

  @Test func `a write-back that is postponed is due again at its time`() {
    var machine = machine(at: .pause(for: nil))
    _ = machine.rollback(because: nil, by: "ann", rules: Rules(readyTimeout: .zero), at: noon, id: id(3))
    settle(&machine, at: noon)
    #expect(machine.deadline() == noon)
    machine.wroteBack(.postponed("remote is down", until: noon + .seconds(8)))
    #expect(machine.deadline() == noon + .seconds(8))
    machine.wroteBack(.notPossible("conflict"))
    #expect(machine.deadline() == nil)
    let conditions = machine.conditions(readyInstances: 2, trouble: nil, before: [], at: noon)
    #expect(conditions.first { $0.type == .stalled }?.reason == "RevertNotPossible")
  }
}
