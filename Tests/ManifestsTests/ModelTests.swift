import Manifests
import Testing
import Vocabulary

struct ModelTests {
  @Test func `reads the whole of what a model says`() throws {
    let text = """
      apiVersion: evenkeel.dev/v1
      kind: Model
      metadata:
        name: fraud-detector
        labels: {team: risk}
      spec:
        artifact:
          uri: https://models.example.com/fraud/7/model.tar.gz
          version: "7"
          digest: \(zeros)
          format: sklearn
        runtime: mlserver-sklearn
        replicas: 2
        env: {OMP_NUM_THREADS: "1"}
        route: {host: fraud.example.com, prefix: /v2/models/fraud-detector}
        rollout: careful-canary
      ---
      apiVersion: evenkeel.dev/v1
      kind: RolloutPolicy
      metadata: {name: careful-canary}
      spec:
        strategy:
          canary:
            steps:
              - weight: 5
              - analyze: {for: 5m, minRequests: 200}
              - weight: 25
              - pause: {for: 10m}          # pause: {} waits for `evenkeel promote`
              - pause: {}
              - weight: 50
              - analyze: {for: 10m}
        checks: [error-budget]
        readyTimeout: 1m30s
        rollbackWindow: 0s
        onFailure: revert
        onUndecided: hold
        supersede: replace
      ---
      apiVersion: evenkeel.dev/v1
      kind: Check
      metadata: {name: error-budget}
      spec:
        errorRate: {max: 1%, versusStable: true, alpha: 0.05}
      ---
      apiVersion: evenkeel.dev/v1
      kind: ServingRuntime
      metadata: {name: mlserver-sklearn}
      spec:
        command: [mlserver, start, $(MODEL_DIR)]
        env: {MLSERVER_HTTP_PORT: $(PORT), MLSERVER_MODEL_NAME: $(MODEL_NAME)}
        protocol: open-inference-v2
        ready: {path: /v2/models/$(MODEL_NAME)/ready}
        terminationGrace: 45s
      """
    let state = state(["models/fraud.yaml": text])
    #expect(state.diagnostics.isEmpty)
    let digest = try #require(Digest(zeros))
    let expected = DesiredModel(
      name: "fraud-detector",
      workload: Workload(
        artifact: Artifact(
          uri: "https://models.example.com/fraud/7/model.tar.gz", version: "7", digest: digest,
          format: "sklearn"),
        runtime: Runtime(
          name: "mlserver-sklearn", command: ["mlserver", "start", "$(MODEL_DIR)"],
          environment: ["MLSERVER_HTTP_PORT": "$(PORT)", "MLSERVER_MODEL_NAME": "$(MODEL_NAME)"],
          servingProtocol: "open-inference-v2", readyPath: "/v2/models/$(MODEL_NAME)/ready",
          terminationGrace: .seconds(45)),
        environment: ["OMP_NUM_THREADS": "1"]),
      live: LiveSettings(
        replicas: 2, route: Route(host: "fraud.example.com", prefix: "/v2/models/fraud-detector"),
        policy: Policy(
          name: "careful-canary",
          strategy: .canary([
            .weight(5), .analyze(for: .seconds(300), minRequests: 200), .weight(25),
            .pause(for: .seconds(600)),
            .pause(for: nil), .weight(50), .analyze(for: .seconds(600), minRequests: 1),
          ]),
          checks: [
            Check(name: "error-budget", errorRate: .init(max: 0.01, versusStable: true, alpha: 0.05))
          ],
          readyTimeout: .seconds(90)),
        labels: ["team": "risk"]),
      file: "models/fraud.yaml")
    #expect(state == DesiredState(models: ["fraud-detector": expected]))
  }

