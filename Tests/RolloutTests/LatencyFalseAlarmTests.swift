import RealModule
import Rollout
import Testing
import Vocabulary

/// A good candidate is failed for its latency in at most alpha of all rollouts, though it is looked at all the time
/// and its slow answers come later than its quick ones.
@Suite struct LatencyFalseAlarmTests {
  enum Weights: CaseIterable {
    case fivePercent, half, rising

    func callAsFunction(_ second: Double) -> Double {
      switch self {
      case .fivePercent: 0.05
      case .half: 0.5
      case .rising: second < 7 ? 0.05 : second < 14 ? 0.25 : 0.5
      }
    }
  }

  private static let alpha = 0.05
  private let runs = 60

  /// Alpha, and three standard deviations for the chance of so many runs.
  private var mostFalseAlarms: Int {
    let mean = Self.alpha * Double(runs)
    return Int(mean + 3 * Double.sqrt(mean * (1 - Self.alpha)))
  }

  private func falseAlarms(
    max: Int? = nil, ratio: Double? = nil, seconds: Double = 30, _ traffic: (UInt64) -> LatencyTraffic
  ) -> Int {
    let question = Check.Latency(
      quantile: 0.99, max: max.map { .milliseconds($0) }, versusStable: ratio.map { .init(ratio: $0) },
      alpha: Self.alpha)
    return (0..<runs).count { run in
      var traffic = traffic(UInt64(run) &* 0x2545_F491_4F6C_DD1D)
      return traffic.requestsToFail(question, seconds: seconds) != nil
    }
  }

  @Test(arguments: [1, 1.2], Weights.allCases)
  func `a candidate as slow as stable times the ratio seldom fails`(ratio: Double, weights: Weights) {
    let failed = falseAlarms(ratio: ratio, seconds: 20) { seed in
      var traffic = LatencyTraffic(
        seed: seed, candidate: tailed(median: 0.037 * ratio), stable: tailed(median: 0.037))
      traffic.weight = { weights($0) }
      traffic.history = 1_000
      traffic.merge = 0
      return traffic
    }
    #expect(failed <= mostFalseAlarms)
  }

  /// One in a hundred takes longer than allowed, and much longer than it is until the next change of weights.
  @Test(arguments: [0.5, 5, 20], Weights.allCases)
  func `a candidate at its bound seldom fails, though its slow answers come late`(
    slow: Double, weights: Weights
  ) {
    let failed = falseAlarms(max: 250, ratio: 1) { seed in
      let times = twofold(quick: 0.02, slow: slow, share: 0.01)
      var traffic = LatencyTraffic(seed: seed, candidate: times, stable: times)
      traffic.weight = { weights($0) }
      traffic.history = 1_000
      traffic.merge = 1
      return traffic
    }
    #expect(failed <= mostFalseAlarms)
  }

  @Test(arguments: [0.5, 5])
  func `a candidate at its bound seldom fails when requests come in bursts`(slow: Double) {
    let failed = falseAlarms(max: 250, ratio: 1) { seed in
      let times = twofold(quick: 0.02, slow: slow, share: 0.01)
      var traffic = LatencyTraffic(seed: seed, candidate: times, stable: times)
      traffic.rate = { $0.truncatingRemainder(dividingBy: 10) < 0.5 ? 1_000 : 0 }
      traffic.history = 1_000
      traffic.merge = 0
      return traffic
    }
    #expect(failed <= mostFalseAlarms)
  }

  @Test func `a load that slows down both revisions is not held against the candidate`() {
    let failed = falseAlarms(ratio: 1) { seed in
      let usual = tailed(median: 0.037)
      let times = { @Sendable (x: Double, now: Double) in usual(x, now) * (now > 10 ? 3 : 1) }
      var traffic = LatencyTraffic(seed: seed, candidate: times, stable: times)
      traffic.history = 1_000
      traffic.merge = 0
      return traffic
    }
    #expect(failed <= mostFalseAlarms)
  }

  @Test func `a candidate that loses traffic seldom fails when its late answers are forgiven`() {
    let failed = falseAlarms(ratio: 1, seconds: 60) { seed in
      let times = twofold(quick: 0.02, slow: 15, share: 0.01)
      var traffic = LatencyTraffic(seed: seed, candidate: times, stable: times)
      traffic.weight = { $0 < 30 ? 0.4 : 0.05 }
      traffic.forgiving = { $0 >= 30 && $0 < 46 }
      traffic.history = 1_000
      traffic.merge = 0
      return traffic
    }
    #expect(failed <= mostFalseAlarms)
  }
}
