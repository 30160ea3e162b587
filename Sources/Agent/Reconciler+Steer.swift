package import Effects
import Manifests
import Planning
import Rollout
package import Vocabulary

/// What a person asks of a model.
package enum SteerCommand: Hashable, Sendable {
  /// Ends the current analysis or pause; with `full`, everything up to the promotion. `step` (from 1) is where the
  /// person saw the rollout: a command that arrives later does nothing.
  case promote(full: Bool, step: Int?)
  case pause
  case resume
  /// Back to stable, without a revert: the attempt is held until Git asks for something else.
  case abort
  /// Makes the failed attempt that Git still asks for once more.
  case retry
  /// Back to stable, or from stable to an earlier version, with a revert in Git.
  case rollback(to: String?, reason: String?)
}

/// What a person's command came to.
package enum SteerResult: Hashable, Sendable {
  case done(String)
  /// It was so already; the text says how.
  case already(String)
  /// It makes no sense now; the text says what is the case instead.
  case refused(String)
  case unknownModel([ModelName])
}

extension Reconciler {
  /// Does as a person says, and records who it was.
  package func steer(_ name: ModelName, _ command: SteerCommand, by person: String) async throws(JournalError)
    -> SteerResult
  {
    await turns.enter()
    defer { turns.leave() }
    try await followClock()
    guard var record = records[name], !record.machine.isGone else {
      return .unknownModel(records.values.filter { !$0.machine.isGone }.map(\.machine.name).sorted())
    }
    let now = edges.clock.now()
    let steered = apply(command, to: &record, by: person, at: now)
    switch steered {
    case .already(let words): return .already(words)
    case .refused(let reason): return .refused(reason)
    case .changed(let news):
      if case .restore = record.machine.rollout?.kind, let candidate = record.machine.rollout?.candidate {
        crashes.clear(BackendKey(model: name, revision: candidate.revision))
      }
      let event = Event(
        at: now, model: name, rollout: news.record?.id ?? record.machine.rollout?.id, reason: news.reason,
        message: news.message)
      // The line of one that has ended says how, and stays.
      let running = record.machine.phase.isUnderWay ? record.machine.rollout : nil
      let line = news.record ?? (command.isNoted ? running.map { RolloutRecord($0, of: name) } : nil)
      try await save(record, [.event(event)] + (line.map { [.rollout($0)] } ?? []))
      return .done(news.message)
    }
  }

  /// What the event and the history say about a command.
  private struct News: Hashable {
    var reason: String
    var message: String
    /// The line of the history that changes with it.
    var record: RolloutRecord?
  }

  private func apply(
    _ command: SteerCommand, to record: inout ModelRecord, by person: String, at now: Timestamp
  ) -> SteerOutcome<News> {
    let name = record.machine.name
    switch command {
    case .promote(let full, let step):
      return record.machine.promote(full: full, at: step, by: person, now: now).map { ended in
        let rest = full ? "; it is promoted without further looks" : ""
        return News(
          reason: "PromotedByHand", message: "\(name): \(person) ended the step \"\(ended)\"\(rest)")
      }
    case .pause:
      return record.machine.pause(by: person, at: now).map { _ in
        News(
          reason: "PausedByHand", message: "\(name): \(person) paused it; `evenkeel resume \(name)` goes on")
      }
    case .resume:
      return record.machine.resume(by: person, at: now).map { paused in
        News(reason: "ResumedByHand", message: "\(name): \(person) ended the pause by \(paused)")
      }
    case .abort:
      return record.machine.abort(by: person, at: now).map { rollout in
        let message = "\(name) \(rollout.version): \(person) aborted the rollout; \(wayBack(record))"
        return News(reason: "AbortedByHand", message: message, record: rollout)
      }
    case .retry:
      return record.machine.retry(by: person).map { release in
        News(reason: "RetriedByHand", message: "\(name) \(release.version): \(person) has it tried once more")
      }
    case .rollback(let version, let reason):
      let id = rolloutID(at: now)
      let rules = record.live.terms.rules
      return record.machine
        .rollback(to: version, because: reason, by: person, rules: rules, at: now, id: id)
        .map { self.news(of: $0, record, by: person) }
    }
  }

  private func news(of rollback: Rollback, _ record: ModelRecord, by person: String) -> News {
    let name = record.machine.name
    switch rollback {
    case .abandoned(let rollout):
      let message = "\(name) \(rollout.version): \(person) rolled it back; \(wayBack(record))"
      return News(reason: "RolledBackByHand", message: message, record: rollout)
    case .started(let release):
      let message = "\(name): \(person) rolls back to version \(release.version)"
      return News(
        reason: "RolledBackByHand", message: message,
        record: record.machine.rollout.map { RolloutRecord($0, of: name) })
    }
  }

  private func wayBack(_ record: ModelRecord) -> String {
    record.machine.stable.map { "traffic returns to version \($0.version)" } ?? "its instances stop"
  }
}

extension SteerCommand {
  /// Whether the line of the running rollout in the history changes with it.
  fileprivate var isNoted: Bool {
    switch self {
    case .promote, .pause, .resume: true
    case .abort, .retry, .rollback: false
    }
  }
}

extension SteerOutcome {
  fileprivate func map<Other>(_ transform: (Change) -> Other) -> SteerOutcome<Other> {
    switch self {
    case .changed(let change): .changed(transform(change))
    case .already(let words): .already(words)
    case .refused(let reason): .refused(reason)
    }
  }
}
