import Effects
import Manifests
import Vocabulary

/// What goes wrong in the world, besides the death of the agent.
extension World {
  func strike(_ fault: Fault) {
    tally.faults[fault.kind, default: 0] += 1
    note(fault.description)
    switch fault {
    case .kill: break
    case .reboot: reboot()
    case .crash(let model): hit(model) { $0.crash() }
    case .hang(let model, let duration):
      let end = now + duration
      hit(model) { $0.hang(until: end) }
    case .noStarts(let portTaken, let duration): begin(portTaken ? .portsTaken : .startsRefused, duration)
    case .gateway(let fault, let duration): strike(fault, duration)
    case .gatewayRestart(let duration):
      door.forgetCounts()
      // Whatever was being answered has gone with its connection.
      door.busyUntil = [:]
      begin(.gatewayDown, duration)
    case .drift(let model): drift(model)
    case .remote(.unreachable, let duration): begin(.remoteUnreachable, duration)
    case .remote(.refuses, let duration): begin(.remoteRefuses, duration)
    case .remote(.losesAnswers, let duration): begin(.remoteLosesAnswers, duration)
    case .rivals(let count): rivals += count
    case .rewrite(let back): rewrite(back: back)
    case .diskFull(let duration): begin(.diskFull, duration)
    case .clockJump(let jump):
      clock.jump(by: jump)
      referee.clockSet(by: jump)
    case .registry(let duration):
      shelf.setRegistry(down: true, at: now)
      begin(.registryDown, duration)
    case .slowGit(let duration): begin(.gitSlow, duration)
    }
    ring()
  }

  private func begin(_ trouble: Troubles.Kind, _ duration: Duration) {
    gatewaySoundSince = max(gatewaySoundSince, now + duration)
    troubles.begin(trouble, until: now + duration)
  }

  private func strike(_ fault: GatewayFault, _ duration: Duration) {
    switch fault {
    case .rejects: begin(.gatewayRejects, duration)
    case .silent: begin(.gatewaySilent, duration)
    case .slow(let takesEffect): begin(takesEffect ? .gatewaySlowTakes : .gatewaySlow, duration)
    case .lateCounts:
      door.lateCounts = door.lateCounts ?? door.statistics(at: now, latenciesOf: Set(door.counters.keys))
      begin(.countsLate, duration)
    case .noCounts: begin(.countsLost, duration)
    }
  }

  /// The newest running instance of a model is hit: a candidate's, if there is one.
  private func hit(_ model: ModelName, _ blow: (Server) -> Void) {
    guard let victim = servers.last(where: { $0.spec.model == model && $0.isRunning }) else { return }
    change(victim.spec.id, blow)
  }

  /// Everything that runs is gone, and the gateway comes back with no routes: others may have the ports by now.
  private func reboot() {
    clock.reboot()
    referee.rebooted()
    servers = []
    door = door.successor
  }

  private func drift(_ model: ModelName) {
    guard var route = door.routing.models[model],
      let heaviest = route.backends.indices.first(where: { route.backends[$0].weight > 0 })
    else { return }
    route.backends[heaviest].ports = []
    door.routing.models[model] = route
    door.drift = "the route of \(model) was changed"
    referee.touch(model)
  }
}
