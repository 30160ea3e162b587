import Effects
import Manifests
import Rollout
import Vocabulary

/// Invariant 6: what nothing happened to stays as it is.
extension Referee {
  /// The branch has a new tip: something happens to the models that it asks something else for.
  mutating func branchMoved(from before: CommitID, to after: CommitID, in world: World) {
    let old = world.branch.desired(at: before) ?? DesiredState()
    let new = world.branch.desired(at: after) ?? DesiredState()
    for name in names {
      if old.models[name] != new.models[name]
        || old.unreadable.contains(name) != new.unreadable.contains(name)
      {
        touch(name)
        watches[name]?.warm = nil
        watches[name]?.isOwedRetry = false
      }
      if case .recreate = new.models[name]?.live.policy.strategy { watches[name]?.mayRecreate = true }
    }
  }

  mutating func changed(_ server: Server, at now: Timestamp) {
    touch(server.spec.model)
    if server.isReady, watches[server.spec.model]?.open?.revision == server.spec.revision {
      watches[server.spec.model]?.open?.becameReadyAt = now
    }
    guard server.hasCrashed else { return }
    noteCrash(of: server, at: now)
    watches[server.spec.model]?.crashes[server.spec.revision, default: 0] += 1
    if watches[server.spec.model]?.open?.revision == server.spec.revision {
      watches[server.spec.model]?.open?.crashes += 1
    }
  }

  mutating func rebooted() {
    for name in names {
      touch(name)
      watches[name]?.warm = nil
      watches[name]?.open?.uncertain += unseenJumps
    }
    unseenJumps = .zero
  }

  mutating func clockSet(by jump: Duration) { unseenJumps += max(jump, .zero - jump) }

  mutating func checkQuiet(_ machine: ModelMachine, in world: World) {
    guard let quiet = watches[machine.name]?.quiet else { return }
    if machine.stable?.revision != quiet.revision || machine.rollout != nil || machine.removing {
      blame(.neighbours, "\(machine.name) is changed, and nothing happened to it", in: world)
    }
  }

  mutating func checkQuiet(_ table: RouteTable, in world: World) {
    guard world.door.drift == nil else { return }
    for watch in all where watch.quiet != nil {
      let name = watch.name
      if table.models[name] != world.door.routing.models[name] {
        blame(.neighbours, "the route of \(name) is changed, and nothing happened to it", in: world)
      }
    }
  }

  /// Notes which models are at rest.
  mutating func findQuiet(in world: World) {
    for watch in all where watch.quiet == nil {
      guard let revision = restingRevision(of: watch.name, in: world) else { continue }
      watch.quiet = Watch.Quiet(
        servers: world.servers(of: watch.name).map(\.spec.id), revision: revision)
    }
  }

  /// The revision that serves a model which is just as Git asks; `nil` when it is not.
  func restingRevision(of name: ModelName, in world: World) -> Revision? {
    guard let watch = watches[name], watch.open == nil, let revision = watch.proven.last,
      world.branch.revision(of: name, at: world.branch.tip) == revision, world.door.drift == nil,
      let asked = watch.asked, world.ledger.source?.commit == world.branch.tip,
      world.ledger.courses[name] == nil, !watch.isLeaving
    else { return nil }
    var ready: Set<Int> = []
    for server in world.servers where server.spec.model == name {
      guard server.isReady, server.spec.revision == revision else { return nil }
      ready.insert(server.spec.port)
    }
    guard ready.count == asked.live.replicas, let route = world.door.routing.models[name],
      route.backends.count == 1, Set(route.backends[0].ports) == ready, route.weights == [revision: 100]
    else { return nil }
    return revision
  }
}
