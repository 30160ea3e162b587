import Effects
import Logging
import Manifests
import Rollout
import Vocabulary

extension Reconciler {
  /// Starts what is missing and stops what is too much.
  func converge() async throws(JournalError) {
    noteService()
    for name in names(where: \.lacksInstances) {
      let wanted = records[name]?.machine.wanted() ?? Wanted()
      for instances in wanted.instances where instances.mayStart {
        if wanted.isExclusive, hasOthers(than: instances.release.revision, name) { continue }
        try await startMissing(instances, of: name)
      }
    }
    await stopUnwanted()
    try await finishRemovals()
  }

  /// Releases that serve for a while have their crashes forgotten.
  private func noteService() {
    guard !crashes.isEmpty else { return }
    for standing in survey() where standing.isSettled && standing.isReady {
      guard let stable = standing.stable else { continue }
      crashes.serves(BackendKey(model: standing.name, revision: stable), at: edges.clock.now())
    }
  }

  private func hasOthers(than revision: Revision, _ name: ModelName) -> Bool {
    (world.byModel[name] ?? []).contains { !$0.isExited && $0.revision != revision }
  }

  // MARK: Starting

  private func startMissing(_ wanted: Wanted.Instances, of name: ModelName) async throws(JournalError) {
    let key = BackendKey(model: name, revision: wanted.release.revision)
    let missing = wanted.count - world.running(name, wanted.release.revision).count
    guard missing > 0, let workload = records[name]?.workloads[key.revision] else { return }
    let now = edges.clock.now()
    guard crashes[key].unstartable == nil, crashes[key].restartAt <= now else { return }
    guard case .stored(let folder) = await edges.artifacts.request(workload.artifact) else { return }
    for _ in 0..<missing {
      guard try await start(key, workload, version: wanted.release.version, in: folder, at: now) else {
        return
      }
    }
  }

  /// Journals the intent, then starts. `false` when there is no point in starting another one now.
  private func start(
    _ key: BackendKey, _ workload: Workload, version: String, in folder: String, at now: Timestamp
  ) async throws(JournalError) -> Bool {
    guard var record = records[key.model] else { return false }
    let used = Set(specs.values.flatMap { [$0.port, $0.metricsPort] })
    guard let ports = ports.take(besides: used, at: now) else {
      let range = "\(settings.ports.lowerBound)-\(settings.ports.upperBound)"
      crashes.postpone(key, until: now + .seconds(5), because: "no port of \(range) is free")
      return false
    }
    record.startedInstances += 1
    let spec = InstanceSpec(
      id: InstanceID("\(key.model)-\(key.revision.short)-\(record.startedInstances)"), of: key, workload,
      version: version, folder: folder, port: ports.port, metricsPort: ports.metrics)
    try await save(record, [.instance(spec)])
    specs[spec.id] = spec
    do throws(InstanceError) {
      try await edges.instances.start(spec)
      world.add(.init(starting: spec))
      return true
    } catch {
      try await giveUp(spec, key, because: error, at: now)
      return false
    }
  }

  private func giveUp(
    _ spec: InstanceSpec, _ key: BackendKey, because error: InstanceError, at now: Timestamp
  ) async throws(JournalError) {
    specs[spec.id] = nil
    switch error.remedy {
    case .commit where key.revision == records[key.model]?.machine.rollout?.candidate.revision:
      crashes.unstartable(key, because: error.message)
    case .commit:
      // What was stable could be started before: somebody may put its program back.
      crashes.exited(key, how: error.message, log: [], at: now)
    case .wait:
      crashes.postpone(key, until: now + .seconds(5), because: error.message)
    case .retry:
      self.ports.avoid([spec.port, spec.metricsPort], until: now + .seconds(60))
      crashes.postpone(key, until: now, because: error.message)
    }
    try await write([
      .removeInstance(spec.id),
      .event(Event(at: now, model: key.model, reason: "StartFailed", message: error.message)),
    ])
  }

