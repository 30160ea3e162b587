package import Vocabulary

/// What the model's policy says at the moment, for the next rollout.
package struct Terms: Hashable, Codable, Sendable {
  /// The steps of a rollout beside, or instead of, a stable release.
  package var program: Program
  package var checks: [Check]
  package var rules: Rules
  package var replicas: Int

  package init(program: Program, checks: [Check], rules: Rules, replicas: Int) {
    self.program = program
    self.checks = checks
    self.rules = rules
    self.replicas = replicas
  }
}

/// What holds during all steps of a rollout.
package struct Rules: Hashable, Codable, Sendable {
  /// How long the instances of a candidate may take until their model answers ready.
  package var readyTimeout: Duration
  /// How long a rollout may take until promotion, without halts and the time it waits for a person; `nil` is as long as
  /// it likes.
  package var progressDeadline: Duration?
  package var onFailure: FailureAction
  package var onUndecided: UndecidedAction
  /// Whether a newer commit waits for the end of the rollout instead of replacing it.
  package var queues: Bool

  package init(
    readyTimeout: Duration, progressDeadline: Duration? = nil, onFailure: FailureAction = .revert,
    onUndecided: UndecidedAction = .hold, queues: Bool = false
  ) {
    self.readyTimeout = readyTimeout
    self.progressDeadline = progressDeadline
    self.onFailure = onFailure
    self.onUndecided = onUndecided
    self.queues = queues
  }
}

/// What follows once traffic is back on stable after a failure.
package enum FailureAction: String, Hashable, Codable, Sendable {
  case revert, hold
}

/// What follows when the time of an analysis is over and the candidate has had too few requests to be judged by.
package enum UndecidedAction: String, Hashable, Codable, Sendable {
  /// Waits for them.
  case hold
  case goOn
  case fail
}
