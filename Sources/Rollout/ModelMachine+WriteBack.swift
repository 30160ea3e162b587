package import Vocabulary

/// What came of trying to write the revert.
package enum WriteBackResult: Hashable, Sendable {
  case pushed(CommitID)
  case movedOn
  case notPossible(String)
  /// Try again at the given time.
  case postponed(String, until: Timestamp)
}

extension ModelMachine {
  /// The branch has a new tip: what could not be reverted on the old one may be possible now.
  package mutating func branchMoved(at now: Timestamp) {
    guard case .writingBack(let failure, .notPossible) = rollout?.stage else { return }
    rollout?.stage = .writingBack(failure, .pending(tries: 0, retryAt: now, trouble: nil))
  }

  /// The revert came to this. Ignored when nothing waits for it any more.
  package mutating func wroteBack(_ result: WriteBackResult) {
    guard case .writingBack(let failure, let progress) = rollout?.stage,
      case .pending(let tries, _, _) = progress
    else { return }
    let next: WriteBackProgress =
      switch result {
      case .pushed(let commit): .pushed(commit)
      case .movedOn: .movedOn
      case .notPossible(let reason): .notPossible(reason)
      case .postponed(let reason, let until): .pending(tries: tries + 1, retryAt: until, trouble: reason)
      }
    rollout?.stage = .writingBack(failure, next)
  }
}
