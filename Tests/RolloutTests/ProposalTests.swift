import Foundation
import Rollout
import Testing
import Vocabulary

/// A revert that waits on a branch for people to merge it.
@Suite struct ProposalTests {
  private let proposal = RevertProposal(
    branch: "evenkeel/revert/fraud-commit-2", commit: "p1", failed: revision(2))

  /// Version 2 has failed, and its revert is due.
  private func failedMachine() -> ModelMachine {
    var machine = machine(at: .pause(for: nil))
    _ = machine.rollback(because: nil, by: "ann", rules: Rules(readyTimeout: .zero), at: noon, id: id(3))
    settle(&machine, at: noon)
    return machine
  }

  private func proposedMachine() -> ModelMachine {
    var machine = failedMachine()
    machine.wroteBack(.proposed(proposal), at: noon)
    return machine
  }

  private func condition(_ type: Condition.Kind, of machine: ModelMachine) -> Condition? {
    machine.conditions(readyInstances: 2, trouble: nil, before: [], at: noon).first { $0.type == type }
  }

  @Test func `the model says which branch to merge, and is looked after again in ten minutes`() throws {
    let machine = proposedMachine()
    #expect(machine.phase == .writingBack)
    for type in [Condition.Kind.stalled, .pinnedByRollback] {
      let found = try #require(condition(type, of: machine))
      #expect(found.reason == "RevertProposed")
      #expect(
        found.message.contains("the revert is on the branch evenkeel/revert/fraud-commit-2: merge it"))
    }
    #expect(condition(.reconciling, of: machine) == nil)
    #expect(machine.deadline() == noon + .seconds(600))
    #expect(machine.answeredBy == nil)
  }

  @Test func `a branch that moves has it brought up to date at once`() {
    var machine = proposedMachine()
    machine.branchMoved(at: noon + .seconds(5))
    #expect(machine.deadline() == noon + .seconds(5))
    #expect(condition(.stalled, of: machine)?.reason == "RevertProposed", "as long as that is under way")
    var newer = proposal
    newer.commit = "p2"
    machine.wroteBack(.proposed(newer), at: noon + .seconds(6))
    #expect(machine.proposal == newer)
    #expect(machine.withdrawals == nil, "it is the same branch")
  }

  @Test func `trouble with it forgets neither the branch nor that the server said no`() throws {
    var machine = proposedMachine()
    machine.wroteBack(.postponed("the remote is down", for: .seconds(9)), at: noon)
    #expect(machine.proposal == proposal)
    #expect(condition(.stalled, of: machine)?.reason == "WriteBackFailing")
    machine.wroteBack(.refused(.hook, "no", for: .seconds(60)), at: noon)
    #expect(machine.proposal == proposal)
    #expect(condition(.pinnedByRollback, of: machine)?.reason == "PushRefused")
    #expect(try JSONDecoder().decode(ModelMachine.self, from: JSONEncoder().encode(machine)) == machine)
    machine.wroteBack(.proposed(proposal), at: noon)
    #expect(condition(.stalled, of: machine)?.reason == "RevertProposed")
  }

  @Test func `once Git asks for stable again the branch is to go`() {
    var machine = proposedMachine()
    #expect(machine.desire(release(1, commit: "merged"), under: careful, at: dusk) == .settled)
    #expect(machine.phase == .stable)
    #expect(machine.withdrawals?.map(\.branch) == [proposal.branch])
    machine.withdrew(proposal.branch, .postponed(for: .seconds(60)), at: dusk)
    #expect(machine.deadline() == dusk + .seconds(60))
    machine.clockJumped(by: .seconds(5))
    #expect(machine.deadline() == dusk + .seconds(65))
    machine.withdrew(proposal.branch, .deleted, at: dusk)
    #expect(machine.withdrawals == nil)
    #expect(machine.deadline() == nil)
  }

  @Test(arguments: [WriteBackResult.movedOn, .pushed("main"), .notPossible("conflict")])
  func `so it is when there is nothing to merge any more`(_ result: WriteBackResult) {
    var machine = proposedMachine()
    machine.wroteBack(result, at: dusk)
    #expect(machine.withdrawals?.map(\.branch) == [proposal.branch])
  }

  @Test func `so it is when a newer commit, a retry or a removal ends the wait`() {
    var superseded = proposedMachine()
    _ = superseded.desire(release(3), under: careful, at: dusk)
    var retried = proposedMachine()
    _ = retried.retry(by: "bob")
    var removed = proposedMachine()
    _ = removed.desireNothing(at: dusk)
    for machine in [superseded, retried, removed] {
      #expect(machine.withdrawals?.map(\.branch) == [proposal.branch])
    }
  }

  @Test func `a branch that was only about to be pushed is to go as well`() {
    var machine = failedMachine()
    let isNews = machine.intends(proposal)
    let isNewsAgain = machine.intends(proposal)
    #expect(isNews && !isNewsAgain)
    #expect(condition(.pinnedByRollback, of: machine)?.reason == "RevertPending")
    _ = machine.desire(release(1, commit: "by hand"), under: careful, at: dusk)
    #expect(machine.withdrawals?.map(\.branch) == [proposal.branch])
  }

  @Test func `a branch that is proposed again stays`() {
    var machine = proposedMachine()
    machine.withdraw(proposal)
    #expect(machine.withdrawals == nil)
    _ = machine.retry(by: "bob")
    #expect(machine.withdrawals != nil)
    _ = machine.begin(at: dusk, id: id(4))
    settle(&machine, at: dusk)
    _ = machine.rollback(because: nil, by: "ann", rules: Rules(readyTimeout: .zero), at: dusk, id: id(5))
    settle(&machine, at: dusk)
    machine.wroteBack(.proposed(proposal), at: dusk)
    #expect(machine.withdrawals == nil)
  }

  @Test func `what people have committed there is left`() throws {
    var machine = failedMachine()
    var theirs = proposal
    theirs.isForeign = true
    machine.wroteBack(.proposed(theirs), at: noon)
    let stalled = try #require(condition(.stalled, of: machine))
    #expect(stalled.message.contains("is left as it is: merge it, or delete it"))
    _ = machine.desire(release(1, commit: "merged"), under: careful, at: dusk)
    #expect(machine.withdrawals == nil)
  }
}
