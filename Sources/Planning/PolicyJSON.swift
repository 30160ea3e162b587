import Manifests
import Vocabulary

/// A policy as the status shows it. The strategy is written as manifests write it, without keys for what it does not
/// have.
struct PolicyJSON: Codable {
  var policy: Policy

  private enum CodingKeys: String, CodingKey {
    case name, strategy, checks, readyTimeout, progressDeadline, rollbackWindow, onFailure, onUndecided,
      supersede
  }

  init(_ policy: Policy) {
    self.policy = policy
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    policy = Policy(
      name: try container.decode(String.self, forKey: .name),
      strategy: try container.decode(StrategyJSON.self, forKey: .strategy).strategy,
      checks: try container.decode([Check].self, forKey: .checks),
      readyTimeout: try container.decode(DurationText.self, forKey: .readyTimeout).duration)
    // Earlier versions had none of these.
    policy.progressDeadline = try container.decodeIfPresent(DurationText.self, forKey: .progressDeadline)?
      .duration
    if let window = try container.decodeIfPresent(DurationText.self, forKey: .rollbackWindow) {
      policy.rollbackWindow = window.duration
    }
    if let action = try container.decodeIfPresent(Policy.OnFailure.self, forKey: .onFailure) {
      policy.onFailure = action
    }
    if let action = try container.decodeIfPresent(Policy.OnUndecided.self, forKey: .onUndecided) {
      policy.onUndecided = action
    }
    if let rule = try container.decodeIfPresent(Policy.Supersede.self, forKey: .supersede) {
      policy.supersede = rule
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(policy.name, forKey: .name)
    try container.encode(StrategyJSON(policy.strategy), forKey: .strategy)
    try container.encode(policy.checks, forKey: .checks)
    try container.encode(DurationText(duration: policy.readyTimeout), forKey: .readyTimeout)
    try container.encode(policy.progressDeadline.map(DurationText.init), forKey: .progressDeadline)
    try container.encode(DurationText(duration: policy.rollbackWindow), forKey: .rollbackWindow)
    try container.encode(policy.onFailure, forKey: .onFailure)
    try container.encode(policy.onUndecided, forKey: .onUndecided)
    try container.encode(policy.supersede, forKey: .supersede)
  }
}

/// `{"canary": …}`, `{"blueGreen": …}`, `{"shadow": …}` or `{"recreate": {}}`.
private struct StrategyJSON: Codable {
  var strategy: Policy.Strategy

  private enum CodingKeys: String, CodingKey {
    case canary, blueGreen, shadow, recreate
  }

  private struct Canary: Codable {
    var steps: [StepJSON]
  }

  private struct Recreate: Codable {}

  init(_ strategy: Policy.Strategy) {
    self.strategy = strategy
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let canary = try container.decodeIfPresent(Canary.self, forKey: .canary) {
      strategy = .canary(canary.steps.map(\.step))
    } else if let settings = try container.decodeIfPresent(BlueGreenJSON.self, forKey: .blueGreen) {
      strategy = .blueGreen(settings.blueGreen)
    } else if let shadow = try container.decodeIfPresent(ShadowJSON.self, forKey: .shadow) {
      strategy = .shadow(shadow.shadow)
    } else {
      _ = try container.decode(Recreate.self, forKey: .recreate)
      strategy = .recreate
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch strategy {
    case .canary(let steps): try container.encode(Canary(steps: steps.map(StepJSON.init)), forKey: .canary)
    case .blueGreen(let settings): try container.encode(BlueGreenJSON(settings), forKey: .blueGreen)
    case .shadow(let shadow): try container.encode(ShadowJSON(shadow), forKey: .shadow)
    case .recreate: try container.encode(Recreate(), forKey: .recreate)
    }
  }
}

private struct BlueGreenJSON: Codable {
  struct Preview: Codable {
    var header: String?
    var host: String?
    var analyze: AnalysisJSON?
    var pause: PauseJSON?
  }

  var preview: Preview?
  var analyze: AnalysisJSON?
  var keepStableFor: DurationText

  init(_ settings: Policy.BlueGreen) {
    preview = settings.preview.map { stage in
      var preview = Preview(
        analyze: stage.analyze.map(AnalysisJSON.init), pause: stage.pause.map(PauseJSON.init))
      switch stage.access {
      case .header(let name): preview.header = name
      case .host(let name): preview.host = name
      }
      return preview
    }
    analyze = settings.analyze.map(AnalysisJSON.init)
    keepStableFor = DurationText(duration: settings.keepStableFor)
  }

  var blueGreen: Policy.BlueGreen {
    Policy.BlueGreen(
      preview: preview.flatMap(\.stage), analyze: analyze?.analysis, keepStableFor: keepStableFor.duration)
  }
}

extension BlueGreenJSON.Preview {
  fileprivate var stage: Policy.PreviewStage? {
    guard let access = header.map(Vocabulary.Preview.header) ?? host.map(Vocabulary.Preview.host) else {
      return nil
    }
    return Policy.PreviewStage(access: access, analyze: analyze?.analysis, pause: pause?.pause)
  }
}

private struct ShadowJSON: Codable {
  var percent: Int
  var analyze: AnalysisJSON
  var then: StrategyJSON?

  init(_ shadow: Policy.Shadow) {
    percent = shadow.percent
    analyze = AnalysisJSON(shadow.analyze)
    then = shadow.then.map(StrategyJSON.init)
  }

  var shadow: Policy.Shadow {
    Policy.Shadow(percent: percent, analyze: analyze.analysis, then: then?.strategy)
  }
}

/// `{"weight": 5}`, `{"analyze": …}` or `{"pause": …}`.
private struct StepJSON: Codable {
  var step: Policy.CanaryStep

  private enum CodingKeys: String, CodingKey {
    case weight, analyze, pause
  }

  init(_ step: Policy.CanaryStep) {
    self.step = step
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let percent = try container.decodeIfPresent(Int.self, forKey: .weight) {
      step = .weight(percent)
    } else if let analysis = try container.decodeIfPresent(AnalysisJSON.self, forKey: .analyze) {
      step = .analyze(analysis.analysis)
    } else {
      step = .pause(try container.decode(PauseJSON.self, forKey: .pause).pause)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch step {
    case .weight(let percent): try container.encode(percent, forKey: .weight)
    case .analyze(let analysis): try container.encode(AnalysisJSON(analysis), forKey: .analyze)
    case .pause(let pause): try container.encode(PauseJSON(pause), forKey: .pause)
    }
  }
}

/// `{"for": "5m", "minRequests": 200}`.
private struct AnalysisJSON: Codable {
  var `for`: DurationText
  var minRequests: Int

  init(_ analysis: Policy.Analysis) {
    self.for = DurationText(duration: analysis.duration)
    minRequests = analysis.minRequests
  }

  var analysis: Policy.Analysis { Policy.Analysis(for: self.for.duration, minRequests: minRequests) }
}

/// `{"for": "10m"}` or `{}`.
private struct PauseJSON: Codable {
  var `for`: DurationText?

  init(_ pause: Policy.Pause) {
    self.for = pause.duration.map(DurationText.init)
  }

  var pause: Policy.Pause { Policy.Pause(for: self.for?.duration) }
}
