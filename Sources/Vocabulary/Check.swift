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

  package init(name: String, latency: Latency) {
    self.init(name: name, question: .latency(latency))
  }

  /// What is asked.
  package enum Question: Hashable, Sendable {
    case errorRate(ErrorRate)
    case latency(Latency)
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

  /// A quantile of the time to answer, judged against a bound, against stable, or both.
  package struct Latency: Hashable, Sendable {
    /// Which part of the requests has to be quick enough, between 0 and 1.
    package var quantile: Double
    /// The longest acceptable time for that part of the requests.
    package var max: Duration?
    /// How much slower than stable over the same time the candidate may be; `nil` when that is not asked.
    package var versusStable: VersusStable?
    /// The probability of ever failing a candidate that is good, however often the check is looked at.
    package var alpha: Double

    package init(quantile: Double, max: Duration?, versusStable: VersusStable?, alpha: Double) {
      self.quantile = quantile
      self.max = max
      self.versusStable = versusStable
      self.alpha = alpha
    }
  }

  package struct VersusStable: Hashable, Codable, Sendable {
    /// How many times as long as stable's the candidate's answers may take; at least 1.
    package var ratio: Double

    package init(ratio: Double) {
      self.ratio = ratio
    }
  }
}

extension Check {
  /// Whether the candidate can only fail it while stable gets requests too.
  package var needsRequestsOfStable: Bool {
    switch question {
    case .errorRate(let errorRate): errorRate.max == nil
    case .latency(let latency): latency.max == nil
    }
  }
}

/// As a manifest has it: the name, and the question under its own key.
extension Check: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, errorRate, latency
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    if let latency = try container.decodeIfPresent(Latency.self, forKey: .latency) {
      question = .latency(latency)
    } else {
      question = .errorRate(try container.decode(ErrorRate.self, forKey: .errorRate))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    switch question {
    case .errorRate(let errorRate): try container.encode(errorRate, forKey: .errorRate)
    case .latency(let latency): try container.encode(latency, forKey: .latency)
    }
  }
}

/// As a manifest has it: the time in milliseconds, with the unit.
extension Check.Latency: Codable {
  private enum CodingKeys: String, CodingKey {
    case quantile, max, versusStable, alpha
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    quantile = try container.decode(Double.self, forKey: .quantile)
    versusStable = try container.decodeIfPresent(Check.VersusStable.self, forKey: .versusStable)
    alpha = try container.decode(Double.self, forKey: .alpha)
    max = try container.decodeIfPresent(String.self, forKey: .max).map { text in
      guard text.hasSuffix("ms"), let milliseconds = Int64(text.dropLast(2)) else {
        throw DecodingError.dataCorruptedError(
          forKey: .max, in: container, debugDescription: "not a time such as 250ms: \(text)")
      }
      return .milliseconds(milliseconds)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(quantile, forKey: .quantile)
    try container.encodeIfPresent(max.map { "\($0.inMilliseconds)ms" }, forKey: .max)
    try container.encodeIfPresent(versusStable, forKey: .versusStable)
    try container.encode(alpha, forKey: .alpha)
  }
}

extension Duration {
  /// Whole milliseconds.
  fileprivate var inMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
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
