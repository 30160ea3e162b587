package import Vocabulary

/// What holds whatever happens. Each is checked against the world's own truth.
package enum Invariant: Int, CaseIterable, Hashable, Sendable {
  /// Traffic goes only to ready instances of verified artifacts, and the weights of a served model sum to 100.
  case traffic = 1
  /// A model that has had a stable version is never without a ready instance in the route, except under `recreate`, and
  /// when servers end by themselves. Nobody's answer is cut off.
  case service
  /// A failed candidate gets no traffic after the restore: no weight, no copies, no preview.
  case failedStaysOut
  /// One failure has one revert at most; only what failed is reverted; a revert leaves every other model where it was, or
  /// at its own last good revision.
  case reverts
  /// No attempt is made twice unasked, no journalled intent is lost, and recovery repeats nothing with harm.
  case attempts
  /// Models to which nothing happened are not touched.
  case neighbours
  /// Once faults have stopped, everything is as Git asks, or says truly why not.
  case convergence
  /// Promotion takes the evidence that the policy asks for, and failure takes a true reason; deadlines are kept.
  case evidence
  /// What a person or Git has stopped stands still.
  case obedience
  /// Rollouts begin only in their order, within the host's limits; nothing is removed by mistake.
  case admission
}

/// That an invariant was broken.
package struct Violation: Hashable, Sendable {
  package var invariant: Invariant
  package var message: String
  /// The true time.
  package var at: Timestamp
}

extension Violation: CustomStringConvertible {
  package var description: String { "invariant \(invariant.rawValue) (\(invariant)): \(message)" }
}
