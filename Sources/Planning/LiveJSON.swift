import Manifests
import Rollout
import Vocabulary

/// Live settings as the status shows them, in the shape of the manifests they came from.
struct LiveJSON: Codable {
  private var replicas: Int
  private var route: RouteJSON
  private var policy: PolicyJSON
  private var labels: [String: String]

  init(_ live: LiveSettings) {
    replicas = live.replicas
    route = RouteJSON(host: live.route.host, prefix: live.route.prefix)
    policy = PolicyJSON(live.policy)
    labels = live.labels
  }

  var live: LiveSettings {
    LiveSettings(
      replicas: replicas, route: Route(host: route.host, prefix: route.prefix), policy: policy.policy,
      labels: labels)
  }
}

/// The host is `null` when the route is for any.
private struct RouteJSON: Codable {
  var host: String?
  var prefix: String

  private enum CodingKeys: String, CodingKey {
    case host, prefix
  }

  init(host: String?, prefix: String) {
    self.host = host
    self.prefix = prefix
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    host = try container.decodeIfPresent(String.self, forKey: .host)
    prefix = try container.decode(String.self, forKey: .prefix)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(host, forKey: .host)
    try container.encode(prefix, forKey: .prefix)
  }
}

private struct PolicyJSON: Codable {
  struct Strategy: Codable {
    struct Canary: Codable {
      var steps: [StepJSON]
    }
    var canary: Canary
  }

  var name: String
  var strategy: Strategy
  var checks: [Check]
  var readyTimeout: DurationText

  init(_ policy: Policy) {
    name = policy.name
    checks = policy.checks
    readyTimeout = DurationText(duration: policy.readyTimeout)
    switch policy.strategy {
    case .canary(let steps): strategy = Strategy(canary: .init(steps: steps.map(StepJSON.init)))
    case .blueGreen, .shadow, .recreate: strategy = Strategy(canary: .init(steps: []))
    }
  }

  var policy: Policy {
    Policy(
      name: name, strategy: .canary(strategy.canary.steps.map(\.step)), checks: checks,
      readyTimeout: readyTimeout.duration)
  }
}

/// `{"weight": 5}`, `{"analyze": {"for": "5m", "minRequests": 200}}`, `{"pause": {"for": "10m"}}` or `{"pause": {}}`.
private struct StepJSON: Codable {
  var step: Policy.CanaryStep

  private enum CodingKeys: String, CodingKey {
    case weight, analyze, pause
  }

  private struct Analyze: Codable {
    var `for`: DurationText
    var minRequests: Int
  }

  private struct Pause: Codable {
    var `for`: DurationText?
  }

  init(_ step: Policy.CanaryStep) {
    self.step = step
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let percent = try container.decodeIfPresent(Int.self, forKey: .weight) {
      step = .weight(percent)
    } else if let analyze = try container.decodeIfPresent(Analyze.self, forKey: .analyze) {
      step = .analyze(Policy.Analysis(for: analyze.for.duration, minRequests: analyze.minRequests))
    } else {
      step = .pause(Policy.Pause(for: try container.decode(Pause.self, forKey: .pause).for?.duration))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch step {
    case .weight(let percent): try container.encode(percent, forKey: .weight)
    case .analyze(let analysis):
      let analyze = Analyze(
        for: DurationText(duration: analysis.duration), minRequests: analysis.minRequests)
      try container.encode(analyze, forKey: .analyze)
    case .pause(let pause):
      try container.encode(Pause(for: pause.duration.map(DurationText.init)), forKey: .pause)
    }
  }
}

/// A duration as manifests write it, for example `90s` or `1h30m`.
struct DurationText: Codable {
  var duration: Duration

  init(duration: Duration) {
    self.duration = duration
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let duration = parseDuration(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a duration such as 90s or 1h30m: \(text)")
    }
    self.duration = duration
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(duration.text)
  }
}
