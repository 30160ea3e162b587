import Foundation
import TestSupport
import Testing

/// How an artifact is packed.
enum Packing: Sendable {
  case folder, file, tarGzip, zip
}

extension Site {
  /// What every repository begins with: how models are served and rolled out.
  func describePlatform() async throws {
    try await commit(["platform.yaml": platform], "Describe how models are served and rolled out")
  }

  /// Commits a change of the manifests on top of what the remote has, and publishes it. The agent commits, too, and
  /// may be faster.
  @discardableResult
  func commit(_ files: [String: String?], _ message: String) async throws -> String {
    let paths = files.map { ("production/\($0.key)", $0.value) }
    var commit = ""
    try await eventually("the remote takes \(message)", within: .seconds(20), pace: patience) {
      if try await remote.bare("branch", "--list", "main") != "" {
        try await remote.work("fetch", "--quiet", "origin", "main")
        try await remote.work("reset", "--quiet", "--hard", "FETCH_HEAD")
      }
      commit = try await remote.commit(Dictionary(uniqueKeysWithValues: paths), message: message)
      return (try? await remote.work("push", "--quiet", "origin", "HEAD:main")) != nil
    }
    return commit
  }

  /// Deploys a version of a model that behaves as `flags` say (`open_inference_server.py`).
  @discardableResult
  func deploy(
    _ name: String, _ version: String, flags: String = "", _ adjust: (inout Manifest) -> Void = { _ in }
  ) async throws -> String {
    let manifest = try await manifest(name, version, flags: flags, adjust)
    return try await commit(["models/\(name).yaml": manifest.text], "Deploy \(name) \(version)")
  }

  /// A manifest, and the artifact that it asks for.
  func manifest(
    _ name: String, _ version: String, flags: String = "", _ adjust: (inout Manifest) -> Void = { _ in }
  ) async throws -> Manifest {
    let path = try await artifact(name, version, flags: flags)
    var manifest = Manifest(
      name: name, version: version, uri: "file://\(path)", digest: try await digest(of: path))
    adjust(&manifest)
    return manifest
  }

  /// The subjects of the agent's reverts on the remote, newest first.
  func reverts() async throws -> [String] {
    let subjects = try await remote.bare("log", "--author=Evenkeel", "--format=%s", "main")
    return subjects.split(separator: "\n").map(String.init)
  }

  /// What the remote runs when somebody pushes.
  func installHook(_ name: String, _ script: String) async throws {
    let path = "\(remote.path)/hooks/\(name)"
    try write("#!/bin/sh\n\(script)\n", to: path + ".new")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path + ".new")
    try #require(rename(path + ".new", path) == 0)
  }

  func digest(of artifact: String) async throws -> String {
    let printed = try await ask("digest", artifact)
    return String(try #require(printed.split(separator: " ").first))
  }

  /// Writes a model: the flags of the server that will answer for it. Answers where it is.
  func artifact(_ name: String, _ version: String, flags: String = "", as packing: Packing = .folder)
    async throws -> String
  {
    let model = "\(artifacts)/\(name)-\(version)"
    try write(flags + "\n", to: model + "/flags")
    if packing != .file { try write(version, to: model + "/weights") }
    switch packing {
    case .folder: return model
    case .file: return model + "/flags"
    case .tarGzip:
      try await pack(
        "import sys, tarfile; tarfile.open(sys.argv[1], 'w:gz').add(sys.argv[2], '.')", model, ".tar.gz")
      return model + ".tar.gz"
    case .zip:
      try await pack(
        "import sys, shutil; shutil.make_archive(sys.argv[1][:-4], 'zip', sys.argv[2])", model, ".zip")
      return model + ".zip"
    }
  }

  private func pack(_ program: String, _ model: String, _ suffix: String) async throws {
    let packed = try await run("python3", ["-c", program, model + suffix, model])
    try #require(packed.status == 0, "\(packed.errors)")
  }

  /// One runtime, whose servers behave as their artifact says, and rollouts that take seconds.
  var platform: String {
    let server = "\(projectFolder)/Tests/HostTargetTests/Fixtures/open_inference_server.py"
    return """
      apiVersion: evenkeel.dev/v1
      kind: ServingRuntime
      metadata: {name: python}
      spec:
        command:
          - sh
          - -c
          - read -r flags < "$0/flags"; exec python3 "\(server)" $flags
          - $(MODEL_DIR)
        env: {PORT: $(PORT), MODEL_NAME: $(MODEL_NAME), VERSION: $(VERSION)}
        ready: {path: /v2/models/$(MODEL_NAME)/ready}
        terminationGrace: 5s
      ---
      apiVersion: evenkeel.dev/v1
      kind: RolloutPolicy
      metadata: {name: quick}
      spec:
        strategy:
          canary:
            steps:
              - weight: 20
              - analyze: {for: 2s, minRequests: 20}
              - weight: 60
              - analyze: {for: 1s, minRequests: 20}
        checks: [errors]
        readyTimeout: 1m
      ---
      apiVersion: evenkeel.dev/v1
      kind: RolloutPolicy
      metadata: {name: impatient}
      spec:
        strategy: {canary: {steps: [{weight: 50}, {analyze: {for: 2s, minRequests: 20}}]}}
        checks: [errors]
        readyTimeout: 5s
      ---
      apiVersion: evenkeel.dev/v1
      kind: RolloutPolicy
      metadata: {name: by-hand}
      spec:
        strategy: {canary: {steps: [{weight: 50}, {pause: {}}]}}
        readyTimeout: 1m
      ---
      apiVersion: evenkeel.dev/v1
      kind: Check
      metadata: {name: errors}
      spec:
        errorRate: {max: 1%, versusStable: true, alpha: 0.01}

      """
  }
}

/// A model's document.
struct Manifest: Sendable {
  var name: String
  var version: String
  var uri: String
  var digest: String
  var runtime = "python"
  var policy = "quick"
  var replicas = 1
  var route: String?
  /// Further lines of `spec`.
  var more: [String] = []

  var text: String {
    """
    apiVersion: evenkeel.dev/v1
    kind: Model
    metadata: {name: \(name)}
    spec:
      artifact:
        uri: \(uri)
        version: "\(version)"
        digest: \(digest)
      runtime: \(runtime)
      rollout: \(policy)
      replicas: \(replicas)
    \(route.map { "  route: {prefix: \($0)}\n" } ?? "")\(more.map { "  \($0)\n" }.joined())
    """
  }
}
