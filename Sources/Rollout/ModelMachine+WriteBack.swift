package import Vocabulary

/// What came of trying to write the revert.
package enum WriteBackResult: Hashable, Sendable {
  case pushed(CommitID)
  case movedOn
  case notPossible(String)
  /// Try again after the given time.
  case postponed(String, for: Duration)
  /// The server says no; in words, with what would help. Try again after the given time.
  case refused(PushRefusal.Kind, String, for: Duration)
  /// It is on a branch of its own, for people to merge.
  case proposed(RevertProposal)
}

extension ModelMachine {
  /// The branch has a new tip: what could not be reverted on the old one may be possible now, whoever could push it may have
  /// changed the server's mind, and what people are to merge has to fit on top of it.
  package mutating func branchMoved(at now: Timestamp) {
    guard case .writingBack(let failure, let progress) = rollout?.stage else { return }
    switch progress {
    case .notPossible:
      rollout?.stage = .writingBack(failure, .pending(tries: 0, retryAt: now, trouble: nil))
    case .pending(let tries, let retryAt, let trouble, let refusal?, let proposal):
      rollout?.stage = .writingBack(
        failure,
        .pending(
          tries: tries, retryAt: min(retryAt, now), trouble: trouble, refusal: refusal, proposal: proposal))
    case .proposed(let proposal, let lookAt):
      rollout?.stage = .writingBack(failure, .proposed(proposal, lookAt: min(lookAt, now)))
    case .pending, .pushed, .movedOn: return
    }
  }

  /// The revert came to this. Ignored when nothing waits for it any more.
  package mutating func wroteBack(_ result: WriteBackResult, at now: Timestamp) {
    guard case .writingBack(let failure, let progress) = rollout?.stage,
      let (tries, earlier) = progress.waiting
    else { return }
    let proposal = progress.proposal
    let next: WriteBackProgress =
      switch result {
      case .pushed(let commit): .pushed(commit)
      case .movedOn: .movedOn
      case .notPossible(let reason): .notPossible(reason)
      case .postponed(let reason, let wait):
        .pending(
          tries: earlier == nil ? tries + 1 : 1, retryAt: now + wait, trouble: reason, proposal: proposal)
      case .refused(let kind, let words, let wait):
        .pending(
          tries: earlier == nil ? 1 : tries + 1, retryAt: now + wait, trouble: words, refusal: kind,
          proposal: proposal)
      case .proposed(let proposal): .proposed(proposal, lookAt: now + Self.proposalLook)
      }
    rollout?.stage = .writingBack(failure, next)
    if let branch = next.proposal?.branch { keep(branch) }
    if let proposal { withdraw(proposal) }
  }

  /// Git asked for something else than the failed attempt, by our revert or somebody's commit; `nil` when nothing says so.
  package var answeredBy: WriteBackProgress? {
    guard case .writingBack(_, let progress) = rollout?.stage else { return nil }
    return switch progress {
    case .pushed, .movedOn: progress
    case .pending, .notPossible, .proposed: nil
    }
  }

  /// A look at Git that began after the failure had been answered there finds that the failed attempt is asked for all the
  /// same: somebody has set the branch back. Nobody is fought: the attempt is held for a person.
  ///
  /// Answers whether that is news.
  package mutating func answerVanished(_ answer: WriteBackProgress) -> Bool {
    guard let rollout, case .writingBack(let failure, answer) = rollout.stage, let desired,
      desired.revision != stable?.revision, isFailed(desired, in: rollout)
    else { return false }
    let lost =
      if case .pushed(let commit) = answer { "commit \(commit.short), which reverts it," } else {
        "the commit that took it back"
      }
    self.rollout?.stage = .held(failure)
    self.rollout?.waitingFor =
      "\(lost) is not on the branch any more; `evenkeel rollback` reverts it again, `evenkeel retry` tries it again"
    return true
  }
}

extension WriteBackProgress {
  /// How often it was tried in vain, and whether the server said no; `nil` when nothing is to be tried.
  package var waiting: (tries: Int, refusal: PushRefusal.Kind?)? {
    switch self {
    case .pending(let tries, _, _, let refusal, _): (tries, refusal)
    case .proposed: (0, nil)
    case .pushed, .movedOn, .notPossible: nil
    }
  }
}
