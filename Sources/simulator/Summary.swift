import Simulation

extension Campaign.Report {
  /// What happened in all lives, counted.
  func summary(from first: UInt64, _ stopwatch: Stopwatch) -> String {
    let (seconds, cores) = (stopwatch.seconds, stopwatch.coreSeconds)
    let seeds =
      tally.seeds == 0 ? "no seed" : "\(tally.seeds) seeds, \(first) to \(first + UInt64(tally.seeds) - 1)"
    return """
      \(seeds), in \(Int(seconds)) s
      \(tally.rollouts) rollouts, \(tally.rollouts.per(seconds)) per second, \(tally.rollouts.per(cores)) per second of one core
      ended: \(words(tally.outcomes))
      failures: \(words(tally.reasons))
      strategies: \(words(tally.strategies))
      faults: \(words(tally.faults))
      \(tally.passes) passes, \(tally.reverts) reverts
      """
  }
}

extension Int {
  fileprivate func per(_ seconds: Double) -> Int { seconds > 0 ? Int(Double(self) / seconds) : 0 }
}

/// The most frequent first.
private func words<Kind>(_ counts: [Kind: Int]) -> String {
  counts.map { ("\($0.key)", $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    .map { "\($0.0) \($0.1)" }.joined(separator: "; ")
}
