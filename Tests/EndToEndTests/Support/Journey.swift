/// What happens to a model again and again, each time from rest to rest.
struct Journey: Sendable, CustomStringConvertible {
  enum Kind: String, Sendable {
    /// A commit asks for a good version.
    case promotion
    /// A commit asks for a version whose every answer is an error.
    case failure
    /// A person asks to leave the version that serves.
    case rollback
  }

  var kind: Kind
  /// The rollout policy.
  var policy: String
  /// The statuses that the gateway may answer with meanwhile, besides what a bad model says itself: those of an
  /// announced downtime.
  var announced: [Int] = []

  var description: String { "\(policy) \(kind)" }
}

/// What a journey has come to, in words that do not depend on which of many it was.
struct JourneyEnd: Equatable, Sendable {
  var phase: String
  var weights: [Int]
  /// Conditions that are true.
  var conditions: [String]
  /// The history's new lines: how each ended, and whether a revert goes with it.
  var rollouts: [String]
  /// How many commits the agent has made.
  var reverts: Int
  /// Whether the branch has exactly what the origin's commit left ("origin") or the newest one ("deployed").
  var tree: String
  /// How many processes there are of "stable" and "other" instances, and of the "gateway".
  var processes: [String: Int]
  /// Whether the gateway is the process that it was.
  var isSameGateway: Bool
  /// Files that were to be renamed or removed.
  var leftovers: [String]
  /// Requests of clients that failed, besides what a bad model answered itself.
  var failed: [String: Int]
}
