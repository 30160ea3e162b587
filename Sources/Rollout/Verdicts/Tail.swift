import Vocabulary

/// How many requests of one revision have taken longer than a bound, out of how many, since counting began.
struct Tail: Hashable, Codable, Sendable {
  let bound: Duration
  /// The totals at the last look.
  private var seen = SlowCounts()
  private(set) var counted = SlowCounts()

  init(bound: Duration) {
    self.bound = bound
  }

  /// Passes over all that the gateway has counted by now.
  mutating func skip(_ totals: LatencyHistogram?) {
    if let totals { seen = totals.counts(slowerThan: bound) }
  }

  /// Takes the gateway's totals and answers what is new; without totals nothing is known to be new.
  ///
  /// - Parameter forgiving: leaves out the new requests that were slow.
  mutating func advance(to totals: LatencyHistogram?, forgiving: Bool = false) -> SlowCounts {
    guard let totals else { return SlowCounts() }
    let now = totals.counts(slowerThan: bound)
    var new = now.since(seen)
    seen = now
    if forgiving { new = SlowCounts(requests: new.requests - new.slow) }
    counted = SlowCounts(requests: counted.requests + new.requests, slow: counted.slow + new.slow)
    return new
  }
}

extension SlowCounts {
  /// Totals of which any has shrunk were started again from zero by a restarted gateway.
  fileprivate func since(_ earlier: SlowCounts) -> SlowCounts {
    let isQuickLess = requests - slow < earlier.requests - earlier.slow
    guard slow >= earlier.slow, !isQuickLess else { return self }
    return SlowCounts(requests: requests - earlier.requests, slow: slow - earlier.slow)
  }

  /// To the statistics a slow answer is what an error is: one of two possible outcomes.
  var outcomes: RequestCounts { RequestCounts(requests: requests, errors: slow) }
}
