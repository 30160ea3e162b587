package import Vocabulary

/// How long the agent waits before it tries a revert again. `jitter` is between 0 and 1, so that agents that were in each
/// other's way do not meet again.
package enum WriteBackWaits {
  /// Somebody else's commit came first: tens to hundreds of milliseconds, growing.
  ///
  /// - Parameter losses: How many races in a row were lost, from 1.
  package static func race(afterLosing losses: Int, jitter: Double) -> Duration {
    let milliseconds = Double(min(1000, 50 << min(max(losses - 1, 0), 9)))
    return .milliseconds(Int64(milliseconds * (0.5 + jitter)))
  }

  /// Something is out of reach: one second to five minutes, doubling.
  ///
  /// - Parameter tries: How many tries before this one came to nothing.
  package static func trouble(after tries: Int, jitter: Double) -> Duration {
    spread(min(300, 1 << min(tries, 9)), jitter)
  }

  /// The server has said no, and will until somebody changes its mind: one minute to an hour, doubling. What nobody
  /// understands may be over soon.
  ///
  /// - Parameter refusals: How often in a row it had said so before.
  package static func refusal(_ kind: PushRefusal.Kind, after refusals: Int, jitter: Double) -> Duration {
    switch kind {
    case .protectedBranch, .hook, .denied: spread(min(3600, 60 << min(refusals, 6)), jitter)
    case .other: trouble(after: refusals, jitter: jitter)
    }
  }

  private static func spread(_ seconds: Int, _ jitter: Double) -> Duration {
    .milliseconds(Int64(Double(seconds * 1000) * (0.75 + jitter / 2)))
  }
}
