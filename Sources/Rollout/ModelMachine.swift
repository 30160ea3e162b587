package import Vocabulary

/// The rollout state machine of one model: a pure value. Each event has its own result, the whole value is
/// journalled after every change, and what should run follows from it alone (`wanted`).
///
/// Events: `desire` and `desireNothing` (Git asks for something, or for nothing), `begin` (a rollout that is due may
/// start), `observe` (the world looks like this), `promote`, `pause`, `resume`, `abort`, `retry` and `rollback` (a
/// person asks), `wroteBack` (the revert came to this), `branchMoved`, `clockJumped`.
package struct ModelMachine: Hashable, Codable, Sendable {
  package let name: ModelName
  /// The last release that completed a rollout.
  package internal(set) var stable: Release?
  /// The releases that were stable before it, newest first, bounded: where `evenkeel rollback` can go.
  package internal(set) var past: [Release]
  /// What Git asked for last; `nil` when it asks for no such model.
  package internal(set) var desired: Release?
  /// What holds for the next rollout; `nil` before Git has asked for anything.
  package internal(set) var terms: Terms?
  package internal(set) var replicas: Int
  package internal(set) var rollout: Rollout?
  /// Git no longer has the model: its traffic ends and its instances stop.
  package internal(set) var removing: Bool
  /// Git says that rollouts neither begin nor go on.
  package internal(set) var suspended: Bool
  /// Who has said with `evenkeel pause` that rollouts neither begin nor go on.
  package internal(set) var pausedBy: String?
  /// Attempts that failed, oldest first, bounded.
  package internal(set) var failures: [FailedAttempt]
  /// Who has brought stable back to where it is with `evenkeel rollback`; `nil` once something was promoted since then. The
  /// same command given twice does not go back twice.
  package internal(set) var rolledBackBy: String?
  /// A failed attempt that a person wants made once more.
  package internal(set) var retrying: Retry?
  /// Branches with reverts of ours that are to go; `nil` when there are none.
  package internal(set) var withdrawals: [Withdrawal]?

  package init(name: ModelName) {
    self.name = name
    past = []
    replicas = 1
    removing = false
    suspended = false
    failures = []
  }

  /// How many failed attempts of a model are remembered.
  static let rememberedFailures = 20
  /// How many things that people did to a rollout are remembered.
  static let rememberedInterventions = 50
  /// How many earlier stable releases are remembered.
  static let rememberedReleases = 5
}

/// An attempt that must not be made again by itself.
package struct FailedAttempt: Hashable, Codable, Sendable {
  package var attempt: Attempt
  package var version: String
  package var message: String
  package var at: Timestamp

  package init(attempt: Attempt, version: String, message: String, at: Timestamp) {
    self.attempt = attempt
    self.version = version
    self.message = message
    self.at = at
  }
}

/// A person wants this attempt made once more.
package struct Retry: Hashable, Codable, Sendable {
  package var attempt: Attempt
  package var by: String
}

extension ModelMachine {
  /// The releases that may have to run again: what they are made of has to be remembered.
  package var known: [Release] {
    [stable, rollout?.candidate, rollout?.displaced].compactMap(\.self) + past
  }

  /// Whether nothing is left to do but to keep running.
  package var isSettled: Bool { rollout == nil && !removing }

  /// The last of a removed model's instances is gone. What is remembered is only what failed, so that a
  /// later attempt of the same revision can be warned about.
  package mutating func removed() {
    removing = false
    stable = nil
    past = []
    terms = nil
    pausedBy = nil
    rolledBackBy = nil
    retrying = nil
  }

  /// Whether nothing is known of the model but its failures: it is not shown, and runs nothing.
  package var isGone: Bool { desired == nil && stable == nil && rollout == nil && !removing }
}