  // MARK: Stopping

  /// Stops what nobody wants: when its last request is answered, or its grace has passed.
  private func stopUnwanted() async {
    let now = edges.clock.now()
    let leaving = survey().flatMap(\.unwanted).sorted { $0.id < $1.id }
    drains.keep(leaving.map(\.id))
    for instance in leaving where isDrained(instance, at: now) {
      stopping.insert(instance.id)
      await edges.instances.stop(instance.id)
    }
  }

  private func isDrained(_ instance: InstanceObservation, at now: Timestamp) -> Bool {
    // Not before the gateway has confirmed that it sends nothing there.
    guard let accepted = world.gateway.accepted else { return false }
    let route = accepted.models[instance.model]
    let backend = route?.backends.first { $0.revision == instance.revision }
    let weight = backend?.weight ?? 0
    let guests = [route?.mirror?.revision, route?.preview?.revision]
    let getsRequests = weight > 0 || guests.contains(instance.revision)
    guard !getsRequests || backend?.ports.contains(instance.port) == false else { return false }
    let hasDrained = drains.knows(instance.id)
    let waited = drains.duration(of: instance.id, at: now)
    // The statistics of this pass are older than its routes: a request may have come in between.
    guard hasDrained else { return false }
    if waited >= specs[instance.id]?.terminationGrace ?? .seconds(30) { return true }
    // The gateway counts by release: while others of it serve, nobody knows which one still answers.
    guard !getsRequests || backend?.ports.isEmpty == true, let statistics = world.gateway.statistics else {
      return false
    }
    let key = BackendKey(model: instance.model, revision: instance.revision)
    return statistics[key].map { $0.active == 0 } ?? true
  }

  // MARK: Removing

  /// Closes the books of models whose last instance is gone.
  private func finishRemovals() async throws(JournalError) {
    for name in names(where: \.isRemoving) {
      guard var record = records[name] else { continue }
      let isGone = (world.byModel[name] ?? []).allSatisfy(\.isExited)
      guard isGone, confirmedNoRoute(name) else { continue }
      record.machine.removed()
      let event = JournalEntry.event(
        Event(at: edges.clock.now(), model: name, reason: "Removed", message: "\(name) is removed"))
      if record.machine.failures.isEmpty {
        try await write([.removeModel(name), event])
        records[name] = nil
      } else {
        try await save(record, [event])
      }
    }
  }

  private func confirmedNoRoute(_ name: ModelName) -> Bool {
    world.gateway.accepted.map { $0.models[name]?.weights.isEmpty ?? true } ?? false
  }
}

extension InstanceObservation {
  var isExited: Bool {
    switch condition {
    case .exited, .lost: true
    case .starting, .ready, .unready, .stopping: false
    }
  }

  init(starting spec: InstanceSpec) {
    self.init(
      id: spec.id, model: spec.model, revision: spec.revision, port: spec.port,
      metricsPort: spec.metricsPort, pid: nil, condition: .starting)
  }
}

extension InstanceSpec {
  /// Fills in the variables of the runtime; the model's own environment wins over the runtime's.
  init(
    id: InstanceID, of key: BackendKey, _ workload: Workload, version: String, folder: String, port: Int,
    metricsPort: Int
  ) {
    let variables = [
      "MODEL_DIR": folder, "MODEL_NAME": key.model.rawValue, "VERSION": version,
      "REVISION": key.revision.description, "PORT": String(port), "METRICS_PORT": String(metricsPort),
    ]
    let runtime = workload.runtime
    self.init(
      id: id, model: key.model, revision: key.revision,
      command: runtime.command.map { expand($0, with: variables) },
      environment: runtime.environment.merging(workload.environment) { $1 }
        .mapValues { expand($0, with: variables) },
      folder: folder, port: port, metricsPort: metricsPort,
      readyPath: expand(runtime.readyPath, with: variables), terminationGrace: runtime.terminationGrace)
  }
}
