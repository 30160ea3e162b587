package import Rollout

/// What has happened in a simulated life, to be counted and to prove that the simulator has teeth.
package struct Tally: Hashable, Sendable {
  package var seeds = 0
  /// Rollouts by how they ended.
  package var outcomes: [Outcome: Int] = [:]
  /// Failures by their reason.
  package var reasons: [Failure.Reason: Int] = [:]
  /// Faults by their kind.
  package var faults: [String: Int] = [:]
  /// Completed rollouts by strategy.
  package var strategies: [String: Int] = [:]
  package var reverts = 0
  package var passes = 0

  package init() {}

  /// Rollouts that have come to their end.
  package var rollouts: Int { outcomes.values.reduce(0, +) }

  package mutating func add(_ other: Tally) {
    seeds += other.seeds
    outcomes.merge(other.outcomes, uniquingKeysWith: +)
    reasons.merge(other.reasons, uniquingKeysWith: +)
    faults.merge(other.faults, uniquingKeysWith: +)
    strategies.merge(other.strategies, uniquingKeysWith: +)
    reverts += other.reverts
    passes += other.passes
  }
}
