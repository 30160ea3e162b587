import Vocabulary

/// How many requests of one revision have taken longer than a bound, and out of how many.
struct Tail: Hashable, Codable, Sendable {
  let bound: Duration
  private(set) var counted = SlowCounts()

  init(bound: Duration) {
    self.bound = bound
  }

  /// Counts requests, and answers what they are to the statistics.
  ///
  /// - Parameter forgiving: leaves out those that were slow.
  mutating func count(_ new: LatencyHistogram, forgiving: Bool = false) -> RequestCounts {
    var new = new.counts(slowerThan: bound)
    if forgiving { new = SlowCounts(requests: new.requests - new.slow) }
    counted = SlowCounts(requests: counted.requests + new.requests, slow: counted.slow + new.slow)
    return new.outcomes
  }
}

extension SlowCounts {
  /// To the statistics a slow answer is what an error is: one of two possible outcomes.
  var outcomes: RequestCounts { RequestCounts(requests: requests, errors: slow) }
}
