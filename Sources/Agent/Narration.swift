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
    case .advanced(let step, let undecided):
      let next = after.rollout.map { "; next: \($0.step)" } ?? ""
      let lack = undecided.map { " without \($0), as the policy says" } ?? ""
      let record = after.rollout.map { [JournalEntry.rollout(RolloutRecord($0, of: name))] } ?? []
      return record + [event("StepCompleted", "\(name) \(version): \(step) is complete\(lack)\(next)")]
    case .halted(let cause):
      return [event("RolloutHalted", "\(name) \(version) stays as it is: \(cause.message)")]
    case .resumed:
      return [event("RolloutResumed", "\(name) \(version) goes on")]
    case .finished:
      return [event("RolloutFinished", "\(name) \(version): the rollout is complete")]
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

extension ModelMachine {
  /// What the journal says when the rollout of a machine has begun.
  func beginning(at now: Timestamp) -> [JournalEntry] {
    guard let rollout else { return [] }
    let commit = rollout.candidate.commit.map { " of commit \($0.short)" } ?? ""
    let message = "\(name): rollout of version \(rollout.candidate.version)\(commit) begins"
    return [
      .rollout(RolloutRecord(rollout, of: name)),
      .event(Event(at: now, model: name, rollout: rollout.id, reason: "RolloutStarted", message: message)),
    ]
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
    case .due(let superseded):
      return superseded.entries(of: name, at: now)
    case .queued(let running):
      return [
        event(
          "RolloutQueued",
          "\(name): version \(version) waits for the end of the rollout of version \(running.version)")
      ]
    case .returned(let record):
      let message = "\(name): \(record.failure?.message ?? ""); traffic returns to it"
      return [.rollout(record), event("RolledBackInGit", message)]
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
