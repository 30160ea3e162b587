import RealModule
package import Vocabulary

/// A running test of one error-rate check, which may be looked at after every request.
///
/// The test is a value: feed it what each revision has answered since the last look, read the verdict. Over
/// the whole rollout, a candidate that is good is failed with probability `alpha` at most, however many looks
/// are taken and whenever they stop. The state is small, does not grow, and survives a journal.
///
/// The statistics are written down in `docs/decisions/0003-verdicts.md`.
package struct ErrorRateTest: Hashable, Codable, Sendable {
  /// The question that is asked.
  package let errorRate: Check.ErrorRate
  private var candidate = RequestCounts()
  private var stable = RequestCounts()
  private var comparison = StableComparison()
  private var hasFailed = false

  /// Starts a test that has seen nothing.
  package init(_ errorRate: Check.ErrorRate) {
    self.errorRate = errorRate
  }

  /// Takes what each revision has answered since the previous call: increments, not totals.
  ///
  /// Counts may be zero, and stable may have none at all. Negative counts, as a restarted counter would give,
  /// are read as zero. Two duties are the caller's. It chooses the moment of a call by the clock or by earlier
  /// calls, not by whose errors it has just seen. And where an error comes sooner than a success, it leaves out
  /// what ends within one usual request duration after more traffic goes to the candidate: until then the
  /// candidate has more than its share of quick errors.
  ///
  /// After a fail nothing is taken any more, so that the evidence stays what the fail was given on.
  package mutating func observe(candidate: RequestCounts, stable: RequestCounts) {
    guard !hasFailed else { return }
    let candidate = candidate.bounded
    let stable = stable.bounded
    self.candidate = self.candidate.adding(candidate)
    self.stable = self.stable.adding(stable)
    if errorRate.versusStable {
      comparison.observe(candidate: candidate, stable: stable)
    }
    // Without one error of the candidate's own there is nothing to fail it for, whatever alpha says.
    hasFailed = self.candidate.errors > 0 && logEValue >= -Double.log(errorRate.alpha)
  }

  /// `.fail` from the moment the evidence suffices, for good; `.undecided` before.
  ///
  /// Never `.pass`: that takes time and traffic, which the rollout measures.
  package var verdict: Verdict {
    hasFailed ? .fail : .undecided
  }

  /// What the verdict rests on, to be journalled and quoted.
  package var evidence: Evidence {
    Evidence(
      candidate: candidate,
      stable: stable,
      eValue: Double.exp(min(logEValue, Double.log(Evidence.largestEValue))),
      alpha: errorRate.alpha,
      max: errorRate.max,
      versusStable: errorRate.versusStable)
  }

  private var logEValue: Double {
    var parts: [Double] = []
    if let bound = errorRate.max {
      parts.append(BoundTest(bound: bound).logEValue(candidate))
    }
    if errorRate.versusStable {
      parts.append(comparison.logEValue)
    }
    return logEValueOfStrongest(parts)
  }
}

extension ErrorRateTest {
  /// The evidence of a test at one moment. Its JSON keys are part of the `status` contract.
  package struct Evidence: Hashable, Codable, Sendable {
    /// All that the candidate has answered during the test.
    package let candidate: RequestCounts
    /// All that stable has answered over the same time.
    package let stable: RequestCounts
    /// How strongly the counts speak against the candidate: up to 1 not at all, from `1 / alpha` on it fails.
    /// Capped at `largestEValue`.
    package let eValue: Double
    /// The probability of ever failing a good candidate.
    package let alpha: Double
    /// The bound that was asked for, as a share; absent when none was.
    package let max: Double?
    /// Whether the candidate was compared with stable.
    package let versusStable: Bool

    /// Finite, for JSON, and small enough to print as a whole number.
    package static let largestEValue = 1e15
  }
}

extension RequestCounts {
  /// The largest count kept: the whole numbers that a `Double` can tell apart, and far from overflow.
  private static let limit = 1 << 53

  /// The same counts with no negative number, and every error counted as a request.
  fileprivate var bounded: RequestCounts {
    let errors = min(max(errors, 0), Self.limit)
    return RequestCounts(requests: min(max(requests, errors), Self.limit), errors: errors)
  }

  /// The sum, held at the limit.
  func adding(_ other: RequestCounts) -> RequestCounts {
    RequestCounts(
      requests: min(requests + other.requests, Self.limit), errors: min(errors + other.errors, Self.limit))
  }
}
