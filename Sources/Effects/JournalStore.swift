package import Rollout
package import Vocabulary

/// Something that happened, as `evenkeel events` shows it.
package struct Event: Hashable, Codable, Sendable {
  /// Rises by one with each event; 0 until it is journalled.
  package var sequence: Int64
  package var at: Timestamp
  /// `nil` when it concerns the agent as a whole.
  package var model: ModelName?
  package var rollout: RolloutID?
  /// One CamelCase word, for example `StepCompleted`.
  package var reason: String
  package var message: String

  package init(
    sequence: Int64 = 0, at: Timestamp, model: ModelName? = nil, rollout: RolloutID? = nil,
    reason: String, message: String
  ) {
    self.sequence = sequence
    self.at = at
    self.model = model
    self.rollout = rollout
    self.reason = reason
    self.message = message
  }
}

/// The commit whose wishes were taken in last.
package struct SourceRecord: Hashable, Codable, Sendable {
  package var url: String
  package var branch: String
  package var path: String
  package var commit: CommitID
  package var fetchedAt: Timestamp

  package init(url: String, branch: String, path: String, commit: CommitID, fetchedAt: Timestamp) {
    self.url = url
    self.branch = branch
    self.path = path
    self.commit = commit
    self.fetchedAt = fetchedAt
  }
}

/// One change of the journal.
package enum JournalEntry: Hashable, Sendable {
  case model(ModelRecord)
  case removeModel(ModelName)
  /// The intent to start an instance.
  case instance(InstanceSpec)
  case removeInstance(InstanceID)
  /// Adds or replaces the record with this id.
  case rollout(RolloutRecord)
  /// The remote has the revert of this rollout.
  case revert(CommitID, of: RolloutID)
  case event(Event)
  case source(SourceRecord)
  case trust(TrustRecord)
  /// How the clocks stood to each other: the times in all records are by this wall clock.
  case clock(ClockReading)
}

/// What the journal holds when an agent starts.
package struct JournalContents: Hashable, Sendable {
  package var models: [ModelRecord]
  package var instances: [InstanceSpec]
  package var source: SourceRecord?
  package var trust: TrustRecord?
  package var clock: ClockReading?

  package init(
    models: [ModelRecord] = [], instances: [InstanceSpec] = [], source: SourceRecord? = nil,
    trust: TrustRecord? = nil, clock: ClockReading? = nil
  ) {
    self.models = models
    self.instances = instances
    self.source = source
    self.trust = trust
    self.clock = clock
  }
}

/// The durable record of the agent. Only one process at a time has it open for writing.
package protocol JournalStore: Sendable {
  func load() async throws(JournalError) -> JournalContents

  /// Writes all entries or none, and returns once they are on disk. Answers the events with their sequence.
  @discardableResult
  func record(_ entries: [JournalEntry]) async throws(JournalError) -> [Event]

  /// The newest rollouts first.
  func history(of model: ModelName, limit: Int) async throws(JournalError) -> [RolloutRecord]

  /// Events with a higher sequence than `sequence`, oldest first.
  func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [Event]

  /// The sequence of the newest event; 0 when there is none.
  func lastSequence() async throws(JournalError) -> Int64
}
