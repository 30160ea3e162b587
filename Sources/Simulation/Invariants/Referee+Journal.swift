import Effects
import Manifests
import Rollout
import Vocabulary

/// What the journal tells of rollouts, told apart into what has happened.
extension Referee {
  /// An entry is about to be written.
  mutating func journals(_ entry: JournalEntry, in world: World) {
    switch entry {
    case .rollout(let record): journals(record, in: world)
    case .model(let record): journals(record, in: world)
    case .removeModel(let name): forget(name, in: world)
    case .source(let source):
      checkDescent(of: source.commit, in: world)
      takesIn(source.commit, in: world)
    case .instance, .removeInstance, .revert, .event, .clock, .trust: break
    }
  }

  private mutating func journals(_ record: ModelRecord, in world: World) {
    let machine = record.machine
    let name = machine.name
    let before = world.ledger.models[name]?.machine
    if machine.removing, before?.removing != true, watches[name]?.isLeaving == false {
      blame(.admission, "\(name) is to be removed although Git has it", in: world)
    }
    if machine.isGone, before?.isGone == false { forget(name, in: world) }
    if watches[name]?.isStopped == true { checkStandstill(of: machine, before: before, in: world) }
    checkQuiet(machine, in: world)
    checkHolding(of: machine, before: before, in: world)
  }

  private mutating func forget(_ name: ModelName, in world: World) {
    if world.ledger.models[name]?.machine.removing != true, watches[name]?.isLeaving == false {
      blame(.admission, "\(name) is forgotten although Git has it", in: world)
    }
    watches[name]?.proven = []
    watches[name]?.open = nil
    watches[name]?.isPaused = false
    started = started.filter { !$0.rawValue.hasPrefix("\(name)-") }
  }

  private mutating func journals(_ record: RolloutRecord, in world: World) {
    let before = world.ledger.rollout(record.id)
    if before == nil { began(record, in: world) }
    guard let outcome = record.outcome, outcome != before?.outcome else { return }
    world.tally.outcomes[outcome, default: 0] += 1
    switch outcome {
    case .promoted: promoted(record, in: world)
    case .rolledBack, .aborted: failed(record, in: world)
    case .superseded:
      checkSuperseded(record, in: world)
      watches[record.model]?.open = nil
    }
  }

  private mutating func began(_ record: RolloutRecord, in world: World) {
    guard let watch = watches[record.model], let asked = watch.asked else {
      blame(.attempts, "\(record.model) begins a rollout that nobody asked for", in: world)
      return
    }
    var open = Watch.Open(
      id: record.id, attempt: Attempt(record), startedAt: world.now, policy: asked.live.policy,
      isRestore: world.ledger.models[record.model]?.machine.rollout?.kind != .deploy,
      isFirst: watch.proven.isEmpty, requestsBefore: world.answered(record.model, record.revision),
      lastReadyAt: world.now)
    open.beganByOldCounts = world.troubles.has(.countsLate)
    checkBeginning(of: open, record, in: world)
    checkAdmission(of: open, record, in: world)
    if !open.isRestore { watches[record.model]?.failed.remove(record.revision) }
    watches[record.model]?.open = open
    watches[record.model]?.warm = nil
    watches[record.model]?.isOwedRetry = false
    watches[record.model]?.crashLoops[record.revision] = nil
    watches[record.model]?.fitsOneOnly = !open.isFirst && open.policy.strategy == .recreate
    policies[record.id] = open.policy
    world.door.misfortunes.remove(BackendKey(model: record.model, revision: record.revision))
  }

  private mutating func promoted(_ record: RolloutRecord, in world: World) {
    checkEvidence(of: record, in: world)
    checkArrival(of: record, in: world)
    keepWarm(record, in: world)
    if let open = watches[record.model]?.open, let asked = watches[record.model]?.asked,
      ![open.policy.strategy, asked.live.policy.strategy].contains(.recreate),
      world.branch.desired(at: world.branch.tip)?.models[record.model]?.live.policy.strategy != .recreate
    {
      watches[record.model]?.mayRecreate = false
    }
    if let open = watches[record.model]?.open {
      world.tally.strategies[open.isFirst ? "first deployment" : open.policy.strategy.word, default: 0] += 1
    }
    watches[record.model]?.open = nil
    watches[record.model]?.failedAttempts.remove(Attempt(record))
    watches[record.model]?.namesOfFailed.remove(Attempt(record))
    watches[record.model]?.proven.removeAll { $0 == record.revision }
    watches[record.model]?.proven.append(record.revision)
  }

  private mutating func failed(_ record: RolloutRecord, in world: World) {
    checkReason(of: record, in: world)
    let name = record.model
    if let reason = record.failure?.reason { world.tally.reasons[reason, default: 0] += 1 }
    watches[name]?.open = nil
    watches[name]?.warm = nil
    watches[name]?.crashLoops = [:]
    // A version that a person has only put off may be gone back to.
    if record.outcome != .aborted {
      watches[name]?.failed.insert(record.revision)
      watches[name]?.proven.removeAll { $0 == record.revision }
    }
    watches[name]?.failedAttempts.insert(Attempt(record))
    let names = names(ofAttempt: record, in: world)
    watches[name]?.namesOfFailed.formUnion(names)
    // A person's rollback has arrived: where, the model's own record says.
    if let stable = world.ledger.models[name]?.machine.stable?.revision, stable != record.revision,
      let index = watches[name]?.proven.lastIndex(of: stable)
    {
      watches[name]?.proven.removeSubrange((index + 1)...)
    }
  }

  /// The attempt, by every commit that the agent may have taken it from.
  private func names(ofAttempt record: RolloutRecord, in world: World) -> Set<Attempt> {
    var attempts: Set = [Attempt(record)]
    guard let commit = world.ledger.source?.commit,
      world.branch.revision(of: record.model, at: commit) == record.revision
    else { return attempts }
    for commit in world.branch.introductions(of: record.model, at: commit) {
      attempts.insert(Attempt(Release(revision: record.revision, version: record.version, commit: commit)))
    }
    return attempts
  }

  /// What Git asks for is taken in: of a model that cannot be read it is what it was.
  private mutating func takesIn(_ commit: CommitID, in world: World) {
    let tree = world.branch.tree(at: commit)
    let desired = world.branch.desired(at: commit) ?? DesiredState()
    var missing: [ModelName] = []
    for name in names {
      if let model = desired.models[name] { watches[name]?.asked = model }
      if tree.model(name) != nil {
        watches[name]?.isLeaving = false
      } else if desired.unattributed.isEmpty, watches[name]?.isLeaving == false {
        missing.append(name)
      }
    }
    let running = names.count { watches[$0]?.isLeaving == false && watches[$0]?.proven.isEmpty == false }
    let leaving = missing.count { watches[$0]?.proven.isEmpty == false }
    guard leaving <= max(1, running * world.setting.pruneLimit / 100) else { return }
    for name in missing { watches[name]?.isLeaving = true }
  }
}

extension Attempt {
  init(_ record: RolloutRecord) {
    self.init(Release(revision: record.revision, version: record.version, commit: record.commit))
  }
}

extension Policy.Strategy {
  /// A word for it, for counting.
  var word: String {
    switch self {
    case .canary: "canary"
    case .blueGreen(let settings): settings.preview == nil ? "blueGreen" : "blueGreen with preview"
    case .shadow(let shadow): shadow.then == nil ? "shadow" : "shadow, then another"
    case .recreate: "recreate"
    }
  }
}
