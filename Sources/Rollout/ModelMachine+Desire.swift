package import Vocabulary

/// What came of Git's wish.
package enum DesireResult: Hashable, Sendable {
  case unchanged
  /// A rollout is due; the running one, if there was one, has made way for it.
  case due(superseded: RolloutRecord?)
  /// A rollout is due when the running one has ended.
  case queued(behind: Release)
  /// Git returned to stable, so the running rollout has ended.
  case superseded(RolloutRecord)
  /// Git asks for stable again after a failure: the write-back is confirmed.
  case settled
  /// Git returned to the release that is still kept warm: traffic goes back to it at once.
  case returned(RolloutRecord)
  /// This very attempt has failed before and is not made again.
  case failedBefore(FailedAttempt)
  /// Git no longer has the model.
  case removing(superseded: RolloutRecord?)
  /// Git has the model again before its removal was complete.
  case kept
}

/// What came of letting a rollout begin.
package enum BeginResult: Hashable, Sendable {
  case began
  case nothingDue
}

extension ModelMachine {
  /// Git asks for `release` under `terms`. A rollout that it takes is only due: `begin` starts it.
  package mutating func desire(
    _ release: Release, under terms: Terms, suspended: Bool = false, at now: Timestamp
  ) -> DesireResult {
    let before = desired
    desired = release
    self.terms = terms
    self.suspended = suspended
    replicas = terms.replicas
    let wasRemoving = removing
    removing = false
    if let rollout, let result = desire(release, during: rollout, at: now) { return result }
    let superseded = endRollout(at: now)
    if release.revision == stable?.revision {
      stable?.commit = release.commit
      if wasRemoving { return .kept }
      return superseded.map(DesireResult.superseded) ?? .unchanged
    }
    if let failed = quarantine(of: release) {
      if before == release, superseded == nil { return .unchanged }
      return superseded.map(DesireResult.superseded) ?? .failedBefore(failed)
    }
    return before == release && superseded == nil ? .unchanged : .due(superseded: superseded)
  }

  /// Git has no such model. What runs is stopped, whatever a rollout was doing.
  package mutating func desireNothing(at now: Timestamp) -> DesireResult {
    desired = nil
    guard !removing else { return .unchanged }
    let superseded = endRollout(at: now)
    removing = true
    return .removing(superseded: superseded)
  }

  /// The release that a rollout should bring, and that nothing in the machine itself keeps from beginning.
  package var due: Release? {
    guard rollout == nil, !removing, !suspended, pausedBy == nil else { return nil }
    return wish
  }

  /// What Git asks for that does not serve yet, and that has not failed.
  var wish: Release? {
    guard let desired, desired.revision != stable?.revision, quarantine(of: desired) == nil else {
      return nil
    }
    return desired
  }

  /// Why this release is not tried again by itself; `nil` when it may be tried.
  func quarantine(of release: Release) -> FailedAttempt? {
    let attempt = Attempt(release)
    guard retrying?.attempt != attempt else { return nil }
    return failures.last { $0.attempt == attempt }
  }

  /// Starts the rollout that is due; `id` names it.
  package mutating func begin(at now: Timestamp, id: RolloutID) -> BeginResult {
    guard let release = due, let terms else { return .nothingDue }
    rollout = Rollout(
      id: id, kind: .deploy, candidate: release, program: program(under: terms), rules: terms.rules,
      checks: stable == nil ? [] : terms.checks, at: now)
    if let retrying, retrying.attempt == Attempt(release) { rollout?.requestedBy = retrying.by }
    retrying = nil
    return .began
  }

  private func program(under terms: Terms) -> Program {
    stable == nil ? .firstDeployment(instances: terms.replicas) : terms.program
  }

  /// `nil` when the running rollout has to make way, or has by now.
  private mutating func desire(_ release: Release, during rollout: Rollout, at now: Timestamp)
    -> DesireResult?
  {
    switch (rollout.kind, rollout.stage) {
    case (.deploy, .stepping):
      return rollout.isPromoted
        ? desirePromoted(release, during: rollout, at: now) : desireStepping(release, during: rollout)
    case (.restore(let from, _), .stepping):
      // Git still asks for what a person is leaving, or already for where they are going.
      let known = [from.revision, rollout.candidate.revision]
      return known.contains(release.revision) ? .unchanged : nil
    case (_, .restoring):
      // Traffic first: `observe` looks at `desired` again once the gateway has confirmed.
      return .unchanged
    case (_, .writingBack), (_, .held):
      if release.revision == stable?.revision {
        dropRollout()
        stable?.commit = release.commit
        return .settled
      }
      return isFailed(release, in: rollout) ? .unchanged : nil
    }
  }

  private mutating func desireStepping(_ release: Release, during rollout: Rollout) -> DesireResult? {
    // The same revision by another commit is the same candidate: nothing about it has changed.
    if release.revision == rollout.candidate.revision {
      self.rollout?.candidate.commit = release.commit
      return .unchanged
    }
    // A return to stable needs no rollout, so there is nothing to put into a queue.
    guard rollout.rules.queues, release.revision != stable?.revision else { return nil }
    return .queued(behind: rollout.candidate)
  }

  /// The candidate is stable already, and the release before it may still be warm.
  private mutating func desirePromoted(_ release: Release, during rollout: Rollout, at now: Timestamp)
    -> DesireResult?
  {
    if release.revision == rollout.candidate.revision {
      stable?.commit = release.commit
      self.rollout?.candidate.commit = release.commit
      return .unchanged
    }
    if release.revision == rollout.displaced?.revision, case .watch = rollout.step {
      let message = "Git returned to version \(release.version) while it was kept warm"
      return restore(because: .rolledBackByHand, message, at: now).map(DesireResult.returned)
    }
    // As long as the promoted version does not answer, the one before it may be all there is.
    let isNeeded = rollout.unreadySince != nil && !rollout.isClosing
    return rollout.rules.queues || isNeeded ? .queued(behind: rollout.candidate) : nil
  }

  /// Whether Git still asks for the attempt that this rollout has given up.
  func isFailed(_ release: Release, in rollout: Rollout) -> Bool {
    Attempt(release) == Attempt(rollout.subject)
  }

  /// Drops the rollout. One that had already failed or was promoted is in the history by then.
  private mutating func endRollout(at now: Timestamp) -> RolloutRecord? {
    defer { dropRollout() }
    guard let rollout, case .stepping = rollout.stage, !rollout.isPromoted else { return nil }
    return RolloutRecord(rollout, of: name, outcome: .superseded, at: now)
  }
}
