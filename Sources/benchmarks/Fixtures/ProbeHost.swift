import Agent
import Effects
import FoundationEssentials
import HostTarget
import Journal
import Manifests
import Simulation
import TestSupport
import Vocabulary

/// An agent with one model, `probe`, on real processes, a real Envoy and a real journal. Only Git and the artifacts
/// are in memory.
struct ProbeHost {
  let repository: MemoryRepository
  let journal: VerdictJournal<SQLiteJournal>
  let gateway: EnvoyGateway
  let reconciler: Reconciler
  let alarm: Alarm
  let folder: String
  let port: Int
  private let instances: ProcessInstances

  private init(in folder: String) async throws {
    self.folder = folder
    let (state, alarm, port) = (folder + "/state", Alarm(), try freePort())
    try TestSupport.write(probeScript, to: folder + "/probe.py")
    for name in ["notes", "artifact"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    repository = MemoryRepository()
    journal = VerdictJournal(try await SQLiteJournal(stateDirectory: state))
    gateway = try EnvoyGateway(
      settings: GatewaySettings(host: "127.0.0.1", port: port, program: "envoy"), stateDirectory: state,
      logger: .silent, onChange: { alarm.ring() })
    instances = try ProcessInstances(stateDirectory: state, logger: .silent, onChange: { alarm.ring() })
    let artifacts = MemoryArtifacts()
    if let digest = Digest(digest) {
      await artifacts.answer(.stored(folder: folder + "/artifact"), for: digest)
    }
    let edges = Edges(
      repository: repository, artifacts: artifacts, instances: instances, gateway: gateway, journal: journal,
      clock: WallClock(), dice: { UInt64.random(in: .min ... .max) },
      pause: { try? await Task.sleep(for: $0) }, logger: .silent)
    let firstPort = try freePort()
    reconciler = Reconciler(
      edges: edges,
      settings: LoopSettings(
        agent: "benchmarks", version: "0", url: "memory", branch: "main", path: "",
        ports: min(firstPort, 64_000)...min(firstPort, 64_000) + 500))
    self.alarm = alarm
    self.port = port
  }

  /// Runs `body` with a gateway that serves, and leaves no process behind.
  static func run<Result: Sendable>(_ body: (ProbeHost) async throws -> Result) async throws -> Result {
    try await withTemporaryFolder { folder in
      let host = try await ProbeHost(in: folder)
      do {
        try await host.gateway.start()
        let result = try await body(host)
        await host.stop()
        return result
      } catch {
        await host.stop()
        throw error
      }
    }
  }

  private func stop() async {
    for instance in await instances.observe() { await instances.stop(instance.id) }
    try? await eventually("the model servers have stopped") {
      await instances.observe().allSatisfy { if case .exited = $0.condition { true } else { false } }
    }
    await gateway.stop()
  }

  // MARK: What an engineer does

  func deploy(_ version: String) async {
    let files = ["probe.yaml": manifest(version), "platform.yaml": platform]
    await repository.commit("Deploy \(version)", files)
  }

  private func manifest(_ version: String) -> String {
    """
    apiVersion: evenkeel.dev/v1
    kind: Model
    metadata: {name: probe}
    spec:
      artifact: {uri: "https://models.example.com/probe", version: "\(version)", digest: "\(digest)"}
      runtime: python
      rollout: canary

    """
  }

  private var platform: String {
    """
    apiVersion: evenkeel.dev/v1
    kind: ServingRuntime
    metadata: {name: python}
    spec:
      command: [python3, \(folder)/probe.py, instance, \(folder)/notes]
      env: {PORT: $(PORT), VERSION: $(VERSION)}
      protocol: open-inference-v2
      ready: {path: /v2/models/$(MODEL_NAME)/ready}
      terminationGrace: 5s
    ---
    apiVersion: evenkeel.dev/v1
    kind: RolloutPolicy
    metadata: {name: canary}
    spec:
      strategy:
        canary:
          steps:
            - weight: 50
            - analyze: {for: 5m, minRequests: 1000000}
      checks: [errors]
    ---
    apiVersion: evenkeel.dev/v1
    kind: Check
    metadata: {name: errors}
    spec:
      errorRate: {max: 1%, alpha: 0.01}

    """
  }

  // MARK: What can be seen

  /// When the last request arrived at a version; nanoseconds of the monotonic clock.
  func lastArrival(at version: String) throws -> Int64 {
    let text = try String(contentsOfFile: "\(folder)/notes/\(version)", encoding: .utf8)
    guard let time = Int64(text.filter(\.isNumber)) else {
      throw BenchmarkFailure("no request has reached version \(version)")
    }
    return time
  }

  /// Runs the agent until an event with one of the reasons has been journalled, and `condition` holds.
  func runAgent(until reasons: Set<String>, after sequence: Int64) async throws {
    let service = AgentService(reconciler, alarm: alarm, interval: .seconds(1))
    let loop = Task { try await service.run() }
    var (last, seen) = (sequence, false)
    let deadline = monotonicNanoseconds() + 60_000_000_000
    while !seen, monotonicNanoseconds() < deadline {
      let events = try await reconciler.events(after: last, limit: 100, patience: .milliseconds(500))
      last = events.last?.sequence ?? last
      seen = events.contains { reasons.contains($0.reason) }
    }
    loop.cancel()
    _ = await loop.result
    try require(seen, "none of \(reasons.sorted()) happened within a minute")
  }
}

private let digest = "sha256:" + String(repeating: "7", count: 64)
