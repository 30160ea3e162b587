import Manifests
import Rollout
import Vocabulary

extension StatusReport.Agent: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, version, capacity, pruneLimit, corrections
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    version = try container.decode(String.self, forKey: .version)
    capacity = try container.decodeIfPresent(ResourcesJSON.self, forKey: .capacity)?.resources
    pruneLimit = try container.decodeIfPresent(PercentText.self, forKey: .pruneLimit)?.percent
    corrections = try container.decodeIfPresent(Int.self, forKey: .corrections) ?? 0
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(version, forKey: .version)
    try container.encode(capacity.map(ResourcesJSON.init), forKey: .capacity)
    try container.encode(pruneLimit.map(PercentText.init), forKey: .pruneLimit)
    try container.encode(corrections, forKey: .corrections)
  }
}

extension StatusReport.Source: Codable {
  private enum CodingKeys: String, CodingKey {
    case commit, fetchedAt, trouble, held
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    commit = try container.decodeIfPresent(CommitID.self, forKey: .commit)
    fetchedAt = try container.decodeIfPresent(TimeText.self, forKey: .fetchedAt)
    trouble = try container.decodeIfPresent(String.self, forKey: .trouble)
    held = try container.decodeIfPresent(CommitID.self, forKey: .held)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(commit, forKey: .commit)
    try container.encode(fetchedAt, forKey: .fetchedAt)
    try container.encode(trouble, forKey: .trouble)
    try container.encode(held, forKey: .held)
  }
}

extension StatusReport.Model: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, phase, step, stable, candidate, weights, instances, checks, conditions, live, failures,
      resources, warm, corrections
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(ModelName.self, forKey: .name)
    phase = try container.decode(Phase.self, forKey: .phase)
    step = try container.decodeIfPresent(StatusReport.Step.self, forKey: .step)
    stable = try container.decodeIfPresent(ReleaseJSON.self, forKey: .stable)?.release
    candidate = try container.decodeIfPresent(ReleaseJSON.self, forKey: .candidate)?.release
    weights = try container.decode(WeightsJSON.self, forKey: .weights).weights
    instances = try container.decode([StatusReport.Instance].self, forKey: .instances)
    checks = try container.decode([CheckReport].self, forKey: .checks)
    conditions = try container.decode([ConditionJSON].self, forKey: .conditions).map(\.condition)
    live = try container.decodeIfPresent(LiveJSON.self, forKey: .live)?.live
    failures = try container.decode([FailureJSON].self, forKey: .failures).map(\.failure)
    resources = try container.decodeIfPresent(ResourcesJSON.self, forKey: .resources)?.resources
    warm = try container.decodeIfPresent(ReleaseJSON.self, forKey: .warm)?.release
    corrections = try container.decodeIfPresent(Int.self, forKey: .corrections) ?? 0
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(phase, forKey: .phase)
    try container.encode(step, forKey: .step)
    try container.encode(stable.map(ReleaseJSON.init), forKey: .stable)
    try container.encode(candidate.map(ReleaseJSON.init), forKey: .candidate)
    try container.encode(WeightsJSON(weights: weights), forKey: .weights)
    try container.encode(instances, forKey: .instances)
    try container.encode(checks, forKey: .checks)
    try container.encode(conditions.map(ConditionJSON.init), forKey: .conditions)
    try container.encode(live.map(LiveJSON.init), forKey: .live)
    try container.encode(failures.map(FailureJSON.init), forKey: .failures)
    try container.encode(resources.map(ResourcesJSON.init), forKey: .resources)
    try container.encode(warm.map(ReleaseJSON.init), forKey: .warm)
    try container.encode(corrections, forKey: .corrections)
  }
}

private struct ReleaseJSON: Codable {
  var release: Release

  private enum CodingKeys: String, CodingKey {
    case version, revision, commit
  }

  init(_ release: Release) {
    self.release = release
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    release = Release(
      revision: try container.decode(Revision.self, forKey: .revision),
      version: try container.decode(String.self, forKey: .version),
      commit: try container.decodeIfPresent(CommitID.self, forKey: .commit))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(release.version, forKey: .version)
    try container.encode(release.revision, forKey: .revision)
    try container.encode(release.commit, forKey: .commit)
  }
}

/// An object with the revisions as keys; a dictionary with such keys would encode as a list by itself.
private struct WeightsJSON: Codable {
  var weights: [Revision: Int]

  init(weights: [Revision: Int]) {
    self.weights = weights
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    weights = [:]
    for (key, weight) in try container.decode([String: Int].self) {
      guard let revision = Revision(key) else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "not a revision: \(key)")
      }
      weights[revision] = weight
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(
      Dictionary(weights.map { ($0.key.description, $0.value) }, uniquingKeysWith: { first, _ in first }))
  }
}

private struct ConditionJSON: Codable {
  var type: Condition.Kind
  var status: Condition.Status
  var reason: String
  var message: String
  var since: TimeText

  init(_ condition: Condition) {
    type = condition.type
    status = condition.status
    reason = condition.reason
    message = condition.message
    since = TimeText(condition.since)
  }

  var condition: Condition {
    Condition(type: type, status: status, reason: reason, message: message, since: since.timestamp)
  }
}

private struct FailureJSON: Codable {
  var failure: FailedAttempt

  private enum CodingKeys: String, CodingKey {
    case version, revision, commit, message, at
  }

  init(_ failure: FailedAttempt) {
    self.failure = failure
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let version = try container.decode(String.self, forKey: .version)
    let release = Release(
      revision: try container.decode(Revision.self, forKey: .revision), version: version,
      commit: try container.decodeIfPresent(CommitID.self, forKey: .commit))
    failure = FailedAttempt(
      attempt: Attempt(release), version: version,
      message: try container.decode(String.self, forKey: .message),
      at: try container.decode(TimeText.self, forKey: .at).timestamp)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(failure.version, forKey: .version)
    try container.encode(failure.attempt.revision, forKey: .revision)
    try container.encode(failure.attempt.commit, forKey: .commit)
    try container.encode(failure.message, forKey: .message)
    try container.encode(TimeText(failure.at), forKey: .at)
  }
}
