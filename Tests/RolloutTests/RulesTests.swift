import Rollout
import Testing
import Vocabulary

/// What a policy says about failures, doubt, time and newer commits.
@Suite struct RulesTests {
  private let analysis = Step.analyze(for: .seconds(60), minRequests: 100)

  private func analyzing(_ rules: Rules) -> (ModelMachine, Timestamp) {
    var machine = begun(.beside([.weight(10), analysis], instances: 1), checks: [budget], rules: rules)
    let now = pass(&machine, upTo: analysis)
    return (machine, now)
  }

  private func bad(_ machine: ModelMachine) -> ModelObservation {
    obliging(machine, counts: [revision(2): RequestCounts(requests: 200_000, errors: 100_000)])
  }

  private func silent(_ machine: ModelMachine) -> ModelObservation { obliging(machine, counts: [:]) }

  @Test func `a failure that is to be held is restored, and Git is left as it is`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30), onFailure: .hold))
    guard case .failed = machine.observe(bad(machine), at: now + .seconds(5)) else {
      Issue.record("did not fail")
      return
    }
    #expect(machine.observe(obliging(machine), at: now + .seconds(5)) == .restored)
    #expect(machine.phase == .held)
    #expect(machine.wanted().weights == [revision(1): 100])
  }

  @Test func `doubt holds by default, for as long as it lasts`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30)))
    #expect(machine.observe(silent(machine), at: now + .seconds(1_000_000)) == .waiting)
    #expect(machine.rollout?.waitingFor == "100 more requests to judge by")
  }

  @Test func `doubt goes on when the policy says so, and the history says without what`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30), onUndecided: .goOn))
    #expect(machine.observe(silent(machine), at: now + .seconds(59)) == .waiting)
    #expect(
      machine.observe(silent(machine), at: now + .seconds(60))
        == .advanced(completed: analysis, undecided: "100 more requests to judge by"))
  }

  @Test func `doubt is a failure when the policy says so`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30), onUndecided: .fail))
    guard case .failed(let record) = machine.observe(silent(machine), at: now + .seconds(60)) else {
      Issue.record("did not fail")
      return
    }
    #expect(record.failure?.reason == .undecided)
  }

  @Test func `a rollout that is not promoted within its deadline fails, and says what it waited for`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30), progressDeadline: .seconds(600)))
    #expect(machine.observe(silent(machine), at: noon + .seconds(599)) == .waiting)
    #expect(machine.deadline() == noon + .seconds(600) || machine.deadline() == now + .seconds(60))
    guard case .failed(let record) = machine.observe(silent(machine), at: noon + .seconds(600)) else {
      Issue.record("did not fail")
      return
    }
    #expect(record.failure?.reason == .deadlineExceeded)
    #expect(
      record.failure?.message == "not promoted within 10m, waiting for: 100 more requests to judge by")
  }

  @Test func `the time that a person takes does not count against the deadline`() {
    let program = Program.beside(
      [.weight(10), .pause(for: nil), .weight(20), .pause(for: .seconds(60))], instances: 1)
    var machine = begun(program, rules: Rules(readyTimeout: .seconds(30), progressDeadline: .seconds(600)))
    _ = pass(&machine, upTo: .pause(for: nil))
    let late = noon + .seconds(100_000)
    #expect(machine.observe(world(machine), at: late) == .waiting)
    _ = machine.promote(by: "ann", now: late)
    _ = machine.observe(world(machine), at: late)
    #expect(machine.observe(world(machine), at: late + .seconds(59)) == .waiting)
    #expect(machine.phase == .stepping)
  }

  @Test func `a newer commit waits in the queue, and is due when the rollout has ended`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30), queues: true))
    #expect(machine.desire(release(3), under: careful, at: now) == .queued(behind: release(2)))
    #expect(machine.due == nil)
    #expect(machine.rollout?.candidate == release(2))
    now = pass(&machine, upTo: .stop, from: now)
    _ = machine.observe(world(machine), at: now)
    #expect(machine.stable == release(2))
    #expect(machine.due == release(3))
  }

  @Test func `when the queue's first fails, nothing is reverted: Git asks for something newer`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30), queues: true))
    _ = machine.desire(release(3), under: careful, at: now)
    _ = machine.observe(bad(machine), at: now + .seconds(5))
    #expect(machine.observe(obliging(machine), at: now + .seconds(5)) == .restored)
    #expect(machine.rollout == nil)
    #expect(machine.due == release(3))
  }

  @Test func `a queue does not hold back a return to stable`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30), queues: true))
    guard case .superseded = machine.desire(release(1, commit: "undo"), under: careful, at: now) else {
      Issue.record("not ended")
      return
    }
    #expect(machine.phase == .stable)
  }

  @Test func `a policy that is edited in the middle holds from the next rollout on`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30)))
    let other = terms(.recreate(instances: 1))
    #expect(machine.desire(release(2), under: other, at: now) == .unchanged)
    #expect(machine.rollout?.step == analysis)
    #expect(!machine.wanted().isExclusive)
    now = pass(&machine, upTo: .stop, from: now)
    _ = machine.observe(world(machine), at: now)
    _ = machine.wish(release(3), under: other, at: now, id: id(3))
    #expect(machine.rollout?.program == .recreate(instances: 1))
  }

  @Test func `a model that is removed in the middle of a rollout stops all of it`() {
    var (machine, now) = analyzing(Rules(readyTimeout: .seconds(30)))
    guard case .removing(let superseded?) = machine.desireNothing(at: now) else {
      Issue.record("not removing")
      return
    }
    #expect(superseded.version == "2")
    #expect(machine.wanted() == Wanted())
  }
}
