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
  ---
  apiVersion: evenkeel.dev/v1
  kind: RolloutPolicy
  metadata: {name: at-once}
  spec:
    strategy: {canary: {steps: [{weight: 100}]}}
    readyTimeout: 1m
  ---
  apiVersion: evenkeel.dev/v1
  kind: RolloutPolicy
  metadata: {name: canary}
  spec:
    strategy: {canary: {steps: [{weight: 20}, {analyze: {for: 1s, minRequests: 5}}, {weight: 60}]}}
    checks: [errors]
    readyTimeout: 1m

  """
