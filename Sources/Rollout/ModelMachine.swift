package import Vocabulary

/// The rollout state machine of one model: a pure value. Each event has its own result, the whole value is
/// journalled after every change, and what should run follows from it alone (`wanted`).
///
/// Events: `desire` (Git asks for something), `observe` (the world looks like this), `promote`, `abort` and
/// `rollback` (a person asks), `wroteBack` (the revert came to this).
package struct ModelMachine: Hashable, Codable, Sendable {
  package let name: ModelName
  /// The last release that completed a rollout.
  package internal(set) var stable: Release?
  /// The release that was stable before it: where `evenkeel rollback` goes.
  package internal(set) var previous: Release?
  /// What Git asked for last; `nil` when it asks for no such model.
  package internal(set) var desired: Release?
  package internal(set) var replicas: Int
  package internal(set) var rollout: Rollout?
  /// Git no longer has the model: its traffic ends and its instances stop.
  package internal(set) var removing: Bool
  /// Attempts that failed, oldest first, bounded.
  package internal(set) var failures: [FailedAttempt]

  package init(name: ModelName) {
    self.name = name
    replicas = 1
    removing = false
    failures = []
  }

  /// How many failed attempts of a model are remembered.
  static let rememberedFailures = 20
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

/// The rules of a rollout as the model's policy states them at the moment.
package struct Terms: Hashable, Sendable {
  /// Weights, analyses and pauses between start and promotion.
  package var steps: [Step]
  package var checks: [Check]
  package var readyTimeout: Duration
  package var replicas: Int

  package init(steps: [Step], checks: [Check], readyTimeout: Duration, replicas: Int) {
    self.steps = steps
    self.checks = checks
    self.readyTimeout = readyTimeout
    self.replicas = replicas
  }
}

/// What should exist for a model, and who should get its requests.
package struct Wanted: Hashable, Sendable {
  package struct Instances: Hashable, Sendable {
    package var release: Release
    package var count: Int
    /// `false` for what is only kept until its last request is answered.
    package var mayStart = true
  }

  /// How many instances of which release, stable first.
  package var instances: [Instances] = []
  /// Percent of new requests; empty means no route. They sum to 100 otherwise.
  package var weights: [Revision: Int] = [:]

  /// Nothing at all.
  package init() {}
}

extension ModelMachine {
  package func wanted() -> Wanted {
    var wanted = Wanted()
    guard !removing else { return wanted }
    if let stable { wanted.instances.append(.init(release: stable, count: replicas)) }
    guard let rollout else {
      if let stable { wanted.weights[stable.revision] = 100 }
      return wanted
    }
    if rollout.needsInstances {
      var candidate = Wanted.Instances(release: rollout.candidate, count: replicas)
      if case .restoring = rollout.stage { candidate.mayStart = false }
      wanted.instances.append(candidate)
    }
    let weight = rollout.weight
    if weight > 0 { wanted.weights[rollout.candidate.revision] = weight }
    if let stable, weight < 100 { wanted.weights[stable.revision] = 100 - weight }
    return wanted
  }

  /// The releases whose artifacts have to be in the store, whether or not they run yet.
  package var pinned: [Release] {
    [stable, previous, rollout?.candidate].compactMap(\.self)
  }

  /// Whether nothing is left to do but to keep running.
  package var isSettled: Bool { rollout == nil && !removing }

  /// The last of a removed model's instances is gone. What is remembered is only what failed, so that a
  /// later attempt of the same revision can be warned about.
  package mutating func removed() {
    removing = false
    stable = nil
    previous = nil
  }

  /// Whether nothing is known of the model but its failures: it is not shown, and runs nothing.
  package var isGone: Bool { desired == nil && stable == nil && rollout == nil && !removing }
}