  @Test(arguments: [
    (
      "{quantile: 95%, max: 250ms, versusStable: {ratio: 1.2}, alpha: 0.05}",
      Check.Latency(
        quantile: 0.95, max: .milliseconds(250), versusStable: .init(ratio: 1.2), alpha: 0.05)
    ),
    ("{max: 2m}", Check.Latency(quantile: 0.99, max: .seconds(120), versusStable: nil, alpha: 0.01)),
    (
      "{versusStable: {ratio: 1}}",
      Check.Latency(quantile: 0.99, max: nil, versusStable: .init(ratio: 1), alpha: 0.01)
    ),
  ])
  func `reads a latency check`(spec: String, expected: Check.Latency) throws {
    let checked = shared.replacing("errorRate: {max: 1%}", with: "latency: \(spec)")
    let state = state(["a.yaml": model("m"), "b.yaml": checked])
    #expect(state.diagnostics.isEmpty)
    #expect(state.models["m"]?.live.policy.checks == [Check(name: "errors", latency: expected)])
  }

  @Test func `fills in the defaults`() throws {
    let state = state(["a.yaml": model("m"), "b.yaml": shared])
    #expect(state.diagnostics.isEmpty)
    let model = try #require(state.models["m"])
    #expect(model.live.replicas == 1)
    #expect(model.live.route == Route(host: nil, prefix: "/v2/models/m"))
    #expect(model.live.labels.isEmpty)
    #expect(model.live.policy.readyTimeout == .seconds(120))
    #expect(
      model.live.policy.checks
        == [Check(name: "errors", errorRate: .init(max: 0.01, versusStable: false, alpha: 0.01))])
    #expect(model.workload.environment.isEmpty)
    #expect(model.workload.artifact.format == nil)
    #expect(model.workload.runtime.terminationGrace == .seconds(30))
    #expect(model.workload.runtime.servingProtocol == "open-inference-v2")
  }

  @Test func `a route may give only its host`() {
    let state = state(["a.yaml": model("m", "route: {host: a.example.com}"), "b.yaml": shared])
    #expect(state.models["m"]?.live.route == Route(host: "a.example.com", prefix: "/v2/models/m"))
  }

  @Test(arguments: UInt64(1)...100)
  func `a random valid model is read as it was written`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let name = "m" + String(random.next(), radix: 36)
    let digest = try #require(Digest(bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }))
    let version = String(
      (0..<Int.random(in: 1...20, using: &random)).map { _ in
        "aé1 .-'#:%".randomElement(using: &random) ?? "x"
      })
    let replicas = Int.random(in: 1...100, using: &random)
    let weights = Set((0..<5).map { _ in Int.random(in: 1...100, using: &random) }).sorted()
    let ready = Int.random(in: 1...80_000, using: &random)
    let flow = Bool.random(using: &random)
    let lineBreak = Bool.random(using: &random) ? "\n" : "\r\n"
    let steps =
      flow
      ? " [" + weights.map { "{weight: \($0)}" }.joined(separator: ", ") + "]"
      : weights.map { "\n        - weight: \($0)" }.joined()
    let text = """
      \(model(name, rollout: "own", "replicas: \(replicas)").replacingOccurrences("version: v1", by: "version: \"\(version)\"").replacingOccurrences(zeros, by: "\(digest)"))
      ---
      apiVersion: "evenkeel.dev/v1"
      kind: RolloutPolicy
      metadata: {name: own}
      spec:
        readyTimeout: '\(ready)s'
        strategy:
          canary:
            steps:\(steps)
      """.replacingOccurrences("\n", by: lineBreak)
    let state = state(["a.yaml": text, "b.yaml": shared])
    #expect(state.diagnostics.isEmpty)
    let read = try #require(state.models[ModelName(name)])
    #expect(read.workload.artifact.digest == digest)
    #expect(read.workload.artifact.version == version)
    #expect(read.live.replicas == replicas)
    #expect(read.live.policy.strategy == .canary(weights.map { .weight($0) }))
    #expect(read.live.policy.readyTimeout == .seconds(ready))
  }
}

extension String {
  func replacingOccurrences(_ part: String, by replacement: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: replacement)
  }
}
