package import Vocabulary

/// What came of `evenkeel promote`.
package enum PromoteResult: Hashable, Sendable {
  /// The analysis or pause is over; the text names it.
  case advanced(past: Step)
  /// Nothing waits for a person; the text says what goes on instead.
  case nothingToPromote(String)
}

/// What came of `evenkeel abort`.
package enum AbortResult: Hashable, Sendable {
  case aborted(RolloutRecord)
  case nothingToAbort(String)
}

/// What came of `evenkeel rollback`.
package enum RollbackResult: Hashable, Sendable {
  /// The running rollout is given up; traffic returns to stable at once.
  case abandoned(RolloutRecord)
  /// The release before stable is on its way back.
  case started(to: Release)
  case nothingToRollBack(String)
}

/// What came of trying to write the revert.
package enum WriteBackResult: Hashable, Sendable {
  case pushed(CommitID)
  case movedOn
  case notPossible(String)
  /// Try again at the given time.
  case postponed(String, until: Timestamp)
}

extension ModelMachine {
  /// A person has seen enough: the current analysis or pause is complete.
  package mutating func promote(at now: Timestamp) -> PromoteResult {
    guard let rollout, case .stepping = rollout.stage else {
      return .nothingToPromote("\(name) has no rollout under way")
    }
    switch rollout.step {
    case .analyze, .pause:
      moveCursor(at: now)
      return .advanced(past: rollout.step)
    case .fetch, .verify, .start, .weight, .promote, .stop:
      return .nothingToPromote(
        "\(name) \(rollout.candidate.version) waits for nobody: it is at the step \"\(rollout.step)\"")
    }
  }

  /// Back to stable, with no revert: the commit stays, and the attempt is held.
  package mutating func abort(by person: String, at now: Timestamp) -> AbortResult {
    guard case .stepping = rollout?.stage else {
      return .nothingToAbort("\(name) has no rollout under way")
    }
    rollout?.requestedBy = person
    guard let record = restore(because: .abortedByHand, "aborted by \(person)", at: now) else {
      return .nothingToAbort("\(name) has no rollout under way")
    }
    return .aborted(record)
  }

  /// Back to the release before, and the revert in Git. `id` names the rollout that goes there.
  package mutating func rollback(
    because reason: String?, by person: String, readyTimeout: Duration, at now: Timestamp, id: RolloutID
  ) -> RollbackResult {
    let message = "rolled back by \(person)" + (reason.map { ": \($0)" } ?? "")
    if let rollout {
      if case .held(let failure) = rollout.stage { return release(rollout, failure, by: person, at: now) }
      guard case .stepping = rollout.stage, rollout.kind == .deploy else {
        return .nothingToRollBack("\(name) is already on its way back")
      }
      self.rollout?.requestedBy = person
      guard let record = restore(because: .rolledBackByHand, message, at: now) else {
        return .nothingToRollBack("\(name) is already on its way back")
      }
      return .abandoned(record)
    }
    guard let stable, let previous, !removing else {
      return .nothingToRollBack("\(name) has no earlier stable version to go back to")
    }
    let failure = Failure(
      reason: .rolledBackByHand, message: message, step: 1, steps: 1, stepText: "stable", at: now,
      checks: [], log: [])
    rollout = Rollout(
      id: id, kind: .restore(from: stable, failure: failure), candidate: previous,
      program: .restoration(instances: replicas), readyTimeout: readyTimeout, checks: [], at: now)
    rollout?.requestedBy = person
    return .started(to: previous)
  }

  /// A held attempt is not waited for any more: Git gets its revert after all.
  private mutating func release(_ held: Rollout, _ failure: Failure, by person: String, at now: Timestamp)
    -> RollbackResult
  {
    rollout?.requestedBy = person
    rollout?.stage = .writingBack(failure, .pending(tries: 0, retryAt: now, trouble: nil))
    guard let rollout else { return .nothingToRollBack("\(name) has no rollout under way") }
    return .abandoned(RolloutRecord(rollout, of: name, outcome: .rolledBack, at: now, failure: failure))
  }

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
