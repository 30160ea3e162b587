import Rollout
import Testing
import Vocabulary

/// What people may ask for, and when.
@Suite struct SteeringTests {
  @Test func `promote ends a pause and an analysis, and nothing else`() {
    var paused = machine(at: .pause(for: nil))
    #expect(paused.promote(by: "ann", now: noon) == .changed(.pause(for: nil)))
    var analyzing = machine(at: .analyze(for: .seconds(60), minRequests: 100))
    #expect(
      analyzing.promote(by: "ann", now: noon) == .changed(.analyze(for: .seconds(60), minRequests: 100)))
    var starting = machine(at: .start(instances: 2))
    guard case .refused = starting.promote(by: "ann", now: noon) else {
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
    machine.wroteBack(.notPossible("conflict"), at: noon)
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

  @Test func `a rollback that fails leaves a line about the version it was to go back to`() throws {
    var machine = machine(at: .promote)
    settle(&machine, at: noon)
    _ = machine.rollback(
      because: "drift", by: "ann", rules: Rules(readyTimeout: .seconds(30)), at: noon, id: id(3))
    var world = obliging(machine)
    world.artifact = .failed(.digestMismatch, "other bytes")
    guard case .failed(let record) = machine.observe(world, at: noon) else {
      Issue.record("it did not fail")
      return
    }
    #expect(record.version == "1" && record.outcome == .rolledBack && record.requestedBy == "ann")
    settle(&machine, at: noon)
    #expect(machine.stable == release(2) && machine.phase == .stable)
  }

  @Test func `a version that has failed since is nothing to go back to by itself`() throws {
    var machine = machine(at: .promote)
    settle(&machine, at: noon)
    #expect(machine.past.map(\.version) == ["1"])
    _ = machine.wish(release(1, commit: "again"), under: careful, at: noon, id: id(3))
    var world = obliging(machine)
    world.artifact = .failed(.digestMismatch, "other bytes")
    _ = machine.observe(world, at: noon)
    settle(&machine, at: noon)
    machine.wroteBack(.pushed("revert"), at: noon)
    _ = machine.wish(release(2, commit: "revert"), under: careful, at: noon, id: id(4))
    #expect(machine.stable?.version == "2" && machine.past.isEmpty)
  }

  @Test func `a rollback that arrives when Git asks for something newer has nothing to revert`() throws {
    var machine = machine(at: .promote)
    settle(&machine, at: noon)
    _ = machine.rollback(
      because: nil, by: "ann", rules: Rules(readyTimeout: .seconds(30)), at: noon, id: id(3))
    _ = machine.desire(release(2, commit: "anew"), under: careful, at: noon)
    settle(&machine, at: noon)
    #expect(machine.stable == release(1))
    #expect(machine.rollout == nil && machine.due == release(2, commit: "anew"))
  }

  @Test func `a rollback that is given again later goes back no further`() throws {
    var machine = machine(at: .promote)
    settle(&machine, at: noon)
    _ = machine.wish(release(3), under: careful, at: noon, id: id(3))
    _ = machine.promote(full: true, by: "ann", now: noon)
    settle(&machine, at: noon)
    #expect(machine.stable?.version == "3" && machine.past.map(\.version) == ["2", "1"])
    let rules = Rules(readyTimeout: .seconds(30))
    _ = machine.rollback(because: nil, by: "ann", rules: rules, at: noon, id: id(4))
    settle(&machine, at: noon)
    machine.wroteBack(.pushed("revert"), at: noon)
    _ = machine.wish(release(2, commit: "revert"), under: careful, at: noon, id: id(5))
    guard
      case .already(let words) = machine.rollback(because: nil, by: "bob", rules: rules, at: noon, id: id(6))
    else {
      Issue.record("it went back twice")
      return
    }
    #expect(words.contains("rolled back to version 2 by ann"))
    let further = machine.rollback(to: "1", because: nil, by: "bob", rules: rules, at: noon, id: id(7))
    #expect(further == .changed(.started(to: release(1))))
  }

  @Test func `a retry that is given again says that it is about to be made`() throws {
    var machine = machine(at: .pause(for: nil))
    _ = machine.abort(by: "ann", at: noon)
    settle(&machine, at: noon)
    #expect(machine.retry(by: "ann") == .changed(release(2)))
    guard case .already(let words) = machine.retry(by: "ann") else {
      Issue.record("it was asked for twice")
      return
    }
    #expect(words.contains("about to be tried once more"))
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
    machine.wroteBack(.postponed("remote is down", for: .seconds(8)), at: noon)
    #expect(machine.deadline() == noon + .seconds(8))
    machine.wroteBack(.notPossible("conflict"), at: noon)
    #expect(machine.deadline() == nil)
    let conditions = machine.conditions(readyInstances: 2, trouble: nil, before: [], at: noon)
    #expect(conditions.first { $0.type == .stalled }?.reason == "RevertNotPossible")
  }

  @Test func `promote --full leaves out everything up to the promotion`() {
    let steps: [Step] = [
      .mirror(20), .analyze(for: .seconds(60), minRequests: 10), .mirror(0), .weight(10), .pause(for: nil),
    ]
    var machine = begun(.beside(steps, instances: 1, window: .seconds(600)))
    let now = pass(&machine, upTo: .analyze(for: .seconds(60), minRequests: 10))
    #expect(
      machine.promote(full: true, by: "ann", now: now)
        == .changed(.analyze(for: .seconds(60), minRequests: 10)))
    #expect(machine.rollout?.step == .promote)
    #expect(machine.wanted().weights == [revision(2): 100])
    #expect(machine.wanted().mirror == 0)
    guard case .already = machine.promote(full: true, by: "ann", now: now) else {
      Issue.record("promoted twice")
      return
    }
    _ = pass(&machine, upTo: .watch(for: .seconds(600)), from: now)
    #expect(machine.stable?.version == "2")
  }

