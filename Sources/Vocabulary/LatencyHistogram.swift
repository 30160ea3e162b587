/// How long requests took, as counts of ranges of time.
///
/// As JSON it is one list with three numbers for each bin: its ends in microseconds, and its count.
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

extension LatencyHistogram {
  /// What has come since `earlier`. Totals that have shrunk anywhere were started again from zero: all of them are new.
  package func since(_ earlier: LatencyHistogram) -> LatencyHistogram {
    guard !earlier.bins.isEmpty else { return self }
    var new: [Bin] = []
    var rest = earlier.bins[...]
    for var bin in bins {
      if let old = rest.first, old.from == bin.from {
        bin.count -= old.count
        rest.removeFirst()
      }
      guard bin.count >= 0 else { return self }
      if bin.count > 0 { new.append(bin) }
    }
    return rest.isEmpty ? LatencyHistogram(bins: new) : self
  }
}

extension LatencyHistogram: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let numbers = try container.decode([Int].self)
    guard numbers.count.isMultiple(of: 3) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not three numbers for each bin")
    }
    self.init(
      bins: stride(from: 0, to: numbers.count, by: 3).map { index in
        Bin(
          from: .microseconds(numbers[index]), to: .microseconds(numbers[index + 1]),
          count: numbers[index + 2])
      })
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(bins.flatMap { [$0.from.inMicroseconds, $0.to.inMicroseconds, $0.count] })
  }
}

extension Duration {
  fileprivate var inMicroseconds: Int {
    Int(components.seconds) * 1_000_000 + Int(components.attoseconds / 1_000_000_000_000)
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
