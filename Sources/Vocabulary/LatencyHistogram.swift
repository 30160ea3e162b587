/// How long requests took, as counts of ranges of time.
package struct LatencyHistogram: Hashable, Sendable {
  /// The requests that took at least `from` and less than `to`.
  package struct Bin: Hashable, Sendable {
    package var from: Duration
    package var to: Duration
    package var count: Int

    package init(from: Duration, to: Duration, count: Int) {
      self.from = from
      self.to = to
      self.count = count
    }
  }

  /// Ascending, without overlaps.
  package private(set) var bins: [Bin]

  package init(bins: [Bin] = []) {
    self.bins = bins.sorted { $0.from < $1.from }
  }

  /// Counts requests of one bin.
  package mutating func add(_ bin: Bin) {
    if let index = bins.firstIndex(where: { $0.from == bin.from && $0.to == bin.to }) {
      bins[index].count += bin.count
    } else {
      bins.insert(bin, at: bins.firstIndex { $0.from > bin.from } ?? bins.endIndex)
    }
  }

  /// All requests, and those of them that certainly took as long as `bound` or longer: a bin that the bound divides
  /// counts as not slow.
  package func counts(slowerThan bound: Duration) -> SlowCounts {
    bins.reduce(into: SlowCounts()) { counts, bin in
      counts.requests += bin.count
      if bin.from >= bound { counts.slow += bin.count }
    }
  }

  /// The end of the first bin beyond which no more than the share `1 - quantile` of the requests lies; `nil` without
  /// requests.
  package func quantile(_ quantile: Double) -> Duration? {
    let requests = bins.reduce(0) { $0 + $1.count }
    // Without the margin, 99 of 100 requests would not be 0.99 of them.
    var allowed = Int(Double(requests) * (1 - quantile) + 1e-6)
    for bin in bins.reversed() {
      allowed -= bin.count
      if allowed < 0 { return bin.to }
    }
    return nil
  }
}

/// Requests that were answered, and those of them that took longer than a bound.
package struct SlowCounts: Hashable, Codable, Sendable {
  package var requests: Int
  package var slow: Int

  package init(requests: Int = 0, slow: Int = 0) {
    self.requests = requests
    self.slow = slow
  }
}
