import RealModule
import Rollout
import Testing
import Vocabulary

/// A slow candidate fails nearly as soon as any test that keeps its promise could fail it. Requests come seldom enough
/// that few are under way at a time: those cannot be known yet.
@Suite struct LatencyDetectionTests {
  private let alpha = 0.01
  private let median = 0.037
  /// The bin of stable's 99th percentile ends here.
  private let edge = 0.24

  /// How far a Bernoulli(p) answer speaks for p against q, in nats.
  private func divergence(_ p: Double, _ q: Double) -> Double {
    p * Double.log(p / q) + (1 - p) * Double.log((1 - p) / (1 - q))
  }

  /// The share of answers that take longer, when they take `factor` times as long as stable's.
  private func beyond(_ seconds: Double, factor: Double) -> Double {
    1 / (1 + Double.exp(Double.log(seconds / (median * factor)) / 0.4))
  }

  private func medianRequests(_ question: Check.Latency, factor: Double, weight: Double, runs: Int) -> Int {
    let counts = (0..<runs).map { run in
      var traffic = LatencyTraffic(
        seed: UInt64(run) &* 0x2545_F491_4F6C_DD1D, candidate: tailed(median: median * factor),
        stable: tailed(median: median))
      traffic.rate = { _ in 10 }
      traffic.weight = { _ in weight }
      traffic.look = 1
      traffic.merge = 0
      traffic.history = 2_000
      return traffic.requestsToFail(question, seconds: 1_000) ?? 10_000
    }
    return counts.sorted()[runs / 2]
  }

  @Test(arguments: [1.5, 2, 3]) func `a candidate beyond its bound fails within 1.6 times the least`(
    factor: Double
  ) {
    let question = Check.Latency(quantile: 0.99, max: .milliseconds(240), versusStable: nil, alpha: alpha)
    let least = Double.log(1 / alpha) / divergence(beyond(edge, factor: factor), 0.01)
    let found = medianRequests(question, factor: factor, weight: 1, runs: 21)
    // A look each second, and what is under way, are ten requests each.
    #expect(Double(found) <= 1.6 * least + 20)
  }

  @Test(arguments: [(2.0, 1.0, 0.5), (3, 1, 0.05), (3, 1, 0.5), (3, 1.2, 0.25), (10, 1.2, 0.05)])
  func `a candidate slower than stable fails within 1.6 times the least`(
    factor: Double, ratio: Double, weight: Double
  ) {
    let question = Check.Latency(quantile: 0.99, max: nil, versusStable: .init(ratio: ratio), alpha: alpha)
    let stable = beyond(edge, factor: 1)
    let candidate = beyond((edge * ratio * 100).rounded(.up) / 100, factor: factor)
    let pooled = weight * candidate + (1 - weight) * stable
    let information = weight * divergence(candidate, pooled) + (1 - weight) * divergence(stable, pooled)
    let found = medianRequests(question, factor: factor, weight: weight, runs: 21)
    #expect(Double(found) <= 1.6 * Double.log(1 / alpha) / information + 20)
  }
}
