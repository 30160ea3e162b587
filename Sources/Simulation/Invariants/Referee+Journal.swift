import Effects
import Rollout
import Vocabulary

/// What the journal tells of rollouts, told apart into what has happened.
extension Referee {
  /// An entry is about to be written.
  mutating func journals(_ entry: JournalEntry, in world: World) {
    switch entry {
    case .rollout(let record): journals(record, in: world)
    case .model(let record): if record.machine.isGone { forget(record.machine.name) }
    case .removeModel(let name): forget(name)
    case .instance, .removeInstance, .revert, .event, .source, .clock: break
    }
  }

  private mutating func forget(_ name: ModelName) {
    watches[name]?.proven = []
    watches[name]?.open = nil
  }

  private mutating func journals(_ record: RolloutRecord, in world: World) {
    let before = world.ledger.rollout(record.id)
    if before == nil { began(record, in: world) }
    guard let outcome = record.outcome, outcome != before?.outcome else { return }
    world.tally.outcomes[outcome, default: 0] += 1
    switch outcome {
    case .promoted: promoted(record, in: world)
    case .rolledBack, .aborted: failed(record, wasPromoted: before?.outcome == .promoted, in: world)
    case .superseded: watches[record.model]?.open = nil
    }
  }

  private mutating func began(_ record: RolloutRecord, in world: World) {
    watches[record.model]?.failed.remove(record.revision)
    watches[record.model]?.open = Watch.Open(
      id: record.id, revision: record.revision, commit: record.commit, startedAt: world.now,
      isRestore: record.requestedBy != nil)
  }

  private mutating func promoted(_ record: RolloutRecord, in world: World) {
    watches[record.model]?.open = nil
    watches[record.model]?.proven.removeAll { $0 == record.revision }
    watches[record.model]?.proven.append(record.revision)
  }

  private mutating func failed(_ record: RolloutRecord, wasPromoted: Bool, in world: World) {
    watches[record.model]?.open = nil
    watches[record.model]?.failed.insert(record.revision)
    if wasPromoted || watches[record.model]?.proven.last == record.revision {
      watches[record.model]?.proven.removeAll { $0 == record.revision }
    }
  }
}
