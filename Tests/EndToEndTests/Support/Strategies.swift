import AsyncHTTPClient
import Foundation
import NIOCore
import Testing

/// A runtime whose servers are up in a moment, and rollouts of every strategy that take about a second.
let quickPlatform = """
  apiVersion: evenkeel.dev/v1
  kind: ServingRuntime
  metadata: {name: quick}
  spec:
    command:
      - sh
      - -c
      - read -r flags < "$0/flags"; exec python3 -I -S "\(projectFolder)/Tests/EndToEndTests/Fixtures/quick_model.py" $flags
      - $(MODEL_DIR)
    env: {PORT: $(PORT), MODEL_NAME: $(MODEL_NAME)}
    ready: {path: /v2/models/$(MODEL_NAME)/ready}
    terminationGrace: 5s
  ---
  apiVersion: evenkeel.dev/v1
  kind: Check
  metadata: {name: errors}
  spec:
    errorRate: {max: 1%, versusStable: true, alpha: 0.01}

  """
  + [
    quickPolicy("at-once", "canary: {steps: [{weight: 100}]}"),
    quickPolicy(
      "canary", "canary: {steps: [{weight: 20}, {analyze: {for: 1s, minRequests: 5}}, {weight: 60}]}"),
    quickPolicy(
      "blue-green",
      "blueGreen: {preview: {header: x-preview}, analyze: {for: 1s, minRequests: 5}, keepStableFor: 1s}"),
    quickPolicy(
      "shadow",
      "shadow: {percent: 50, analyze: {for: 1s, minRequests: 5}, then: {canary: {steps: [{weight: 50}]}}}"),
    quickPolicy("recreate", "recreate: {}", "rollbackWindow: 2s"),
  ].joined()

/// A policy with the usual check; `rules` are further lines of its `spec`.
func quickPolicy(_ name: String, _ strategy: String, _ rules: String...) -> String {
  """
  ---
  apiVersion: evenkeel.dev/v1
  kind: RolloutPolicy
  metadata: {name: \(name)}
  spec:
    strategy: {\(strategy)}
    checks: [errors]
    readyTimeout: 1m
  \(rules.map { "  \($0)\n" }.joined())
  """
}

extension Site {
  /// Starts the agent with the quick runtime and policies, and those given.
  @discardableResult
  func startQuick(_ policies: String...) async throws -> AgentProcess {
    try await commit(
      ["platform.yaml": quickPlatform + policies.joined()], "Describe how models are served and rolled out")
    return try await start()
  }

  /// Deploys a version that is served by `quick_model.py`, and has the agent look at once.
  @discardableResult
  func deployQuick(
    _ name: String, _ version: String, flags: String = "", by policy: String,
    _ adjust: (inout Manifest) -> Void = { _ in }
  ) async throws -> String {
    let commit = try await deploy(name, version, flags: flags) { manifest in
      (manifest.runtime, manifest.policy) = ("quick", policy)
      adjust(&manifest)
    }
    try await control.reconcile()
    return commit
  }

  /// How many inferences the running instances of a model's revision were asked for, by whomever.
  func seen(by revision: String, of model: Status.Model) async throws -> Int {
    var sum = 0
    for instance in model.instances where instance.revision == revision {
      let url = "http://127.0.0.1:\(instance.port)/seen"
      let response = try await client.execute(HTTPClientRequest(url: url), deadline: .now() + .seconds(5))
      sum += try #require(Int(String(buffer: try await response.body.collect(upTo: 1024))))
    }
    return sum
  }
}
