import Effects
import Rollout
import Vocabulary

extension ObserveResult {
  /// What the journal says about it.
  func entries(of name: ModelName, before: ModelMachine, after: ModelMachine, at now: Timestamp)
    -> [JournalEntry]
  {
    let rollout = before.rollout
    func event(_ reason: String, _ message: String) -> JournalEntry {
      .event(Event(at: now, model: name, rollout: rollout?.id, reason: reason, message: message))
    }
    let version = rollout?.candidate.version ?? ""
    switch self {
    case .waiting:
      return []
    case .advanced(let step):
      let next = after.rollout.map { "; next: \($0.step)" } ?? ""
      let record = after.rollout.map { [JournalEntry.rollout(RolloutRecord($0, of: name))] } ?? []
      return record + [event("StepCompleted", "\(name) \(version): \(step) is complete\(next)")]
    case .failed(let record):
      let failure = record.failure?.message ?? ""
      let next = after.stable.map { "traffic returns to version \($0.version)" } ?? "its instances stop"
      return [
        .rollout(record), event("RolloutFailed", "\(name) \(version) failed: \(failure); \(next)"),
      ]
    case .promoted(let record):
      return [.rollout(record), event("Promoted", "\(name) \(version) is stable")]
    case .restoredByHand(let record):
      return [
        .rollout(record),
        event("RestoredByHand", "\(name) is back on version \(version); the revert follows"),
      ]
    case .restored:
      let stable = after.stable.map { "on version \($0.version)" } ?? "off the gateway"
      return [event("Restored", "\(name) is \(stable); no request reaches version \(version)")]
    }
  }
}

extension DesireResult {
  func entries(of name: ModelName, after: ModelMachine, at now: Timestamp) -> [JournalEntry] {
    func event(_ reason: String, _ message: String) -> JournalEntry {
      .event(Event(at: now, model: name, rollout: after.rollout?.id, reason: reason, message: message))
    }
    let version = after.desired?.version ?? ""
    switch self {
    case .unchanged:
      return []
    case .started(let superseded):
      let commit = after.desired?.commit.map { " of commit \($0.short)" } ?? ""
      let record = after.rollout.map { [JournalEntry.rollout(RolloutRecord($0, of: name))] } ?? []
      return superseded.entries(of: name, at: now) + record
        + [event("RolloutStarted", "\(name): rollout of version \(version)\(commit) begins")]
    case .superseded(let record):
      return [record].entries(of: name, at: now)
    case .settled:
      return [event("GitAgrees", "\(name): Git asks for version \(version) again, which serves")]
    case .failedBefore(let failed):
      return [
        event(
          "FailedBefore",
          "\(name) \(failed.version) failed before and is not tried again: \(failed.message)")
      ]
    case .removing(let superseded):
      return superseded.entries(of: name, at: now)
        + [event("RemovalStarted", "\(name) is no longer in Git; its instances stop")]
    case .kept:
      return [event("RemovalCancelled", "\(name) is in Git again")]
    }
  }
}

extension Sequence<RolloutRecord> {
  fileprivate func entries(of name: ModelName, at now: Timestamp) -> [JournalEntry] {
    flatMap { record in
      [
        JournalEntry.rollout(record),
        .event(
          Event(
            at: now, model: name, rollout: record.id, reason: "Superseded",
            message: "\(name) \(record.version): superseded by a newer commit")),
      ]
    }
  }
}

extension RolloutRecord? {
  fileprivate func entries(of name: ModelName, at now: Timestamp) -> [JournalEntry] {
    (map { [$0] } ?? []).entries(of: name, at: now)
  }
}
