package import Effects
package import Rollout
package import Vocabulary

/// A journal that survives the agent but not the process.
package actor MemoryJournal: JournalStore {
  private var models: [ModelName: ModelRecord] = [:]
  private var instances: [InstanceID: InstanceSpec] = [:]
  private var source: SourceRecord?
  private var trust: TrustRecord?
  private var clock: ClockReading?
  private var rollouts: [RolloutRecord] = []
  package private(set) var events: [Event] = []
  private var failure: JournalError?

  package init() {}

  /// A disk that is full, until it is told otherwise.
  package func fail(with error: JournalError?) { failure = error }

  /// Forgets what it knows about trust, as somebody who edits the database could make it.
  package func forgetTrust() { trust = nil }

  package func load() async throws(JournalError) -> JournalContents {
    JournalContents(
      models: models.values.sorted { $0.machine.name < $1.machine.name },
      instances: instances.values.sorted { $0.id < $1.id }, source: source, trust: trust,
      clock: clock)
  }

  package func record(_ entries: [JournalEntry]) async throws(JournalError) -> [Event] {
    if let failure { throw failure }
    var recorded: [Event] = []
    for entry in entries {
      switch entry {
      case .model(let record): models[record.machine.name] = record
      case .removeModel(let name): models[name] = nil
      case .instance(let spec): instances[spec.id] = spec
      case .removeInstance(let id): instances[id] = nil
      case .source(let record): source = record
      case .trust(let record): trust = record
      case .clock(let reading): clock = reading
      case .rollout(let record):
        rollouts.removeAll { $0.id == record.id }
        rollouts.append(record)
      case .revert(let commit, let id):
        for index in rollouts.indices where rollouts[index].id == id { rollouts[index].revert = commit }
      case .event(var event):
        event.sequence = Int64(events.count + 1)
        events.append(event)
        recorded.append(event)
      }
    }
    return recorded
  }

  package func history(of model: ModelName, limit: Int) async throws(JournalError) -> [RolloutRecord] {
    Array(rollouts.filter { $0.model == model }.reversed().prefix(limit))
  }

  package func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [Event] {
    Array(events.filter { $0.sequence > sequence }.prefix(limit))
  }

  package func lastSequence() async throws(JournalError) -> Int64 { Int64(events.count) }
}
