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
    machine.wroteBack(.pushed("revert"), at: noon)
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
