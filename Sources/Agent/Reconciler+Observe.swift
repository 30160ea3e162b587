import Effects
import Manifests
import Rollout
import Vocabulary

extension Reconciler {
  /// Reduces what the edges say to what the model's machine decides on.
  func observation(of machine: ModelMachine, _ artifact: ArtifactStatus?) -> ModelObservation {
    let route = world.gateway.accepted?.models[machine.name]
    var observation = ModelObservation(
      others: others(of: machine), weights: world.gateway.accepted.map { _ in route?.weights ?? [:] },
      mirror: route?.mirror?.percent ?? 0, preview: route?.preview?.access,
      gatewayTrouble: gatewayTrouble?.message ?? world.gateway.problem, outage: sourceOutage)
    takeStatistics(of: machine, into: &observation)
    if let candidate = machine.rollout?.candidate.revision {
      observation.instances = instances(of: machine.name, candidate)
    }
    if let artifact { observation.artifact = .init(artifact) }
    return observation
  }

  /// With Git out of reach nobody knows whether it still asks for the candidate. A tip that is held is no answer either, but
  /// what was trusted before stays in force.
  private var sourceOutage: Trouble? {
    guard let sourceTrouble, sourceTrouble.kind != .held else { return nil }
    return Trouble(reason: "SourceUnavailable", message: sourceTrouble.message)
  }

  /// Instances of releases besides the candidate that are not gone yet.
  private func others(of machine: ModelMachine) -> Int {
    let candidate = machine.rollout?.candidate.revision
    return (world.byModel[machine.name] ?? []).count { !$0.isExited && $0.revision != candidate }
  }

  /// How far the artifact of the candidate is; `nil` where that does not matter.
  func artifactStatus(for machine: ModelMachine) async -> ArtifactStatus? {
    guard machine.needsArtifact, let candidate = machine.rollout?.candidate.revision,
      let artifact = records[machine.name]?.workloads[candidate]?.artifact
    else { return nil }
    return await edges.artifacts.request(artifact)
  }

  private func takeStatistics(of machine: ModelMachine, into observation: inout ModelObservation) {
    guard let statistics = world.gateway.statistics else { return }
    var counts = [Revision: RequestCounts](minimumCapacity: 3)
    for backend in machine.judgedBackends {
      guard let known = statistics[backend] else { continue }
      counts[backend.revision] = known.counts
      guard let latency = known.latency else { continue }
      observation.latencies[backend.revision] = latency
      // Of the slower side: what is in flight at a change of weights has to end on both.
      let duration = [observation.requestDuration, latency.quantile(0.99)].compactMap(\.self).max()
      observation.requestDuration = duration
    }
    observation.counts = counts
  }

  private func instances(of name: ModelName, _ revision: Revision) -> ModelObservation.Instances {
    let page = crashes[BackendKey(model: name, revision: revision)]
    var tally = ModelObservation.Instances()
    tally.exits = page.exits
    tally.unstartable = page.unstartable
    tally.log = page.log
    tally.trouble = page.lastExit.isEmpty ? nil : page.lastExit
    for instance in world.byModel[name] ?? [] where instance.revision == revision && !instance.isExited {
      tally.existing += 1
      switch instance.condition {
      case .ready: tally.ready += 1
      case .starting:
        tally.starting += 1
        tally.trouble = instance.lastAnswer ?? tally.trouble
      case .unready(let how): tally.trouble = how
      case .stopping, .exited, .lost: break
      }
    }
    return tally
  }

  /// What the newest running instance of the candidate has written last.
  func lastWords(of machine: ModelMachine) async -> [String] {
    guard let candidate = machine.rollout?.candidate,
      let newest = world.running(machine.name, candidate.revision).map(\.id)
        .max(by: { ($0.rawValue.count, $0) < ($1.rawValue.count, $1) })
    else { return [] }
    return await edges.instances.logTail(of: newest, lines: Self.quotedLines)
  }

  /// How many lines of a log go with a failure.
  private static var quotedLines: Int { 20 }

  /// Takes note of instances that have ended: expected ones are forgotten, others are counted and remembered
  /// with their last words.
  func settleExits() async throws(JournalError) {
    let now = edges.clock.now()
    let concerned = names(where: \.hasExits)
    for name in concerned {
      for instance in world.byModel[name] ?? [] where instance.isExited {
        try await settleExit(of: instance, of: name, at: now)
      }
    }
  }

  private func settleExit(
    of instance: InstanceObservation, of name: ModelName, at now: Timestamp
  ) async throws(JournalError) {
    let key = BackendKey(model: name, revision: instance.revision)
    let isExpected = !isWanted(key) || stopping.contains(instance.id)
    let (reason, how) =
      switch instance.condition {
      case .exited(let how): (isExpected ? "InstanceStopped" : "InstanceExited", how)
      case .lost, .starting, .ready, .unready, .stopping: ("InstanceLost", "ended while nobody watched")
      }
    let event = Event(
      at: now, model: name, rollout: records[name]?.machine.rollout?.id, reason: reason,
      message: "instance \(instance.id) \(how)")
    try await write([.removeInstance(instance.id), .event(event)])
    if !isExpected { corrections.instances[name, default: 0] += 1 }
    if case .exited = instance.condition, !isExpected {
      let log = await edges.instances.logTail(of: instance.id, lines: Self.quotedLines)
      crashes.exited(key, how: how, log: log, at: now)
    }
    specs[instance.id] = nil
    stopping.remove(instance.id)
    await edges.instances.forget(instance.id)
  }

  private func isWanted(_ key: BackendKey) -> Bool {
    records[key.model]?.machine.wanted().instances.contains { $0.release.revision == key.revision } ?? false
  }
}

extension ModelObservation.Artifact {
  init(_ status: ArtifactStatus) {
    switch status {
    case .fetching(let bytes, let total?): self = .pending("\(bytes) of \(total) bytes fetched")
    case .fetching(let bytes, nil): self = .pending("\(bytes) bytes fetched")
    case .verifying: self = .verifying
    case .stored: self = .stored
    case .failed(let error):
      guard error.remedy == .commit else {
        self = .unavailable(error.message)
        return
      }
      switch error.kind {
      case .notFound: self = .failed(.artifactNotFound, error.message)
      case .digestMismatch: self = .failed(.digestMismatch, error.message)
      case .truncated, .invalid, .unavailable, .storage: self = .failed(.artifactInvalid, error.message)
      }
    }
  }
}
