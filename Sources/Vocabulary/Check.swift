/// A question about the candidate that the agent asks while it shifts traffic.
package struct Check: Hashable, Codable, Sendable {
  package var name: String
  package var errorRate: ErrorRate

  package init(name: String, errorRate: ErrorRate) {
    self.name = name
    self.errorRate = errorRate
  }

  /// The share of answers that are server errors, judged against a bound, against stable, or both.
  package struct ErrorRate: Hashable, Codable, Sendable {
    /// The largest acceptable share, between 0 and 1.
    package var max: Double?
    /// Whether the candidate may not be worse than stable over the same time.
    package var versusStable: Bool
    /// The probability of ever failing a candidate that is good, however often the check is looked at.
    package var alpha: Double

    package init(max: Double?, versusStable: Bool, alpha: Double) {
      self.max = max
      self.versusStable = versusStable
      self.alpha = alpha
    }
  }
}

/// Requests to a revision that have ended, and those of them that were errors: answered 5xx, or not at all.
package struct RequestCounts: Hashable, Codable, Sendable {
  package var requests: Int
  package var errors: Int

  package init(requests: Int = 0, errors: Int = 0) {
    self.requests = requests
    self.errors = errors
  }
}

/// The answer to a check. No data is never a pass, and "could not ask" is never a fail.
package enum Verdict: String, Codable, Sendable {
  case pass, fail, undecided
}
