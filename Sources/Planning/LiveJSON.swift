import Manifests
import Rollout
import Vocabulary

/// Live settings as the status shows them, in the shape of the manifests they came from.
struct LiveJSON: Codable {
  private var replicas: Int
  private var route: RouteJSON
  private var policy: PolicyJSON
  private var labels: [String: String]
  /// Absent in what earlier versions wrote, like the next.
  private var dependsOn: [ModelName]?
  private var suspend: Bool?

  init(_ live: LiveSettings) {
    replicas = live.replicas
    route = RouteJSON(host: live.route.host, prefix: live.route.prefix)
    policy = PolicyJSON(live.policy)
    labels = live.labels
    dependsOn = live.dependsOn
    suspend = live.suspend
  }

  var live: LiveSettings {
    LiveSettings(
      replicas: replicas, route: Route(host: route.host, prefix: route.prefix), policy: policy.policy,
      labels: labels, dependsOn: dependsOn ?? [], suspend: suspend ?? false)
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
