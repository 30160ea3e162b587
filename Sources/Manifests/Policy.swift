package import Vocabulary

/// How a candidate becomes stable: a resolved `RolloutPolicy` with its checks.
package struct Policy: Hashable, Codable, Sendable {
  package var name: String
  package var strategy: Strategy
  package var checks: [Check]
  /// How long a candidate's instances may take until their model answers ready.
  package var readyTimeout: Duration
  /// How long a rollout may take, without the time it waits for a person or for an outage to end; `nil` is
  /// as long as it likes.
  package var progressDeadline: Duration?
  /// How long after promotion the old stable stays warm and the checks go on.
  package var rollbackWindow: Duration
  package var onFailure: OnFailure
  package var onUndecided: OnUndecided
  package var supersede: Supersede

  package init(
    name: String, strategy: Strategy, checks: [Check], readyTimeout: Duration,
    progressDeadline: Duration? = nil, rollbackWindow: Duration = .zero, onFailure: OnFailure = .revert,
    onUndecided: OnUndecided = .hold, supersede: Supersede = .replace
  ) {
    self.name = name
    self.strategy = strategy
    self.checks = checks
    self.readyTimeout = readyTimeout
    self.progressDeadline = progressDeadline
    self.rollbackWindow = rollbackWindow
    self.onFailure = onFailure
    self.onUndecided = onUndecided
    self.supersede = supersede
  }

  package indirect enum Strategy: Hashable, Codable, Sendable {
    /// Traffic shifts to the candidate step by step.
    case canary([CanaryStep])
    /// All traffic moves at once, with the old stable kept warm.
    case blueGreen(BlueGreen)
    /// The candidate gets copies of live requests, and its answers are dropped.
    case shadow(Shadow)
    /// Stable stops before the candidate starts: for a host that can hold one copy.
    case recreate
  }

  package enum CanaryStep: Hashable, Codable, Sendable {
    /// Percent of the traffic for the candidate, 1 to 100, rising from step to step.
    case weight(Int)
    case analyze(Analysis)
    case pause(Pause)

    package static func analyze(for duration: Duration, minRequests: Int) -> CanaryStep {
      .analyze(Analysis(for: duration, minRequests: minRequests))
    }

    package static func pause(for duration: Duration?) -> CanaryStep { .pause(Pause(for: duration)) }
  }

  /// A look at the checks.
  package struct Analysis: Hashable, Codable, Sendable {
    package var duration: Duration
    /// How many requests the candidate must have answered before it can pass.
    package var minRequests: Int

    package init(for duration: Duration, minRequests: Int = 1) {
      self.duration = duration
      self.minRequests = minRequests
    }
  }

  package struct Pause: Hashable, Codable, Sendable {
    /// `nil` waits for `evenkeel promote`.
    package var duration: Duration?

    package init(for duration: Duration? = nil) {
      self.duration = duration
    }
  }

  package struct BlueGreen: Hashable, Codable, Sendable {
    package var preview: PreviewStage?
    /// A look at the checks after the switch, with all traffic on the candidate.
    package var analyze: Analysis?
    /// How long the old stable stays warm after promotion.
    package var keepStableFor: Duration

    package init(preview: PreviewStage? = nil, analyze: Analysis? = nil, keepStableFor: Duration = .zero) {
      self.preview = preview
      self.analyze = analyze
      self.keepStableFor = keepStableFor
    }
  }

  /// What happens before the switch: only those who ask for the candidate reach it.
  package struct PreviewStage: Hashable, Codable, Sendable {
    package var access: Preview
    package var analyze: Analysis?
    package var pause: Pause?

    package init(access: Preview, analyze: Analysis? = nil, pause: Pause? = nil) {
      self.access = access
      self.analyze = analyze
      self.pause = pause
    }
  }

  package struct Shadow: Hashable, Codable, Sendable {
    /// Percent of the live requests that are copied, 1 to 100.
    package var percent: Int
    package var analyze: Analysis
    /// How the candidate becomes stable afterwards: a canary or a blue-green switch. `nil`: it is stopped,
    /// and waits for `evenkeel promote`.
    package var then: Strategy?

    package init(percent: Int, analyze: Analysis, then: Strategy? = nil) {
      self.percent = percent
      self.analyze = analyze
      self.then = then
    }
  }

  /// What follows once traffic is restored after a failure.
  package enum OnFailure: String, Hashable, Codable, Sendable, CaseIterable {
    case revert, hold
  }

  /// What follows when an analysis is over and has too few requests to judge by.
  package enum OnUndecided: String, Hashable, Codable, Sendable, CaseIterable {
    case hold, promote, revert
  }

  /// What a new commit does to a rollout that is under way.
  package enum Supersede: String, Hashable, Codable, Sendable, CaseIterable {
    case replace, queue
  }
}
