import Effects
import Foundation
import Journal
import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

/// Runs `body` with a folder for state directories, and removes it afterwards.
func withTemporaryFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
  let folder = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder.path(percentEncoded: false))
}

let now = Timestamp(milliseconds: 1_772_357_400_250)

func digest(_ digit: Character) throws -> Digest {
  try #require(Digest(hex: String(repeating: digit, count: 64)))
}

/// A model in the middle of a canary, with evidence and a failure behind it.
func modelRecord(_ name: ModelName = "fraud-detector") throws -> ModelRecord {
  let policy = Policy(
    name: "careful", strategy: .canary([.weight(5), .analyze(for: .milliseconds(1500), minRequests: 20)]),
    checks: [Check(name: "errors", errorRate: .init(max: 0.01, versusStable: true, alpha: 0.1))],
    readyTimeout: .seconds(90))
  let live = LiveSettings(
    replicas: 2, route: Route(prefix: "/v2/models/\(name)"), policy: policy, labels: ["a": "b"])
  let workload = Workload(
    artifact: Artifact(uri: "file:///m", version: "7", digest: try digest("a")),
    runtime: Runtime(
      name: "r", command: ["serve"], environment: ["A": "$(PORT)"], servingProtocol: "open-inference-v2",
      readyPath: "/ready", terminationGrace: .seconds(30)), environment: [:])
  var machine = ModelMachine(name: name)
  let stable = Release(revision: revision(of: workload), version: "7", commit: "c1")
  let terms = policy.terms(replicas: 2)
  _ = machine.desire(stable, under: terms, at: now)
  _ = machine.begin(at: now, id: "01")
  _ = machine.observe(ModelObservation(artifact: .failed(.digestMismatch, "\"quoted\" and ünïcode")), at: now)
  return ModelRecord(
    machine: machine, live: live, workloads: [stable.revision: workload, try digest("b"): workload],
    file: "models/\(name).yaml",
    conditions: machine.conditions(readyInstances: 1, trouble: nil, before: [], at: now), startedInstances: 3)
}

func instanceSpec(_ id: InstanceID = "fraud-detector-1") throws -> InstanceSpec {
  InstanceSpec(
    id: id, model: "fraud-detector", revision: try digest("a"), command: ["serve", "--port", "20000"],
    environment: ["PORT": "20000"], folder: "/var/lib/evenkeel/a", port: 20000, metricsPort: 20001,
    readyPath: "/ready", terminationGrace: .milliseconds(1500))
}

func rolloutRecord(_ id: RolloutID, of model: ModelName = "fraud-detector") throws -> RolloutRecord {
  let release = Release(revision: try digest("a"), version: "7", commit: "c1")
  let rollout = Rollout(
    id: id, kind: .deploy, candidate: release, program: .firstDeployment(instances: 1),
    rules: Rules(readyTimeout: .seconds(1)), checks: [], at: now)
  return RolloutRecord(rollout, of: model, outcome: .promoted, at: now)
}

func event(_ message: String = "text") -> Event {
  Event(at: now, model: "fraud-detector", rollout: "01", reason: "StepCompleted", message: message)
}

let sourceRecord = SourceRecord(
  url: "https://git.example.com/models.git", branch: "main", path: "prod", commit: "c1", fetchedAt: now)
