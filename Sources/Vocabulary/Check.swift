/// A question about the candidate that the agent asks while it shifts traffic.
package struct Check: Hashable, Sendable {
  package var name: String
  package var question: Question

  package init(name: String, question: Question) {
    self.name = name
    self.question = question
  }

  package init(name: String, errorRate: ErrorRate) {
    self.init(name: name, question: .errorRate(errorRate))
  }

  /// What is asked.
  package enum Question: Hashable, Sendable {
    case errorRate(ErrorRate)
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

extension Check {
  /// Whether the candidate can only fail it while stable gets requests too.
  package var needsRequestsOfStable: Bool {
    switch question {
    case .errorRate(let errorRate): errorRate.max == nil
    }
  }
}

/// As a manifest has it: the name, and the question under its own key.
extension Check: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, errorRate
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    question = .errorRate(try container.decode(ErrorRate.self, forKey: .errorRate))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    switch question {
    case .errorRate(let errorRate): try container.encode(errorRate, forKey: .errorRate)
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
