package import Effects
import Manifests
import Rollout
package import Vocabulary

/// What a person's command came to.
package enum SteerResult: Hashable, Sendable {
  case done(String)
  /// There was nothing to do; the text says what is the case instead.
  case refused(String)
  case unknownModel([ModelName])
}

extension Reconciler {
  /// Ends the current analysis or pause. `person` is recorded.
  package func promote(_ name: ModelName, by person: String) async throws(JournalError) -> SteerResult {
    try await steer(name) { record, now in
      switch record.machine.promote(at: now) {
      case .nothingToPromote(let reason): .refused(reason)
      case .advanced(let step):
        .changed("PromotedByHand", "\(name): \(person) ended the step \"\(step)\"", nil)
      }
    }
  }

  /// Back to stable, without a revert: the attempt is held until Git asks for something else.
  package func abort(_ name: ModelName, by person: String) async throws(JournalError) -> SteerResult {
    try await steer(name) { record, now in
      switch record.machine.abort(by: person, at: now) {
      case .nothingToAbort(let reason): .refused(reason)
      case .aborted(let rollout):
        .changed(
          "AbortedByHand",
          "\(name) \(rollout.version): \(person) aborted the rollout; \(wayBack(record))", rollout)
      }
    }
  }

  /// Back to stable, or from stable to the version before, with a revert in Git.
  package func rollback(_ name: ModelName, reason: String?, by person: String) async throws(JournalError)
    -> SteerResult
  {
    let id = rolloutID(at: edges.clock.now())
    return try await steer(name) { record, now in
      let result = record.machine.rollback(
        because: reason, by: person, readyTimeout: record.live.policy.readyTimeout, at: now, id: id)
      switch result {
      case .nothingToRollBack(let reason): return .refused(reason)
      case .abandoned(let rollout):
        let message = "\(name) \(rollout.version): \(person) rolled it back; \(wayBack(record))"
        return .changed("RolledBackByHand", message, rollout)
      case .started(let release):
        let entry = record.machine.rollout.map { RolloutRecord($0, of: name) }
        let message = "\(name): \(person) rolls back to version \(release.version)"
        return .changed("RolledBackByHand", message, entry)
      }
    }
  }

  private nonisolated func wayBack(_ record: ModelRecord) -> String {
    record.machine.stable.map { "traffic returns to version \($0.version)" } ?? "its instances stop"
  }

  private enum Steered {
    case refused(String)
    /// The event's reason and message, and the line of the history that changes with it.
    case changed(String, String, RolloutRecord?)
  }

  private func steer(
    _ name: ModelName, _ change: (inout ModelRecord, Timestamp) -> Steered
  ) async throws(JournalError) -> SteerResult {
    await turns.enter()
    defer { turns.leave() }
    guard var record = records[name], !record.machine.isGone else {
      return .unknownModel(records.values.filter { !$0.machine.isGone }.map(\.machine.name).sorted())
    }
    let now = edges.clock.now()
    switch change(&record, now) {
    case .refused(let reason):
      return .refused(reason)
    case .changed(let reason, let message, let rollout):
      if case .restore = record.machine.rollout?.kind, let candidate = record.machine.rollout?.candidate {
        crashes.clear(BackendKey(model: name, revision: candidate.revision))
      }
      let event = Event(
        at: now, model: name, rollout: record.machine.rollout?.id, reason: reason, message: message)
      try await save(record, [.event(event)] + (rollout.map { [.rollout($0)] } ?? []))
      return .done(message)
    }
  }
}
