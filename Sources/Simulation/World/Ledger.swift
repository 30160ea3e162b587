import Effects
import Rollout
import Vocabulary

/// What the referee asks of a rollout after every event.
struct Course {
  let step: Step
  let isStepping: Bool
  let isPromoted: Bool
  /// Whether the instances of the candidate have to run.
  let candidateRuns: Bool
  let candidate: Revision
  let displaced: Revision?

  init(_ rollout: Rollout) {
    step = rollout.step
    isStepping = rollout.stage == .stepping
    isPromoted = rollout.isPromoted
    candidateRuns = rollout.stance.candidateRuns
    candidate = rollout.candidate.revision
    displaced = rollout.displaced?.revision
  }
}

/// The simulated journal: what is on the disk.
struct Ledger {
  private(set) var models: [ModelName: ModelRecord] = [:]
  /// The rollouts of the models, in short.
  private(set) var courses: [ModelName: Course] = [:]
  private(set) var instances: [InstanceID: InstanceSpec] = [:]
  private(set) var source: SourceRecord?
  private(set) var trust: TrustRecord?
  private var clock: ClockReading?
  /// In the order in which they began.
  private(set) var rollouts: [RolloutRecord] = []
  private var places: [RolloutID: Int] = [:]
  private(set) var events = 0

  var contents: JournalContents {
    JournalContents(
      models: models.values.sorted { $0.machine.name < $1.machine.name },
      instances: instances.values.sorted { $0.id < $1.id }, source: source, trust: trust,
      clock: clock)
  }

  func rollout(_ id: RolloutID) -> RolloutRecord? { places[id].map { rollouts[$0] } }

  mutating func record(_ entry: JournalEntry) -> Event? {
    switch entry {
    case .model(let record):
      let machine = record.machine
      models[machine.name] = record
      courses[machine.name] = machine.rollout.map(Course.init)
    case .removeModel(let name):
      models[name] = nil
      courses[name] = nil
    case .instance(let spec): instances[spec.id] = spec
    case .removeInstance(let id): instances[id] = nil
    case .source(let record): source = record
    case .trust(let record): trust = record
    case .clock(let reading): clock = reading
    case .rollout(let record): put(record)
    case .revert(let commit, let id): if let place = places[id] { rollouts[place].revert = commit }
    case .event(var event):
      events += 1
      event.sequence = Int64(events)
      return event
    }
    return nil
  }

  private mutating func put(_ record: RolloutRecord) {
    if let place = places[record.id] {
      rollouts[place] = record
    } else {
      places[record.id] = rollouts.count
      rollouts.append(record)
    }
  }
}
