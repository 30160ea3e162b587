import Effects
import Manifests
import Rollout
import Vocabulary

/// Invariants 1, 2 and 3: who gets requests.
extension Referee {
  /// The agent asks for these routes; whether the gateway takes them is another matter.
  mutating func routes(_ table: RouteTable, in world: World) {
    checkQuiet(table, in: world)
    for name in names {
      guard let route = table.models[name] else { continue }
      checkIntent(of: route, name, in: world)
      checkWeights(of: name, route, in: world)
      for backend in route.backends where backend.weight > 0 {
        checkPorts(of: backend, name, in: world)
        checkReceiver(backend.revision, of: name, in: world)
      }
      if let mirror = route.mirror { checkGuest(mirror.revision, of: name, "copies", in: world) }
      if let preview = route.preview { checkGuest(preview.revision, of: name, "a preview", in: world) }
    }
    for name in names { checkService(of: name, under: table, in: world) }
  }

  private mutating func checkWeights(of name: ModelName, _ route: ModelRoute, in world: World) {
    let sum = route.backends.reduce(0) { $0 + $1.weight }
    if sum != 100, sum != 0 { blame(.traffic, "the weights of \(name) sum to \(sum)", in: world) }
    for revision in [route.mirror?.revision, route.preview?.revision].compactMap(\.self)
    where !route.backends.contains(where: { $0.revision == revision }) {
      blame(.traffic, "\(name) sends copies or guests to a backend that does not exist", in: world)
    }
  }

  /// Each port is that of an instance of this very revision. One that is not ready is there only where none is, and
  /// nobody better could answer.
  private mutating func checkPorts(of backend: Backend, _ name: ModelName, in world: World) {
    var version: String { world.version(of: backend.revision) }
    var ready = 0
    for port in backend.ports {
      guard let server = world.servers.first(where: { $0.spec.port == port && !$0.isGone }) else {
        blame(.traffic, "\(name) \(version) gets traffic on port \(port), where nobody listens", in: world)
        return
      }
      if server.spec.model != name || server.spec.revision != backend.revision {
        blame(
          .traffic, "\(name) \(version) gets traffic on the port of \(server.spec.id)", in: world)
      }
      if server.isReady { ready += 1 }
    }
    guard ready < backend.ports.count || ready == 0 else { return }
    let other = watches[name]?.proven.last
    let isHopeless =
      watches[name]?.mayRecreate == true
      // Whatever has failed by now, and why nobody better may be asked, is not in the journal yet.
      || world.troubles.has(.diskFull)
      || world.servers.allSatisfy { server in
        !(server.spec.model == name && server.isReady
          && (server.spec.revision == backend.revision || server.spec.revision == other))
      }
    if !isHopeless {
      blame(
        .traffic,
        "\(name) \(version) gets \(backend.weight) % with \(ready) of \(backend.ports.count) ports ready",
        in: world)
    }
  }

  private mutating func checkReceiver(_ revision: Revision, of name: ModelName, in world: World) {
    var version: String { world.version(of: revision) }
    guard let watch = watches[name] else { return }
    if watch.failed.contains(revision) {
      blame(.failedStaysOut, "\(name) \(version) has failed and gets traffic", in: world)
    } else if !watch.mayServe(revision), !isKeptWarm(revision, of: name, in: world) {
      blame(.failedStaysOut, "\(name) \(version) gets traffic: it is neither candidate nor stable", in: world)
    }
  }

  /// Whether a person goes back to it, or it is the version before the one that is being watched.
  private func isKeptWarm(_ revision: Revision, of name: ModelName, in world: World) -> Bool {
    if watches[name]?.open?.isRestore == true, watches[name]?.proven.contains(revision) == true {
      return true
    }
    guard watches[name]?.proven.dropLast().last == revision else { return false }
    return world.ledger.courses[name]?.displaced == revision
  }

  private mutating func checkGuest(
    _ revision: Revision, of name: ModelName, _ what: String, in world: World
  ) {
    var version: String { world.version(of: revision) }
    guard let watch = watches[name] else { return }
    if watch.failed.contains(revision) {
      blame(.failedStaysOut, "\(name) \(version) has failed and gets \(what)", in: world)
    }
    if watch.open?.revision != revision {
      blame(.traffic, "\(name) \(version) gets \(what) and is no candidate", in: world)
    }
    if !world.servers.contains(where: { $0.isReady && $0.spec.model == name && $0.spec.revision == revision })
    {
      blame(.traffic, "\(name) \(version) gets \(what) with no instance ready", in: world)
    }
  }

