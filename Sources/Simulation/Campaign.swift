/// Lives through many scenarios, several at once. What it reports is that of the seeds in their order, so it does not
/// depend on how many jobs there are.
package struct Campaign: Sendable {
  package struct Report: Sendable {
    package struct Broken: Hashable, Sendable {
      package var seed: UInt64
      package var violation: Violation
    }

    package var tally = Tally()
    /// In the order of the seeds.
    package var broken: [Broken] = []
  }

  private let seeds: Range<UInt64>
  private let jobs: Int
  private let keepsGoing: Bool
  private let live: @Sendable (UInt64) async -> Episode.Result

  /// - Parameter keepsGoing: whether it goes on after the first seed that breaks an invariant.
  package init(
    seeds: Range<UInt64>, jobs: Int, keepsGoing: Bool = false,
    live: @escaping @Sendable (UInt64) async -> Episode.Result = { await Episode.live(Scenario(seed: $0)) }
  ) {
    self.seeds = seeds
    self.jobs = max(1, jobs)
    self.keepsGoing = keepsGoing
    self.live = live
  }

  /// - Parameters:
  ///   - isOver: whether there is no time for another life.
  ///   - watch: is told of the report whenever it has grown.
  package func run(isOver: () -> Bool = { false }, watch: (Report) -> Void = { _ in }) async -> Report {
    await withTaskGroup(of: (UInt64, Episode.Result).self) { group in
      var report = Report()
      var next = seeds.lowerBound
      /// The lives that are over before an earlier one is.
      var early: [UInt64: Episode.Result] = [:]
      var awaited = seeds.lowerBound
      var running = 0
      var isStopped: Bool { !keepsGoing && !report.broken.isEmpty }

      func begin() {
        // One slow life does not let those after it pile up.
        let bound = min(seeds.upperBound, awaited + UInt64(jobs) * 64)
        while running < jobs, next < bound, !isStopped, !isOver() {
          let seed = next
          group.addTask { [live] in (seed, await live(seed)) }
          next += 1
          running += 1
        }
      }

      begin()
      for await (seed, result) in group {
        running -= 1
        early[seed] = result
        while !isStopped, let result = early.removeValue(forKey: awaited) {
          report.add(result, of: awaited)
          awaited += 1
          watch(report)
        }
        begin()
      }
      return report
    }
  }
}

extension Campaign.Report {
  fileprivate mutating func add(_ result: Episode.Result, of seed: UInt64) {
    tally.add(result.tally)
    if let violation = result.violation { broken.append(Broken(seed: seed, violation: violation)) }
  }
}
