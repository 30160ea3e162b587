import Manifests
import TestSupport
import Vocabulary

/// The manifests of many models, one file each, as a large organisation would have them: a folder for each team,
/// and the platform's policies, checks and runtimes in one file beside them.
struct ManifestFleet: Sendable {
  let models: Int

  private static let modelsPerTeam = 100

  func name(_ index: Int) -> ModelName { ModelName("model-\(index)") }

  func path(_ index: Int) -> String { "teams/team-\(index / Self.modelsPerTeam)/model-\(index).yaml" }

  /// A manifest like the one in `manifests/example`.
  func text(_ index: Int, version: Int = 1, cost: Int = 0) -> String {
    let seed = String(UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(version), radix: 16)
    let digest = String(String(repeating: seed, count: 64).prefix(64))
    return """
      # To deploy another version, change `artifact` and merge.
      apiVersion: evenkeel.dev/v1
      kind: Model
      metadata:
        name: model-\(index)
        labels: {team: team-\(index / Self.modelsPerTeam), cost: "\(cost)"}
      spec:
        artifact:
          uri: https://models.example.com/model-\(index)/\(version).tar.gz
          version: "\(version)"
          digest: sha256:\(digest)
          format: sklearn
        runtime: mlserver-sklearn
        replicas: 1
        env: {OMP_NUM_THREADS: "1"}
        route: {prefix: /v2/models/model-\(index)}
        rollout: canary

      """
  }

  static let platformPath = "platform/platform.yaml"

  static let platform = """
    apiVersion: evenkeel.dev/v1
    kind: RolloutPolicy
    metadata: {name: canary}
    spec:
      strategy:
        canary:
          steps:
            - weight: 5
            - weight: 50
      checks: [error-budget]
    ---
    apiVersion: evenkeel.dev/v1
    kind: Check
    metadata: {name: error-budget}
    spec:
      errorRate: {max: 1%, versusStable: true, alpha: 0.01}
    ---
    apiVersion: evenkeel.dev/v1
    kind: ServingRuntime
    metadata: {name: mlserver-sklearn}
    spec:
      command: [mlserver, start, $(MODEL_DIR)]
      env:
        MLSERVER_HOST: 127.0.0.1
        MLSERVER_HTTP_PORT: $(PORT)
        MLSERVER_METRICS_PORT: $(METRICS_PORT)
        MLSERVER_MODEL_NAME: $(MODEL_NAME)
      protocol: open-inference-v2
      ready: {path: /v2/models/$(MODEL_NAME)/ready}
      terminationGrace: 30s

    """

  /// All files.
  var files: [ManifestFile] {
    [ManifestFile(path: Self.platformPath, bytes: Array(Self.platform.utf8))]
      + (0..<models).map { ManifestFile(path: path($0), bytes: Array(text($0).utf8)) }
  }
}

/// A bare repository with the fleet's manifests and a history.
struct FleetRemote: Sendable {
  let fleet: ManifestFleet
  let remote: GitRemote

  /// Makes the repository in `folder`: one commit with all manifests, then `history` that change one each.
  init(_ scale: Scale, in folder: String) async throws {
    fleet = ManifestFleet(models: scale.models)
    remote = try await GitRemote(in: folder)
    var stream = Commit("Add all models").stream(
      fleet.files.map { ($0.path, String(decoding: $0.bytes, as: UTF8.self)) })
    for number in 1...scale.history {
      // Seven and a power of ten have no common divisor: all models have their turn.
      let model = number * 7 % scale.models
      stream += Commit("Change the label of model \(model)")
        .stream([(fleet.path(model), fleet.text(model, cost: number))])
    }
    try await remote.bare("fast-import", "--quiet", input: stream)
  }

  /// Commits another version of one model to the remote, without a work tree.
  func deploy(_ version: Int, of model: Int) async throws {
    let commit = Commit("Deploy version \(version) of model \(model)", continues: true)
    try await remote.bare(
      "fast-import", "--quiet",
      input: commit.stream([(fleet.path(model), fleet.text(model, version: version))]))
  }
}

/// A commit in the language of `git fast-import`.
private struct Commit {
  let message: String
  /// Whether it is the first of a stream, on top of a branch that exists.
  let continues: Bool

  init(_ message: String, continues: Bool = false) {
    self.message = message
    self.continues = continues
  }

  func stream(_ files: [(path: String, text: String)]) -> String {
    var text = "commit refs/heads/main\ncommitter Test Author <author@example.com> 1772366400 +0000\n"
    text += "data \(message.utf8.count)\n\(message)\n"
    if continues { text += "from refs/heads/main^0\n" }
    for file in files { text += "M 100644 inline \(file.path)\ndata \(file.text.utf8.count)\n\(file.text)\n" }
    return text
  }
}
