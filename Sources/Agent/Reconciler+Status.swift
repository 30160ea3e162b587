package import Effects
import Manifests
package import Planning
package import Rollout
package import Vocabulary

extension Reconciler {
  /// What runs, what is wanted, and what stands in the way.
  package func status() -> StatusReport {
    let models = records.values.filter { !$0.machine.isGone }.sorted { $0.machine.name < $1.machine.name }
    return StatusReport(
      agent: .init(
        name: settings.agent, version: settings.version, capacity: settings.limits.capacity,
        pruneLimit: settings.pruneLimit, corrections: corrections.gateway),
      source: .init(
        commit: source?.commit, fetchedAt: source?.fetchedAt, trouble: sourceTrouble?.message, held: held),
      models: models.map(report))
  }

  private func report(_ record: ModelRecord) -> StatusReport.Model {
    let name = record.machine.name
    let instances = (world.byModel[name] ?? []).filter { !$0.isExited }.sorted { $0.id < $1.id }
    return StatusReport.Model(
      record.machine, live: record.live,
      resources: record.machine.stable.flatMap { record.workloads[$0.revision]?.resources },
      weights: world.gateway.accepted?.models[name]?.weights ?? [:],
      instances: instances.map {
        .init(id: $0.id, revision: $0.revision, port: $0.port, ready: $0.condition == .ready)
      }, conditions: conditions(of: record), corrections: corrections.instances[name] ?? 0)
  }

  func conditions(of record: ModelRecord) -> [Condition] {
    let machine = record.machine
    return machine.conditions(
      readyInstances: readyInstances(of: machine), trouble: trouble(of: record), waiting: waitingFor(machine),
      before: record.conditions, at: edges.clock.now())
  }

  /// How many instances of stable are ready.
  func readyInstances(of machine: ModelMachine) -> Int {
    guard let stable = machine.stable?.revision else { return 0 }
    return (world.byModel[machine.name] ?? []).count { $0.revision == stable && $0.condition == .ready }
  }

  /// Why the rollout that is due has not begun.
  private func waitingFor(_ machine: ModelMachine) -> Trouble? {
    guard case .waits(let trouble) = waiting[machine.name], machine.due != nil else { return nil }
    return trouble
  }

  /// What the loop knows and the machine does not.
  private func trouble(of record: ModelRecord) -> Trouble? {
    let machine = record.machine
    return trouble(
      of: machine.name, stable: machine.stable?.revision, isDue: machine.due != nil,
      isKept: !machine.removing && !machine.isGone, file: record.file)
  }

  func trouble(of standing: Standing) -> Trouble? {
    trouble(
      of: standing.name, stable: standing.stable, isDue: standing.isDue,
      isKept: !standing.isRemoving && !standing.isGone, file: records[standing.name]?.file)
  }

  /// Whether a model that is kept may be one that cannot be read, or that is not to be removed with so many others.
  private func mayMiss(_ desired: DesiredState) -> Bool {
    pruneTrouble != nil || !desired.unreadable.isEmpty || !desired.unattributed.isEmpty
  }

  private func trouble(
    of name: ModelName, stable: Revision?, isDue: Bool, isKept: Bool, file: @autoclosure () -> String?
  ) -> Trouble? {
    if isKept, let desired, mayMiss(desired), !desired.models.keys.contains(name) {
      if let pruneTrouble, !desired.unreadable.contains(name) { return pruneTrouble }
      let file = file()
      let places = desired.diagnostics.filter { $0.file == file && $0.severity == .error }.prefix(3)
        .map { "\($0.file):\($0.line):\($0.column): \($0.message)" }
      let why =
        places.isEmpty ? "a manifest of the repository cannot be read" : places.joined(separator: "; ")
      return Trouble(reason: "ManifestUnreadable", message: why)
    }
    if isDue, case .refused(let refusal) = waiting[name] { return refusal }
    if let stable, !crashes.isEmpty {
      let page = crashes[BackendKey(model: name, revision: stable)]
      if let reason = page.unstartable { return Trouble(reason: "StartFailed", message: reason) }
      if page.exits > 2 {
        return Trouble(
          reason: "CrashLooping", message: "instances ended \(page.exits) times, last: \(page.lastExit)")
      }
    }
    if let problem = gatewayTrouble?.message ?? world.gateway.problem {
      return Trouble(reason: "GatewayUnavailable", message: problem)
    }
    return nil
  }

  /// The newest rollouts of a model first.
  package func history(of model: ModelName, limit: Int) async throws(JournalError) -> [RolloutRecord] {
    try await edges.journal.history(of: model, limit: limit)
  }

  /// Events after `sequence`, oldest first. With none yet, waits for the next one, at most `patience`.
  package func events(after sequence: Int64, limit: Int, patience: Duration) async throws(JournalError)
    -> [Event]
  {
    let bell = Bell()
    let id = edges.dice()
    eventWatchers[id] = bell
    defer { eventWatchers[id] = nil }
    let events = try await edges.journal.events(after: sequence, limit: limit)
    guard events.isEmpty, patience > .zero else { return events }
    await bell.wait(atMost: patience)
    return try await edges.journal.events(after: sequence, limit: limit)
  }

  /// The sequence of the newest event, to follow from.
  package func lastSequence() async throws(JournalError) -> Int64 {
    try await edges.journal.lastSequence()
  }
}