  @Test func `promote --full of a candidate that is not ready promotes it when it is`() {
    var machine = begun(.beside([.weight(10), .pause(for: nil)], instances: 1))
    #expect(machine.promote(full: true, by: "ann", now: noon) == .changed(.fetch))
    #expect(machine.rollout?.step == .fetch)
    _ = pass(&machine, upTo: .stop)
    #expect(machine.stable?.version == "2")
  }

  @Test func `promote --full of a shadow that was looked at starts it again first`() {
    let steps: [Step] = [.mirror(20), .mirror(0), .stopCandidate, .pause(for: nil), .start(instances: 1)]
    var machine = begun(.beside(steps, instances: 1))
    let now = pass(&machine, upTo: .pause(for: nil))
    _ = machine.promote(full: true, by: "ann", now: now)
    #expect(machine.rollout?.step == .start(instances: 1))
    #expect(machine.wanted().weights == [revision(1): 100])
  }

  @Test func `a promotion that names its step does not skip two`() {
    var machine = machine(at: .pause(for: nil))
    let step = machine.rollout.map { $0.cursor + 1 }
    #expect(machine.promote(at: step, by: "ann", now: noon) == .changed(.pause(for: nil)))
    guard case .already = machine.promote(at: step, by: "ann", now: noon) else {
      Issue.record("promoted twice")
      return
    }
  }

  @Test func `abort of what is aborted says so`() {
    var machine = machine(at: .pause(for: nil))
    _ = machine.abort(by: "ann", at: noon)
    #expect(machine.abort(by: "bob", at: noon) == .already("fraud is back on stable: aborted by ann"))
    settle(&machine, at: noon)
    #expect(machine.abort(by: "bob", at: noon) == .already("fraud is back on stable: aborted by ann"))
  }

