import Effects
import Manifests
import Vocabulary

/// What the agent does to the host.
extension World {
  func fetch(_ artifact: Artifact) -> ArtifactStatus {
    let (model, version) = Resolution.subject(of: artifact)
    let nature = setting.model(model)?.nature(of: version) ?? Nature()
    return shelf.request(artifact.digest, nature.bytes, at: now, delay: setting.fetchTime)
  }

  /// Takes over what runs. What should and does not has ended unseen, and what should not is ended.
  func adopt(_ journalled: [InstanceSpec]) {
    let known = Set(journalled.map(\.id))
    for index in servers.indices where !known.contains(servers[index].spec.id) {
      servers[index].stop(endingAt: now + .seconds(1))
    }
    for index in servers.indices where servers[index].isGone { servers[index].lose() }
    for spec in journalled where server(spec.id) == nil {
      let server = Server(spec, Nature(), at: now)
      server.lose()
      servers.append(server)
    }
    ring()
  }

  func start(_ spec: InstanceSpec) throws(InstanceError) {
    if server(spec.id) != nil { return }
    referee.starts(spec, in: self)
    let nature = nature(of: spec.model, spec.revision)
    if !nature.isStartable { throw InstanceError(.command, "there is no such program") }
    if troubles.has(.startsRefused) { throw InstanceError(.host, "the host refuses a new process") }
    let ports: Set = [spec.port, spec.metricsPort]
    let isTaken = servers.contains {
      !$0.isGone && !ports.isDisjoint(with: [$0.spec.port, $0.spec.metricsPort])
    }
    if troubles.has(.portsTaken) || isTaken {
      throw InstanceError(.portTaken, "port \(spec.port) is taken")
    }
    door.busyUntil[spec.port] = nil
    servers.append(Server(spec, nature, at: now))
    note("the agent starts \(spec.id)")
    ring()
  }

  func stop(_ server: Server) {
    referee.stops(server, in: self)
    note("the agent stops \(server.spec.id)")
    let grace = min(server.spec.terminationGrace, .seconds(1))
    change(server.spec.id) { $0.stop(endingAt: now + grace) }
  }

  // MARK: The gateway

  /// Whether the gateway cannot tell how many requests are being answered.
  var isGatewayBlind: Bool {
    troubles.has(.gatewayDown) || troubles.has(.gatewaySilent) || troubles.has(.countsLate)
      || troubles.has(.countsLost)
  }

  /// Whether the gateway takes no routes, or does not say so.
  var isGatewayDeaf: Bool {
    troubles.has(.gatewayDown) || troubles.has(.gatewaySilent) || troubles.has(.gatewayRejects)
      || troubles.has(.gatewaySlow) || troubles.has(.gatewaySlowTakes)
  }

  func observeGateway(latenciesOf backends: Set<BackendKey>) -> GatewayObservation {
    if troubles.has(.gatewayDown) { return GatewayObservation(problem: "the gateway has ended") }
    if troubles.has(.gatewaySilent) { return GatewayObservation(problem: "the gateway does not answer") }
    let counts = door.lateCounts ?? door.statistics(at: now, latenciesOf: backends)
    return GatewayObservation(
      accepted: door.isConfirmed && door.drift == nil ? door.routing : nil,
      statistics: troubles.has(.countsLost) ? nil : counts, drift: door.drift)
  }

  func apply(_ table: RouteTable) throws(GatewayError) {
    referee.routes(table, in: self)
    if troubles.has(.gatewayDown) || troubles.has(.gatewaySilent) {
      throw GatewayError(.unreachable, "the gateway does not answer")
    }
    if troubles.has(.gatewayRejects) { throw GatewayError(.rejected, "the gateway rejects its routes") }
    if troubles.has(.gatewaySlow) { throw GatewayError(.timedOut, "the gateway does not accept in time") }
    note("the gateway routes \(words(for: table))")
    door.route(by: table)
    door.drift = nil
    door.isConfirmed = true
    ring()
    if troubles.has(.gatewaySlowTakes) {
      door.isConfirmed = false
      throw GatewayError(.timedOut, "the gateway does not accept in time")
    }
  }

  /// The weights of a table, by version.
  func words(for table: RouteTable) -> String {
    let routes = table.models.sorted { $0.key < $1.key }.compactMap { name, route -> String? in
      var words = route.backends.filter { $0.weight > 0 }
        .map { "\(version(of: $0.revision)): \($0.weight) %" }
      if let mirror = route.mirror {
        words.append("copies to \(version(of: mirror.revision)): \(mirror.percent) %")
      }
      if let preview = route.preview { words.append("preview of \(version(of: preview.revision))") }
      return words.isEmpty ? nil : "\(name) (\(words.joined(separator: ", ")))"
    }
    return routes.isEmpty ? "nothing" : routes.joined(separator: ", ")
  }

  /// The instances of a model, by version and condition.
  func words(forServersOf name: ModelName) -> String {
    servers(of: name).map(words).joined(separator: ", ")
  }

  func words(for server: Server) -> String {
    "\(server.spec.id) of version \(version(of: server.spec.revision)) \(server.condition)"
  }

  func version(of revision: Revision) -> String {
    branch.versions[revision].map(String.init) ?? revision.short
  }

  // MARK: The journal

  func record(_ entries: [JournalEntry]) -> [Event] {
    var events: [Event] = []
    changes += 1
    referee.hasNews = true
    for entry in entries {
      referee.journals(entry, in: self)
      if let event = ledger.record(entry) {
        events.append(event)
        note("agent: \(event.message)")
      }
    }
    return events
  }
}
