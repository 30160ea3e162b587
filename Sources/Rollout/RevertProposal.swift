package import Vocabulary

/// A revert that people are asked to merge: a branch of the remote beside the one that is followed.
package struct RevertProposal: Hashable, Codable, Sendable {
  /// Without `refs/heads/`.
  package var branch: String
  /// Its tip when it was last looked at; what was about to be pushed to it, before that.
  package var commit: CommitID
  /// The revision that it takes back.
  package var failed: Revision
  /// The other models that it takes back with it, and to what. Should one of them get another stable revision, it would
  /// take back something good.
  package var others: [ModelName: Revision]
  /// Whether its tip is not a revert of ours, so that it is left as it is.
  package var isForeign: Bool

  package init(
    branch: String, commit: CommitID, failed: Revision, others: [ModelName: Revision] = [:],
    isForeign: Bool = false
  ) {
    self.branch = branch
    self.commit = commit
    self.failed = failed
    self.others = others
    self.isForeign = isForeign
  }
}

/// A branch with a revert of ours that is to go, as nobody needs it any more.
package struct Withdrawal: Hashable, Codable, Sendable {
  package var branch: String
  package var failed: Revision
  /// Tries that came to nothing.
  package var tries = 0
  /// When it is tried again.
  package var retryAt: Timestamp
}

/// What came of it.
package enum WithdrawalResult: Hashable, Sendable {
  case deleted
  /// Whoever merged it has deleted it already.
  case gone
  /// Somebody else has committed on it, or the server keeps it; why, in words. It stays.
  case left(String)
  /// Try again after the given time.
  case postponed(for: Duration)
}

extension WriteBackProgress {
  /// The branch that the revert is on for people to merge, as far as is known.
  package var proposal: RevertProposal? {
    switch self {
    case .pending(_, _, _, _, let proposal): proposal
    case .proposed(let proposal, _): proposal
    case .pushed, .movedOn, .notPossible: nil
    }
  }
}

extension ModelMachine {
  /// How long a branch that waits to be merged is left alone: somebody may have deleted it, or committed on it.
  static let proposalLook = Duration.seconds(600)
  /// How many branches of a model are to go at most.
  private static let mostWithdrawals = 20

  /// The branch that the revert is on for people to merge.
  package var proposal: RevertProposal? {
    guard case .writingBack(_, let progress) = rollout?.stage else { return nil }
    return progress.proposal
  }

  /// A branch is about to be pushed for the first time: should nobody live to tell that it was, it is known all the same.
  ///
  /// Answers whether that is news.
  package mutating func intends(_ proposal: RevertProposal) -> Bool {
    guard case .writingBack(let failure, let progress) = rollout?.stage,
      case .pending(let tries, let retryAt, let trouble, let refusal, nil) = progress
    else { return false }
    rollout?.stage = .writingBack(
      failure,
      .pending(tries: tries, retryAt: retryAt, trouble: trouble, refusal: refusal, proposal: proposal))
    return true
  }

  /// Drops the rollout. The branch with its revert is not needed any more.
  mutating func dropRollout() {
    let proposal = proposal
    rollout = nil
    if let proposal { withdraw(proposal) }
  }

  /// A branch that nothing waits for is to be deleted, if it is still ours.
  package mutating func withdraw(_ proposal: RevertProposal) {
    guard !proposal.isForeign, proposal.branch != self.proposal?.branch else { return }
    var list = withdrawals ?? []
    list.removeAll { $0.branch == proposal.branch }
    list.append(
      Withdrawal(
        branch: proposal.branch, failed: proposal.failed, retryAt: Timestamp(milliseconds: 0)))
    withdrawals = list.suffix(Self.mostWithdrawals)
  }

  /// Trying to delete a branch came to this.
  package mutating func withdrew(_ branch: String, _ result: WithdrawalResult, at now: Timestamp) {
    guard var list = withdrawals, let place = list.firstIndex(where: { $0.branch == branch }) else { return }
    if case .postponed(let wait) = result {
      list[place].tries += 1
      list[place].retryAt = now + wait
    } else {
      list.remove(at: place)
    }
    withdrawals = list.isEmpty ? nil : list
  }

  /// A branch that is proposed again stays.
  mutating func keep(_ branch: String) {
    withdrawals?.removeAll { $0.branch == branch }
    if withdrawals?.isEmpty == true { withdrawals = nil }
  }
}

extension RevertProposal {
  /// What people are to do about it.
  package var words: String {
    isForeign
      ? "the branch \(branch) holds something else than the agent's revert, and is left as it is: merge it, or delete it to "
        + "have the revert proposed there"
      : "the revert is on the branch \(branch): merge it"
  }
}