  @Test func `retry makes a held attempt once more, and only once`() {
    var machine = machine(at: .pause(for: nil))
    _ = machine.abort(by: "ann", at: noon)
    #expect(
      machine.retry(by: "ann")
        == .refused("fraud: traffic is on its way back to stable; try again when it is there"))
    settle(&machine, at: noon)
    #expect(machine.retry(by: "ann") == .changed(release(2)))
    #expect(machine.begin(at: noon, id: id(5)) == .began)
    guard case .already = machine.retry(by: "ann") else {
      Issue.record("retried a running rollout")
      return
    }
    _ = machine.abort(by: "ann", at: noon)
    settle(&machine, at: noon)
    #expect(machine.due == nil)
    #expect(machine.phase == .held)
  }

  @Test func `retry of a quarantined version that Git asks for begins it`() {
    var machine = machine(at: .pause(for: nil))
    _ = machine.rollback(because: nil, by: "ann", rules: careful.rules, at: noon, id: id(3))
    settle(&machine, at: noon)
    _ = machine.desire(release(1, commit: "revert"), under: careful, at: noon)
    _ = machine.desire(release(2), under: careful, at: noon)
    #expect(machine.due == nil)
    #expect(machine.retry(by: "ann") == .changed(release(2)))
    #expect(machine.due == release(2))
  }

  @Test func `rollback --to goes to an older version, and what lies between is forgotten`() {
    var machine = stableMachine()
    for version in 2...4 {
      _ = machine.wish(release(version), under: terms(.beside([], instances: 2)), at: noon, id: id(version))
      settle(&machine, at: noon)
    }
    #expect(machine.past.map(\.version) == ["3", "2", "1"])
    #expect(
      machine.rollback(to: "9", because: nil, by: "ann", rules: careful.rules, at: noon, id: id(9))
        == .refused("fraud has no earlier stable version 9; there is 3, 2, 1"))
    #expect(
      machine.rollback(to: "4", because: nil, by: "ann", rules: careful.rules, at: noon, id: id(9))
        == .already("fraud is on version 4"))
    #expect(
      machine.rollback(to: "2", because: nil, by: "ann", rules: careful.rules, at: noon, id: id(9))
        == .changed(.started(to: release(2))))
    settle(&machine, at: noon)
    #expect(machine.stable == release(2))
    #expect(machine.past.map(\.version) == ["1"])
    #expect(machine.phase == .writingBack)
    #expect(machine.failures.map(\.version) == ["4"])
  }

  @Test func `a rollback that is asked for again goes on`() {
    var machine = machine(at: .promote)
    settle(&machine, at: noon)
    _ = machine.rollback(because: nil, by: "ann", rules: careful.rules, at: noon, id: id(3))
    for version in [nil, "1"] {
      let again = machine.rollback(
        to: version, because: nil, by: "ann", rules: careful.rules, at: noon, id: id(4))
      #expect(again == .already("fraud is already on its way back to version 1"))
    }
    let elsewhere = machine.rollback(
      to: "2", because: nil, by: "ann", rules: careful.rules, at: noon, id: id(4))
    #expect(elsewhere == .refused("fraud is on its way back to version 1; abort it, then roll back"))
    #expect(machine.rollout?.id == id(3))
    settle(&machine, at: noon)
    guard
      case .already = machine.rollback(
        to: "1", because: nil, by: "ann", rules: careful.rules, at: noon, id: id(4))
    else {
      Issue.record("rolled back twice")
      return
    }
  }

  @Test func `rollback in the window is one step back`() {
    var machine = begun(.beside([], instances: 1, window: .seconds(600)))
    let now = pass(&machine, upTo: .watch(for: .seconds(600)))
    let result = machine.rollback(
      because: "odd answers", by: "ann", rules: careful.rules, at: now, id: id(3))
    guard case .changed(.abandoned(let record)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(record.failure?.message == "rolled back by ann: odd answers")
    #expect(machine.wanted().weights == [revision(1): 100])
  }
}
