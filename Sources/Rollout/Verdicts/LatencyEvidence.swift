import Vocabulary

extension LatencyTest {
  /// The evidence of a latency test at one moment. Its JSON keys are part of the `status` contract.
  package struct Evidence: Hashable, Codable, Sendable {
    /// The requests of a revision, and those of them that took longer than a bound.
    package struct Share: Hashable, Codable, Sendable {
      /// The bound in seconds.
      package let seconds: Double
      package let requests: Int
      package let slow: Int
    }

    package struct Comparison: Hashable, Codable, Sendable {
      /// How many times as long as stable's the candidate's answers may take.
      package let ratio: Double
      /// Beyond stable's quantile times the ratio; absent until the quantile is known.
      package let candidate: Share?
      /// Beyond stable's own quantile; absent until that is known.
      package let stable: Share?
      /// How many more requests stable needs until its quantile is known; absent once it is.
      package let missing: Int?
    }

    /// Which part of the requests has to be quick enough.
    package let quantile: Double
    /// How strongly the counts speak against the candidate, as for errors.
    package let eValue: Double
    /// The probability of ever failing a good candidate.
    package let alpha: Double
    /// The candidate beyond the bound that was asked for; absent when none was.
    package let max: Share?
    /// Absent when that was not asked.
    package let versusStable: Comparison?
  }
}

extension LatencyTest.Evidence.Share {
  init(_ tail: Tail) {
    seconds = tail.bound / .seconds(1)
    requests = tail.counted.requests
    slow = tail.counted.slow
  }
}