  // MARK: Service

  /// The version before the one that is being watched, when traffic goes back to it and the disk is full: what has failed
  /// is off traffic before anybody can read of it.
  private func returnsUnwritten(_ name: ModelName, under table: RouteTable, in world: World) -> Revision? {
    guard world.troubles.has(.diskFull), let displaced = world.ledger.courses[name]?.displaced,
      table.models[name]?.weights[displaced] == 100
    else { return nil }
    return displaced
  }

  /// The agent takes nobody's last answer away.
  private mutating func checkService(of name: ModelName, under table: RouteTable, in world: World) {
    guard mustServe(name),
      let stable = returnsUnwritten(name, under: table, in: world) ?? watches[name]?.proven.last,
      world.door.routing.answers(name, in: world), !table.answers(name, in: world)
    else { return }
    // Servers that ended or hang by themselves are nobody's fault. Those that the agent has stopped are its own.
    let isReady = world.servers.contains { $0.isReady && $0.spec.model == name && $0.spec.revision == stable }
    guard isReady || watches[name]?.stopped.contains(stable) == true else { return }
    blame(
      .service,
      "\(name) loses its last ready instance in the route; there are \(world.words(forServersOf: name))",
      in: world)
  }

  /// Whether Git has the model, and nothing that it asks for takes it off the route.
  private func mustServe(_ name: ModelName) -> Bool {
    guard let watch = watches[name] else { return false }
    return !watch.proven.isEmpty && !watch.mayRecreate && !watch.isLeaving
  }

  /// The agent is about to stop a server.
  mutating func stops(_ server: Server, in world: World) {
    let name = server.spec.model
    if watches[name]?.quiet != nil {
      blame(.neighbours, "\(server.spec.id) is stopped, and nothing happened to \(name)", in: world)
    }
    checkWarmth(of: server, in: world)
    // What it does not want any more it does not count.
    watches[name]?.crashLoops[server.spec.revision] = nil
    // One that hung was nobody's answer, and one beside another was not the last.
    let isLast = !world.servers.contains {
      $0.isReady && $0.spec.id != server.spec.id && $0.spec.model == name
        && $0.spec.revision == server.spec.revision
    }
    if server.isReady, isLast { watches[name]?.stopped.insert(server.spec.revision) }
    let route = world.door.routing.models[name]
    let backend = route?.backends.first { $0.revision == server.spec.revision }
    if let backend, backend.weight > 0, backend.ports.contains(server.spec.port) {
      blame(
        .service, "\(server.spec.id) is stopped while it gets \(backend.weight) % of the requests", in: world)
    }
    if [route?.mirror?.revision, route?.preview?.revision].contains(server.spec.revision),
      backend?.ports.contains(server.spec.port) == true
    {
      blame(.service, "\(server.spec.id) is stopped while it gets copies or a preview", in: world)
    }
    if let end = world.door.busyUntil[server.spec.port], server.isReady, end > world.now,
      !world.isGatewayBlind
    {
      blame(.service, "\(server.spec.id) is stopped while it still answers requests", in: world)
    }
  }

  /// A pass is complete, in which everything worked.
  mutating func checkRoutes(in world: World) {
    for name in names {
      guard let route = world.door.routing.models[name] else { continue }
      for backend in route.backends where backend.weight > 0 {
        checkPorts(of: backend, name, in: world)
        checkReceiver(backend.revision, of: name, in: world)
      }
      if let mirror = route.mirror { checkGuest(mirror.revision, of: name, "copies", in: world) }
      if let preview = route.preview { checkGuest(preview.revision, of: name, "a preview", in: world) }
    }
    for name in names {
      guard let watch = watches[name], let stable = watch.proven.last, watch.open == nil, mustServe(name)
      else { continue }
      let isReady = world.servers.contains {
        $0.isReady && $0.spec.model == name && $0.spec.revision == stable
      }
      if isReady, !world.door.routing.answers(name, in: world) {
        blame(
          .service, "\(name) \(world.version(of: stable)) is ready and not in the route", in: world)
      }
    }
  }
}

extension RouteTable {
  /// Whether a request to the model reaches a ready instance.
  func answers(_ name: ModelName, in world: World) -> Bool {
    guard let route = models[name] else { return false }
    return route.backends.contains { backend in
      backend.weight > 0
        && world.servers.contains {
          $0.isReady && $0.spec.model == name && backend.ports.contains($0.spec.port)
        }
    }
  }
}
