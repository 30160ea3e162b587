package import Effects
package import Planning
package import Rollout
package import Vocabulary

/// The body of an answer that grants nothing.
package struct ErrorReport: Hashable, Codable, Sendable {
  package struct Content: Hashable, Codable, Sendable {
    package var reason: String
    package var message: String
  }

  package var error: Content

  package init(reason: String, message: String) {
    error = Content(reason: reason, message: message)
  }
}

/// What a person asks of a model.
package enum SteerVerb: String, Sendable, CaseIterable {
  case promote, pause, resume, abort, retry, rollback
}

/// The body of `POST /v1/models/NAME/VERB`; every key may be left out.
package struct SteerRequest: Hashable, Codable, Sendable {
  /// Why; only a rollback has one, and it goes into the revert commit.
  package var reason: String?
  /// The version to roll back to.
  package var to: String?
  /// Whether a promotion leaves out all that is left to look at.
  package var full: Bool?
  /// Promote only when the rollout is still at this step, from 1.
  package var step: Int?
  /// Who asks. What the kernel says about the caller comes first.
  package var by: String?

  package init(
    reason: String? = nil, to: String? = nil, full: Bool? = nil, step: Int? = nil, by: String? = nil
  ) {
    self.reason = reason
    self.to = to
    self.full = full
    self.step = step
    self.by = by
  }
}

/// The body of `POST /v1/source/accept`.
package struct AcceptRequest: Hashable, Codable, Sendable {
  /// The commit that is held: all 40 digits of its id.
  package var commit: String
  /// Who asks. What the kernel says about the caller comes first.
  package var by: String?

  package init(commit: String, by: String? = nil) {
    self.commit = commit
    self.by = by
  }
}

/// What a command did, in one sentence.
package struct SteerReport: Hashable, Codable, Sendable {
  package var message: String
  /// `false` when it was so already.
  package var changed: Bool
}

/// Something that happened. Every key is always there, with `null` for what there is not.
package struct EventReport: Hashable, Sendable {
  package var sequence: Int64
  package var at: TimeText
  package var model: ModelName?
  package var rollout: RolloutID?
  package var reason: String
  package var message: String

  package init(_ event: Event) {
    sequence = event.sequence
    at = TimeText(event.at)
    model = event.model
    rollout = event.rollout
    reason = event.reason
    message = event.message
  }
}

/// A piece of the stream of events, oldest first.
package struct EventsReport: Hashable, Codable, Sendable {
  package var events: [EventReport]
  /// Ask for what comes after this next time.
  package var last: Int64
}

/// One rollout of a model's history. Every key is always there, with `null` for what there is not.
package struct RolloutReport: Hashable, Sendable {
  package struct FailureReport: Hashable, Codable, Sendable {
    package var reason: String
    package var message: String
    /// From 1, of how many, and what the step was.
    package var step: StatusReport.Step
    package var at: TimeText
    /// The last lines that the candidate's instance wrote.
    package var log: [String]
  }

  package var rollout: RolloutID
  package var version: String
  package var revision: Revision
  package var commit: CommitID?
  package var startedAt: TimeText
  package var endedAt: TimeText?
  /// `nil` while it goes on.
  package var outcome: Outcome?
  package var failure: FailureReport?
  package var checks: [CheckReport]
  /// The agent's revert, once the remote has it.
  package var revert: CommitID?
  package var requestedBy: String?
  /// What people did to it on its way, oldest first.
  package var interventions: [InterventionReport]

  package init(_ record: RolloutRecord) {
    rollout = record.id
    version = record.version
    revision = record.revision
    commit = record.commit
    startedAt = TimeText(record.startedAt)
    endedAt = record.endedAt.map(TimeText.init)
    outcome = record.outcome
    failure = record.failure.map(FailureReport.init)
    checks = record.failure?.checks ?? record.checks
    revert = record.revert
    requestedBy = record.requestedBy
    interventions = record.interventions.map(InterventionReport.init)
  }
}

/// What a person did to a rollout.
package struct InterventionReport: Hashable, Codable, Sendable {
  package var at: TimeText
  package var by: String
  package var what: String

  init(_ intervention: Intervention) {
    at = TimeText(intervention.at)
    by = intervention.by
    what = intervention.what
  }
}

extension RolloutReport.FailureReport {
  init(_ failure: Failure) {
    self.init(
      reason: failure.reason.rawValue, message: failure.message,
      step: .init(index: failure.step, of: failure.steps, text: failure.stepText), at: TimeText(failure.at),
      log: failure.log)
  }
}

/// What was, newest first.
package struct HistoryReport: Hashable, Codable, Sendable {
  package var model: ModelName
  package var rollouts: [RolloutReport]
}

/// What one look at Git and the world came to.
package struct ReconcileReport: Hashable, Codable, Sendable {
  package struct Model: Hashable, Codable, Sendable {
    package var name: ModelName
    package var phase: Phase
  }

  package var source: StatusReport.Source
  /// Where every model stands now.
  package var models: [Model]
  /// What it led to, oldest first; more may follow.
  package var events: [EventReport]

  package init(_ status: StatusReport, events: [EventReport]) {
    source = status.source
    models = status.models.map { Model(name: $0.name, phase: $0.phase) }
    self.events = events
  }
}

// MARK: Encoding, by hand, because a synthesised encoder leaves a key away instead of saying `null`

extension EventReport: Codable {
  private enum CodingKeys: String, CodingKey {
    case sequence, at, model, rollout, reason, message
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sequence, forKey: .sequence)
    try container.encode(at, forKey: .at)
    try container.encode(model, forKey: .model)
    try container.encode(rollout, forKey: .rollout)
    try container.encode(reason, forKey: .reason)
    try container.encode(message, forKey: .message)
  }
}

extension RolloutReport: Codable {
  private enum CodingKeys: String, CodingKey {
    case rollout, version, revision, commit, startedAt, endedAt, outcome, failure, checks, revert, requestedBy
    case interventions
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rollout, forKey: .rollout)
    try container.encode(version, forKey: .version)
    try container.encode(revision, forKey: .revision)
    try container.encode(commit, forKey: .commit)
    try container.encode(startedAt, forKey: .startedAt)
    try container.encode(endedAt, forKey: .endedAt)
    try container.encode(outcome, forKey: .outcome)
    try container.encode(failure, forKey: .failure)
    try container.encode(checks, forKey: .checks)
    try container.encode(revert, forKey: .revert)
    try container.encode(requestedBy, forKey: .requestedBy)
    try container.encode(interventions, forKey: .interventions)
  }
}
