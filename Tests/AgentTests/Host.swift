import Agent
import Effects
import Logging
import Manifests
import Planning
import Rollout
import Simulation
import Synchronization
import Testing
import Vocabulary

/// One host with in-memory edges, and an engineer who commits to its repository.
struct Host {
  let repository: MemoryRepository
  let artifacts = MemoryArtifacts()
  let instances = MemoryInstances()
  let gateway = MemoryGateway()
  private(set) var journal = MemoryJournal()
  let clock = VirtualClock()
  private(set) var reconciler: Reconciler

  let limits: HostLimits

  init(
    following repository: MemoryRepository = MemoryRepository(), limits: HostLimits = HostLimits(),
    verify: AgentSettings.Verification.Mode = .none, writeBack: AgentSettings.WriteBack.Mode = .push
  ) {
    self.repository = repository
    self.limits = limits
    reconciler = Self.agent(
      repository, artifacts, instances, gateway, journal, clock, limits, verify: verify,
      writeBack: writeBack)
  }

  private static func agent(
    _ repository: MemoryRepository, _ artifacts: MemoryArtifacts, _ instances: MemoryInstances,
    _ gateway: MemoryGateway, _ journal: MemoryJournal, _ clock: VirtualClock, _ limits: HostLimits,
    branch: String = "main", verify: AgentSettings.Verification.Mode = .none,
    writeBack: AgentSettings.WriteBack.Mode = .push
  ) -> Reconciler {
    Reconciler(
      edges: Edges(
        repository: repository, artifacts: artifacts, instances: instances, gateway: gateway,
        journal: journal, clock: clock, dice: Dice().roll, pause: { clock.advance(by: $0) },
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
      settings: LoopSettings(
        agent: "test-host", version: "0", url: "memory:", branch: branch, path: "", ports: 20000...20099,
        limits: limits, verify: verify, writeBack: writeBack))
  }

  /// The agent is gone, and another one starts on the same host.
  ///
  /// - Parameters: What its file says to follow and to check.
  mutating func restartAgent(
    following branch: String = "main", verify: AgentSettings.Verification.Mode = .none,
    writeBack: AgentSettings.WriteBack.Mode = .push, journal: MemoryJournal? = nil
  ) async throws {
    if let journal { self.journal = journal }
    reconciler = Self.agent(
      repository, artifacts, instances, gateway, self.journal, clock, limits, branch: branch, verify: verify,
      writeBack: writeBack)
    try await reconciler.resume()
  }

  /// Polls and passes until nothing moves any more, reverts included.
  func settle() async {
    for _ in 0..<20 {
      await reconciler.poll()
      await passes()
      guard await reconciler.writeBackDue() else { return }
    }
  }

  func passes() async {
    for _ in 0..<100 where await !reconciler.pass().again { return }
  }

  /// Lets time pass in steps of a second, with requests arriving all the time.
  func run(
    _ seconds: Int, model: ModelName = "fraud", requests: Int = 200, errors: [Revision: Double] = [:],
    times: [Revision: Duration] = [:]
  ) async {
    for _ in 0..<seconds {
      clock.advance(by: .seconds(1))
      await gateway.serve(requests, to: model, errors: errors, times: times)
      await passes()
    }
  }

  func model(_ name: ModelName = "fraud") async throws -> StatusReport.Model {
    let report = await reconciler.status()
    return try #require(report.models.first { $0.name == name }, "no model \(name) in the status")
  }

  /// The split in words of versions, for example `["1": 90, "2": 10]`.
  func split(_ name: ModelName = "fraud") async -> [String: Int] {
    let weights = await gateway.accepted?.models[name]?.weights ?? [:]
    return weights.reduce(into: [:]) { split, entry in
      split[Self.versions[entry.key] ?? entry.key.short] = entry.value
    }
  }

  func reasons() async -> [String] { await journal.events.map(\.reason) }

  private static let versions = Dictionary(
    (1...9).flatMap { number in
      ["fraud", "spam"].map { (revision(of: $0, number), String(number)) }
    }, uniquingKeysWith: { $1 })
}

/// Numbers that are never the same twice.
final class Dice: Sendable {
  private let count = Atomic<UInt64>(0)

  @Sendable func roll() -> UInt64 { count.add(1, ordering: .relaxed).newValue }
}

// MARK: Manifests

let shared = """
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
  metadata: {name: careful}
  spec:
    strategy:
      canary:
        steps:
          - weight: 10
          - analyze: {for: 10s, minRequests: 100}
          - weight: 50
          - analyze: {for: 10s}
    checks: [budget]
    readyTimeout: 30s
  ---
  apiVersion: evenkeel.dev/v1
  kind: Check
  metadata: {name: budget}
  spec: {errorRate: {max: 5%, versusStable: true}}
  """

/// - Parameter more: further lines of the `spec`.
func manifest(
  _ name: String = "fraud", version: Int, replicas: Int = 1, prefix: String? = nil,
  policy: String = "careful", more: String = ""
) -> String {
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
    replicas: \(replicas)
    route: {prefix: \(prefix ?? "/v2/models/\(name)")}
    rollout: \(policy)
  \(more.isEmpty ? "" : "  " + more)
  """
}

/// The revision of a version, as the agent computes it.
func revision(of name: String, _ version: Int) -> Revision {
  let files = [
    ManifestFile(path: "shared.yaml", bytes: Array(shared.utf8)),
    ManifestFile(path: "model.yaml", bytes: Array(manifest(name, version: version).utf8)),
  ]
  let desired = resolve(files.map { parse($0) })
  guard let model = desired.models[ModelName(name)] else {
    preconditionFailure("\(desired.diagnostics)")
  }
  return Planning.revision(of: model.workload)
}

extension Host {
  @discardableResult
  func commit(
    _ message: String, _ files: [String: String?], signedBy voucher: Voucher = .nobody("is not signed")
  ) async -> CommitID {
    await repository.commit(message, files, signedBy: voucher)
  }

  /// A host whose model is stable at version 1.
  static func withStable(writeBack: AgentSettings.WriteBack.Mode = .push) async throws -> Host {
    let host = Host(writeBack: writeBack)
    await host.commit("Deploy fraud 1", ["shared.yaml": shared, "fraud.yaml": manifest(version: 1)])
    await host.settle()
    #expect(try await host.model().phase == .stable)
    return host
  }

  /// A host whose version 2 has failed and is reverted in Git, while a full disk kept the journal from being told.
  static func withUnrecordedRevert() async throws -> Host {
    let host = try await withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [revision(of: "fraud", 2): 0.5])
    await host.journal.fail(with: JournalError(.storage, "disk full"))
    #expect(await !host.reconciler.writeBackDue())
    await host.journal.fail(with: nil)
    #expect(await host.repository.log.count == 3)
    return host
  }
}
