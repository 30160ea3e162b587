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

  var description: String { "\(policy) \(kind)" }

  /// The statuses of failed requests that are nobody's fault but a bad model's own, or were announced: while a version
  /// is recreated, nobody answers. The answers of a shadow never reach a client.
  var tolerated: [Int] {
    let own = kind == .failure && policy != "shadow" ? [ConstantLoad.modelError] : []
    return own + (policy == "recreate" ? [ConstantLoad.nobodyAnswers] : [])
  }

  var expectedEnd: JourneyEnd {
    let isPromoted = kind == .promotion
    return JourneyEnd(
      phase: "stable", weights: [100], conditions: ["Ready: Serving"],
      rollouts: [isPromoted ? "promoted" : "rolledBack, reverted"], reverts: isPromoted ? 0 : 1,
      tree: isPromoted ? "deployed" : "origin", processes: ["stable": 1, "other": 0, "gateway": 1],
      isSameGateway: true, leftovers: [], failed: [:])
  }
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
  /// Requests of clients that failed in a way that is not tolerated.
  var failed: [String: Int]
}
