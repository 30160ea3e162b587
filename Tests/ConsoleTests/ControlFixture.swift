import Agent
import Console
import Effects
import Logging
import Manifests
import Planning
import ServiceLifecycle
import Simulation
import Synchronization
import TestSupport
import Vocabulary

/// A real control server over a reconciler with in-memory edges.
struct ControlFixture: Sendable {
  let repository = MemoryRepository()
  let gateway = MemoryGateway()
  let clock = VirtualClock()
  let alarm = Alarm()
  let reconciler: Reconciler
  let socket: String

  var client: ControlClient { ControlClient(socket: socket) }

  init(socket: String) {
    self.socket = socket
    let dice = DiceBox()
    reconciler = Reconciler(
      edges: Edges(
        repository: repository, artifacts: MemoryArtifacts(), instances: MemoryInstances(), gateway: gateway,
        journal: MemoryJournal(), clock: clock, dice: dice.roll, pause: { _ in },
        logger: quietLogger),
      settings: LoopSettings(
        agent: "test-host", version: "0", url: "memory:", branch: "main", path: "", ports: 20000...20099))
  }

  /// Runs `body` while the server serves, then stops it as a service manager would.
  static func serve(_ body: @Sendable (ControlFixture) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let fixture = ControlFixture(socket: folder + "/run/agent.sock")
      try await fixture.whileServing { try await body(fixture) }
    }
  }

  func whileServing(_ body: @Sendable () async throws -> Void) async throws {
    let group = ServiceGroup(
      services: [server], gracefulShutdownSignals: [], logger: quietLogger)
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await group.run() }
      defer { tasks.cancelAll() }
      try await eventually("the control API answers") { (try? await client.status()) != nil }
      try await body()
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  var server: ControlServer {
    ControlServer(path: socket, reconciler: reconciler, alarm: alarm, logger: quietLogger)
  }

  /// Deploys version 1, then brings version 2 to where it waits for a person.
  func deployTwoVersions() async throws {
    await repository.commit(
      "Deploy fraud 1", ["shared.yaml": sharedManifests, "fraud.yaml": model(version: 1)])
    try await settle()
    await repository.commit("Deploy fraud 2", ["fraud.yaml": model(version: 2)])
    try await settle()
  }

  func settle() async throws {
    await reconciler.poll()
    for _ in 0..<100 where await !reconciler.pass().again { return }
  }
}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Numbers that are never the same twice.
private final class DiceBox: Sendable {
  private let count = Atomic<UInt64>(0)

  @Sendable func roll() -> UInt64 { count.add(1, ordering: .relaxed).newValue }
}

let sharedManifests = """
  apiVersion: evenkeel.dev/v1
  kind: ServingRuntime
  metadata: {name: stub}
  spec:
    command: [serve, $(MODEL_DIR), --port, $(PORT)]
    protocol: open-inference-v2
    ready: {path: /v2/models/$(MODEL_NAME)/ready}
  ---
  apiVersion: evenkeel.dev/v1
  kind: RolloutPolicy
  metadata: {name: by-hand}
  spec:
    strategy: {canary: {steps: [{weight: 10}, {pause: {}}]}}
    readyTimeout: 30s

  """

func model(_ name: String = "fraud", version: Int) -> String {
  """
  apiVersion: evenkeel.dev/v1
  kind: Model
  metadata: {name: \(name)}
  spec:
    artifact:
      uri: https://models.example.com/\(name)/\(version).tar.gz
      version: "\(version)"
      digest: sha256:\(String(repeating: String(version), count: 64))
    runtime: stub
    rollout: by-hand

  """
}
