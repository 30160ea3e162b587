package import Vocabulary

/// What came of Git's wish.
package enum DesireResult: Hashable, Sendable {
  case unchanged
  /// A new rollout has begun; another one may have been replaced by it.
  case started(superseded: RolloutRecord?)
  /// Git returned to stable, so the running rollout has ended.
  case superseded(RolloutRecord)
  /// Git asks for stable again after a failure: the write-back is confirmed.
  case settled
  /// This very attempt has failed before and is not made again.
  case failedBefore(FailedAttempt)
  /// Git no longer has the model.
  case removing(superseded: RolloutRecord?)
  /// Git has the model again before its removal was complete.
  case kept
}

extension ModelMachine {
  /// Git asks for `release` under `terms`. `id` names the rollout if one starts.
  package mutating func desire(_ release: Release, under terms: Terms, at now: Timestamp, id: RolloutID)
    -> DesireResult
  {
    desired = release
    replicas = terms.replicas
    let wasRemoving = removing
    removing = false
    if let rollout, let result = desire(release, during: rollout, at: now) {
      return result
    }
    let superseded = endRollout(at: now)
    if release.revision == stable?.revision {
      stable?.commit = release.commit
      if wasRemoving { return .kept }
      return superseded.map(DesireResult.superseded) ?? .unchanged
    }
    if let failed = failures.last(where: { $0.attempt == Attempt(release) }) {
      return superseded.map(DesireResult.superseded) ?? .failedBefore(failed)
    }
    start(release, under: terms, at: now, id: id)
    return .started(superseded: superseded)
  }

  /// Git has no such model. What runs is stopped, whatever a rollout was doing.
  package mutating func desireNothing(at now: Timestamp) -> DesireResult {
    desired = nil
    guard !removing else { return .unchanged }
    let superseded = endRollout(at: now)
    removing = true
    return .removing(superseded: superseded)
  }

  /// `nil` when the running rollout has to make way.
  private mutating func desire(_ release: Release, during rollout: Rollout, at now: Timestamp)
    -> DesireResult?
  {
    switch (rollout.kind, rollout.stage) {
    case (.deploy, .stepping):
      // The same revision by another commit is the same candidate: nothing about it has changed.
      guard release.revision == rollout.candidate.revision else { return nil }
      self.rollout?.candidate.commit = release.commit
      return .unchanged
    case (.restore(let from, _), .stepping):
      // Git still asks for what a person is leaving, or already for where they are going.
      let known = [from.revision, rollout.candidate.revision]
      return known.contains(release.revision) ? .unchanged : nil
    case (_, .restoring):
      // Traffic first: `observe` looks at `desired` again once the gateway has confirmed.
      return release.revision == stable?.revision || isFailed(release, in: rollout) ? .unchanged : nil
    case (_, .writingBack), (_, .held):
      if release.revision == stable?.revision {
        self.rollout = nil
        stable?.commit = release.commit
        return .settled
      }
      return isFailed(release, in: rollout) ? .unchanged : nil
    }
  }

  /// Whether Git still asks for the attempt that this rollout has given up.
  private func isFailed(_ release: Release, in rollout: Rollout) -> Bool {
    Attempt(release) == Attempt(rollout.subject)
  }

  /// Drops the rollout. One that had already failed is in the history by then.
  private mutating func endRollout(at now: Timestamp) -> RolloutRecord? {
    defer { rollout = nil }
    guard let rollout, case .stepping = rollout.stage else { return nil }
    return RolloutRecord(rollout, of: name, outcome: .superseded, at: now)
  }

  private mutating func start(_ release: Release, under terms: Terms, at now: Timestamp, id: RolloutID) {
    let program: Program =
      stable == nil
      ? .firstDeployment(instances: terms.replicas)
      : .canary(terms.steps, instances: terms.replicas)
    rollout = Rollout(
      id: id, kind: .deploy, candidate: release, program: program, readyTimeout: terms.readyTimeout,
      checks: stable == nil ? [] : terms.checks, at: now)
  }
}
