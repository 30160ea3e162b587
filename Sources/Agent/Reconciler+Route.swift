import Effects
import Logging
import Manifests
import Rollout
import Vocabulary

extension Reconciler {
  /// Applies the wanted routes if they are not the confirmed ones. Answers whether the gateway has confirmed new
  /// ones, which a machine may be waiting for.
  func route() async -> Bool {
    let table = wantedTable()
    let now = edges.clock.now()
    guard table != world.gateway.accepted else {
      // Whatever it refused is not wanted any more, or it was not there yet and has its routes from before.
      gatewayTrouble = nil
      return false
    }
    guard now >= gatewayRetryAt else { return false }
    do throws(GatewayError) {
      try await edges.gateway.apply(table)
      gatewayTrouble = nil
      world.gateway.accepted = table
      await noteDrift(at: now)
      return true
    } catch {
      if error != gatewayTrouble {
        edges.logger.error("the gateway did not take the routes", metadata: ["error": "\(error)"])
      }
      gatewayTrouble = error
      gatewayRetryAt = now + .seconds(1)
      return false
    }
  }

  /// Somebody else had changed the gateway, and it is put right by now.
  private func noteDrift(at now: Timestamp) async {
    guard let drift = world.gateway.drift else { return }
    world.gateway.drift = nil
    corrections.gateway += 1
    let message = "the gateway was changed behind the agent's back and is put right: \(drift)"
    // Traffic is right again; that nobody can read about it later must not undo that.
    do throws(JournalError) {
      try await write([.event(Event(at: now, reason: "DriftCorrected", message: message))])
    } catch {
      edges.logger.warning("\(message)")
    }
  }

  func wantedTable() -> RouteTable {
    var table = RouteTable()
    for (name, record) in records {
      if let route = wantedRoute(of: record) { table.models[name] = route }
    }
    return table
  }

  /// The split that the machine wants, and beside it, without traffic, every other release that runs: its
  /// statistics exist before its first request and until its last answer.
  private func wantedRoute(of record: ModelRecord) -> ModelRoute? {
    let name = record.machine.name
    let wanted = record.machine.wanted()
    let weights = servable(record.machine, wanted)
    let running = Set((world.byModel[name] ?? []).filter { !$0.isExited }.map(\.revision))
    let revisions = running.union(weights.keys).sorted()
    guard !revisions.isEmpty else { return nil }
    let backends = revisions.map { revision in
      Backend(
        revision: revision, weight: weights[revision] ?? 0,
        ports: ports(of: name, revision, routed: weights[revision] != nil))
    }
    var route = ModelRoute(route: record.live.route, backends: backends)
    if let candidate = record.machine.rollout?.candidate.revision, !weights.isEmpty, isReady(name, candidate)
    {
      route.preview = wanted.preview.map { PreviewRoute(access: $0, revision: candidate) }
      if wanted.mirror > 0 { route.mirror = MirrorRoute(percent: wanted.mirror, revision: candidate) }
    }
    return route
  }

  /// The weights that the machine wants. A release without a ready instance gets none of them, whatever the step
  /// says, as long as one that has been stable is there to take them.
  private func servable(_ machine: ModelMachine, _ wanted: Wanted) -> [Revision: Int] {
    guard !wanted.weights.keys.allSatisfy({ isReady(machine.name, $0) }) else { return wanted.weights }
    let proven = [machine.stable, machine.rollout?.displaced].compactMap { $0?.revision }
    let kept = wanted.instances.filter(\.mayStart).map(\.release.revision)
    guard !wanted.weights.isEmpty,
      let substitute = proven.first(where: { kept.contains($0) && isReady(machine.name, $0) })
    else { return wanted.weights }
    return [substitute: 100]
  }

  private func isReady(_ name: ModelName, _ revision: Revision) -> Bool {
    world.running(name, revision).contains { $0.condition == .ready }
  }

  /// Only instances whose model is ready, and that are to stay, get requests. If none of a routed release is ready,
  /// all that are to stay are in: an honest error of a server is better than one about a missing one.
  private func ports(of name: ModelName, _ revision: Revision, routed: Bool) -> [Int] {
    let instances = (world.byModel[name] ?? []).filter { $0.revision == revision && !$0.isExited }
    guard routed else { return instances.filter { $0.condition == .ready }.map(\.port).sorted() }
    let leaving = Set(unwanted(of: name).map(\.id))
    let staying = instances.filter { !leaving.contains($0.id) }
    let ready = staying.filter { $0.condition == .ready }
    return (ready.isEmpty ? staying : ready).map(\.port).sorted()
  }
}
