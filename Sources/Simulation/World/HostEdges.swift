import Effects
import Manifests
import Rollout
import Vocabulary

/// The artifact store, as one life of the agent sees it.
struct ArtifactEdge: ArtifactStore {
  let world: World
  let life: Life

  func request(_ artifact: Artifact) async -> ArtifactStatus {
    guard !life.isOver else { return .failed(ArtifactError(.storage, "the agent is dead")) }
    return world.fetch(artifact)
  }

  func forgetFailure(of artifact: Artifact) async {
    guard life.begins() else { return }
    world.shelf.forgetFailure(of: artifact.digest)
    _ = life.survives()
  }
}

/// The processes of the host, as one life of the agent sees them.
struct InstanceEdge: InstanceDriver {
  let world: World
  let life: Life

  func adopt(_ journalled: [InstanceSpec]) async {
    guard life.begins() else { return }
    world.adopt(journalled)
    _ = life.survives()
  }

  func observe() async -> [InstanceObservation] {
    life.isOver ? [] : world.observations
  }

  func start(_ spec: InstanceSpec) async throws(InstanceError) {
    guard life.begins() else { throw InstanceError(.host, "the agent is dead") }
    try world.start(spec)
    guard life.survives() else { throw InstanceError(.host, "the agent is dead") }
  }

  func stop(_ id: InstanceID) async {
    guard let server = world.server(id), server.isRunning, life.begins() else { return }
    world.stop(server)
    _ = life.survives()
  }

  func forget(_ id: InstanceID) async {
    guard life.begins() else { return }
    world.servers.removeAll { $0.spec.id == id && $0.isGone }
    _ = life.survives()
  }

  func logTail(of id: InstanceID, lines: Int) async -> [String] { [] }
}

/// The gateway, as one life of the agent sees it.
struct GatewayEdge: Gateway {
  let world: World
  let life: Life

  func start() async throws(GatewayError) {}

  func observe(latenciesOf backends: Set<BackendKey>) async -> GatewayObservation {
    life.isOver
      ? GatewayObservation(problem: "the agent is dead") : world.observeGateway(latenciesOf: backends)
  }

  func apply(_ table: RouteTable) async throws(GatewayError) {
    let dead = GatewayError(.unreachable, "the agent is dead")
    guard life.begins() else { throw dead }
    try world.apply(table)
    guard life.survives() else {
      // It routes by the new table, and nobody has noted it.
      world.door.isConfirmed = false
      throw dead
    }
  }
}

/// The journal, as one life of the agent sees it.
struct JournalEdge: JournalStore {
  let world: World
  let life: Life

  private static let full = JournalError(.storage, "no space left on the device")
  private static let dead = JournalError(.storage, "the agent is dead")

  func load() async throws(JournalError) -> JournalContents {
    guard !life.isOver else { throw Self.dead }
    return world.ledger.contents
  }

  func record(_ entries: [JournalEntry]) async throws(JournalError) -> [Event] {
    guard life.begins() else { throw Self.dead }
    guard !world.troubles.has(.diskFull) else { throw Self.full }
    let events = world.record(entries)
    guard life.survives() else { throw Self.dead }
    return events
  }

  func history(of model: ModelName, limit: Int) async throws(JournalError) -> [RolloutRecord] { [] }

  func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [Event] { [] }

  func lastSequence() async throws(JournalError) -> Int64 { 0 }
}
