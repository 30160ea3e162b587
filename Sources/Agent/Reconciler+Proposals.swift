import Effects
import Logging
import Manifests
import Rollout
import Vocabulary

/// Branches with reverts for people to merge.
extension Reconciler {
  /// How reverts get into Git.
  var wayBack: WriteBack.Way {
    switch settings.writeBack {
    case .push: .push
    case .branch:
      .propose { [weak self] (request, proposal) throws(JournalError) in
        try await self?.announce(proposal, for: request) ?? false
      }
    }
  }

  /// Journals that a branch is about to be pushed; `false` when nothing waits for it any more.
  private func announce(_ proposal: RevertProposal, for request: WriteBackRequest) async throws(JournalError)
    -> Bool
  {
    await turns.enter()
    defer { turns.leave() }
    guard var record = records[request.model], isPending(request) else { return false }
    if record.machine.intends(proposal) { try await save(record, []) }
    return true
  }

  /// A revert that was proposed to Git when nothing waited for it any more.
  func withdraw(_ result: WriteBackResult, of request: WriteBackRequest) async throws(JournalError) {
    guard case .proposed(let proposal) = result, var record = records[request.model] else { return }
    record.machine.withdraw(proposal)
    try await save(record, [])
  }

  /// Whether a branch that waits to be merged has to be looked at before its time: it would take back what has become
  /// good since, or reverts are pushed now.
  func isOutdated(_ proposal: RevertProposal) -> Bool {
    settings.writeBack == .push
      || proposal.others.contains { name, revision in records[name]?.machine.stable?.revision != revision }
  }

  /// Deletes one branch that nobody needs any more. Answers whether there was one.
  func withdrawDue() async -> Bool {
    let now = edges.clock.now()
    for name in names(where: \.hasWithdrawals) {
      let due = records[name]?.machine.withdrawals?.first { $0.retryAt <= now }
      guard let due else { continue }
      let jitter = Double(edges.dice() % 1000) / 1000
      let result = await edges.repository.withdraw(due, of: name, jitter: jitter)
      if case .postponed = result, Task.isCancelled { return false }
      do throws(JournalError) {
        try await take(result, of: due, for: name)
        return true
      } catch {
        edges.logger.error("a branch's end could not be journalled", metadata: ["error": "\(error)"])
        return false
      }
    }
    return false
  }

  private func take(_ result: WithdrawalResult, of withdrawal: Withdrawal, for name: ModelName)
    async throws(JournalError)
  {
    await turns.enter()
    defer { turns.leave() }
    guard var record = records[name] else { return }
    let now = edges.clock.now()
    record.machine.withdrew(withdrawal.branch, result, at: now)
    let news: (reason: String, message: String)? =
      switch result {
      case .deleted:
        (
          "ProposalWithdrawn",
          "\(name): the branch \(withdrawal.branch) is not needed any more, and is deleted"
        )
      case .left(let why): ("ProposalLeft", "\(name): \(why)")
      case .gone, .postponed: nil
      }
    let events = news.map { news in
      [JournalEntry.event(Event(at: now, model: name, reason: news.reason, message: news.message))]
    }
    try await save(record, events ?? [])
  }
}
