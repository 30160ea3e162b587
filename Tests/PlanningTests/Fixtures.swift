import Foundation
import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

/// A digest of one repeated hexadecimal digit.
func digest(_ digit: Character) throws -> Digest {
  try #require(Digest(hex: String(repeating: digit, count: 64)))
}

func workload(version: String = "7") throws -> Workload {
  Workload(
    artifact: Artifact(
      uri: "https://models.example.com/fraud/\(version)/model.tar.gz", version: version,
      digest: try digest("a"), format: "sklearn"),
    runtime: Runtime(
      name: "mlserver-sklearn", command: ["mlserver", "start", "$(MODEL_DIR)"],
      environment: ["MLSERVER_HTTP_PORT": "$(PORT)", "MLSERVER_MODEL_NAME": "$(MODEL_NAME)"],
      servingProtocol: "open-inference-v2", readyPath: "/v2/models/$(MODEL_NAME)/ready",
      terminationGrace: .seconds(30)),
    environment: ["OMP_NUM_THREADS": "1"])
}

func policy() -> Policy {
  Policy(
    name: "careful-canary",
    strategy: .canary([
      .weight(5), .analyze(for: .seconds(300), minRequests: 200), .weight(25), .pause(for: .seconds(600)),
      .weight(50), .pause(for: nil), .analyze(for: .milliseconds(1500), minRequests: 0),
    ]),
    checks: [
      Check(name: "error-budget", errorRate: .init(max: 0.01, versusStable: true, alpha: 0.01))
    ],
    readyTimeout: .seconds(120))
}

func live(replicas: Int = 2) -> LiveSettings {
  LiveSettings(
    replicas: replicas, route: Route(prefix: "/v2/models/fraud-detector"), policy: policy(),
    labels: ["team": "risk"])
}

func model(_ name: ModelName = "fraud-detector", version: String = "7", replicas: Int = 2) throws
  -> DesiredModel
{
  DesiredModel(
    name: name, workload: try workload(version: version), live: live(replicas: replicas),
    file: "models/\(name).yaml")
}

func desired(_ models: DesiredModel...) -> DesiredState {
  DesiredState(models: Dictionary(uniqueKeysWithValues: models.map { ($0.name, $0) }))
}

func release(_ version: String, commit: CommitID? = "1111111111111111111111111111111111111111") throws
  -> Release
{
  Release(
    revision: revision(of: try workload(version: version)), version: version, commit: commit)
}

/// What a machine says when it has failed, with `message` in place of its own words.
func failure(message: String, log: [String] = [], reason: Failure.Reason = .checkFailed) throws -> Failure {
  var machine = ModelMachine(name: "fraud-detector")
  let now = Timestamp(milliseconds: 1_772_357_400_250)
  machine.begin(try release("8"), under: terms([]), at: now, id: "01")
  var world = ModelObservation(artifact: .failed(.digestMismatch, "replaced below"))
  world.instances.log = log
  guard case .failed(let record) = machine.observe(world, at: now) else {
    throw FixtureError(description: "the machine did not fail")
  }
  var failure = try #require(record.failure)
  failure.message = message
  failure.reason = reason
  failure.step = 2
  failure.steps = 6
  failure.stepText = "weight 5 %"
  return failure
}

/// What a policy with these steps means for one instance.
func terms(_ steps: [Step], checks: [Check] = [], replicas: Int = 1) -> Terms {
  Terms(
    program: .beside(steps, instances: replicas), checks: checks, rules: Rules(readyTimeout: .seconds(60)),
    replicas: replicas)
}

extension ModelMachine {
  /// Git asks for a release, and its rollout begins.
  mutating func begin(_ release: Release, under terms: Terms, at now: Timestamp, id: RolloutID) {
    _ = desire(release, under: terms, at: now)
    _ = begin(at: now, id: id)
  }
}

struct FixtureError: Error {
  var description: String
}

func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// A small seeded generator (SplitMix64), so that a failing property can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
