import Effects
import Manifests
import Planning
import Rollout
import Vocabulary

extension Reconciler {
  /// Lets the rollouts begin that are due and that nothing stands in the way of. Answers whether one has begun.
  func admit() async throws(JournalError) -> Bool {
    let due = names(where: \.isDue)
    guard !due.isEmpty else {
      if !waiting.isEmpty { waiting = [:] }
      return false
    }
    let answers = admissions(of: due.compactMap(proposal), among: neighbours, within: settings.limits)
    if answers != waiting { waiting = answers }
    var begun = false
    for name in due where answers[name] == .admitted {
      try await begin(name)
      begun = true
    }
    return begun
  }

  private func begin(_ name: ModelName) async throws(JournalError) {
    guard var record = records[name] else { return }
    let now = edges.clock.now()
    guard case .began = record.machine.begin(at: now, id: rolloutID(at: now)),
      let candidate = record.machine.rollout?.candidate
    else { return }
    crashes.clear(BackendKey(model: name, revision: candidate.revision))
    if let artifact = record.workloads[candidate.revision]?.artifact {
      await edges.artifacts.forgetFailure(of: artifact)
    }
    try await save(record, record.machine.beginning(at: now))
  }

  private func proposal(of name: ModelName) -> Proposal? {
    guard let record = records[name], let due = record.machine.due else { return nil }
    let each = record.workloads[due.revision]?.resources ?? Resources()
    return Proposal(
      model: name, version: due.version, dependsOn: record.live.dependsOn,
      candidate: each * record.machine.replicas,
      isExclusive: record.machine.terms?.program.steps.contains(.stopStable) ?? false)
  }

  private var neighbours: [ModelName: Neighbour] { records.byName.mapValues(neighbour) }

  private func neighbour(_ record: ModelRecord) -> Neighbour {
    let machine = record.machine
    let stable = machine.stable.map { resources(of: $0.revision, in: record) * machine.replicas }
    let needed = machine.wanted().instances.reduce(Resources()) { sum, wanted in
      sum + resources(of: wanted.release.revision, in: record) * wanted.count
    }
    let stopping = (world.byModel[machine.name] ?? []).filter { $0.condition == .stopping }
    let leaving = ((standings[machine.name]?.unwanted ?? []) + stopping).reduce(Resources()) {
      sum, instance in
      sum + resources(of: instance.revision, in: record)
    }
    return Neighbour(
      isReady: machine.isServing(readyInstances: readyInstances(of: machine)),
      isRollingOut: machine.isRollingOut, atRest: stable ?? Resources(),
      now: needed + leaving, leaving: leaving)
  }

  private func resources(of revision: Revision, in record: ModelRecord) -> Resources {
    record.workloads[revision]?.resources ?? Resources()
  }

}

extension ModelMachine {
  /// Whether a rollout goes on by itself: one that waits for a person does not keep others waiting.
  fileprivate var isRollingOut: Bool {
    guard let rollout, case .stepping = rollout.stage, !rollout.isPromoted else { return false }
    if case .pause(nil) = rollout.step { return false }
    switch rollout.halt?.cause {
    case .paused, .suspended: return false
    case .outage, nil: return true
    }
  }
}
