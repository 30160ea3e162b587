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
    let answers = admissions(
      of: due.compactMap(proposal), among: standings.mapValues(\.neighbour), within: settings.limits)
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
}
