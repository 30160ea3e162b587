import Manifests
import Rollout
import Vocabulary

extension Plan: Encodable {
  private enum CodingKeys: String, CodingKey {
    case source, summary, changes, stalled, diagnostics
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(source, forKey: .source)
    try container.encode(summary, forKey: .summary)
    try container.encode(changes, forKey: .changes)
    try container.encode(stalled, forKey: .stalled)
    try container.encode(diagnostics, forKey: .diagnostics)
  }
}

extension PlanSource: Encodable {
  private enum CodingKeys: String, CodingKey {
    case url, branch, commit, path
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(url, forKey: .url)
    try container.encode(branch, forKey: .branch)
    try container.encode(commit, forKey: .commit)
    try container.encode(path, forKey: .path)
  }
}

extension Change: Encodable {
  private enum CodingKeys: String, CodingKey {
    case model, change, from, to, rollout, steps, onFailure, warnings
  }

  /// The commit of a release is not part of this contract: `onFailure` has what matters of it.
  private struct Version: Encodable {
    var version: String
    var revision: Revision

    init(_ release: Release) {
      version = release.version
      revision = release.revision
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(model, forKey: .model)
    try container.encode(kind, forKey: .change)
    try container.encode(from.map(Version.init), forKey: .from)
    try container.encode(to.map(Version.init), forKey: .to)
    try container.encode(rollout, forKey: .rollout)
    try container.encode(steps, forKey: .steps)
    try container.encode(onFailure, forKey: .onFailure)
    try container.encode(warnings, forKey: .warnings)
  }
}

extension OnFailure: Encodable {
  private enum CodingKeys: String, CodingKey {
    case action, commits
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .revert(let commits):
      try container.encode("revert", forKey: .action)
      try container.encode(commits, forKey: .commits)
    case .hold:
      try container.encode("hold", forKey: .action)
      try container.encode([CommitID](), forKey: .commits)
    case .none:
      try container.encode("none", forKey: .action)
      try container.encode([CommitID](), forKey: .commits)
    }
  }
}

extension PlannedStep: Encodable {
  private enum CodingKeys: String, CodingKey {
    case kind, instances, percent, seconds, text
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind.name, forKey: .kind)
    try container.encode(text, forKey: .text)
    switch kind {
    case .start(let instances): try container.encode(instances, forKey: .instances)
    case .weight(let percent), .mirror(let percent): try container.encode(percent, forKey: .percent)
    case .analyze(let duration), .pause(let duration?), .watch(let duration):
      try container.encode(seconds: duration, forKey: .seconds)
    case .fetch, .verify, .preview, .promote, .stop, .pause(nil), .apply: break
    }
  }
}

extension PlannedStep.Kind {
  /// The word of the JSON contract.
  package var name: String {
    switch self {
    case .fetch: "fetch"
    case .verify: "verify"
    case .start: "start"
    case .weight: "weight"
    case .preview: "preview"
    case .mirror: "mirror"
    case .watch: "watch"
    case .analyze: "analyze"
    case .pause: "pause"
    case .promote: "promote"
    case .stop: "stop"
    case .apply: "apply"
    }
  }
}

extension KeyedEncodingContainer {
  /// A whole number where it is one, so that no reader meets `300.0`.
  fileprivate mutating func encode(seconds duration: Duration, forKey key: Key) throws {
    let milliseconds = duration.milliseconds
    if milliseconds % 1000 == 0 {
      try encode(milliseconds / 1000, forKey: key)
    } else {
      try encode(Double(milliseconds) / 1000, forKey: key)
    }
  }
}
