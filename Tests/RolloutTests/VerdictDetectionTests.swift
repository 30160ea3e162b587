import RealModule
import Rollout
import Testing
import Vocabulary

/// A bad candidate fails nearly as soon as any test that keeps its promise could fail it.
@Suite struct VerdictDetectionTests {
  private let alpha = 0.01

  /// How far a Bernoulli(p) answer speaks for p against q, in nats.
  private func divergence(_ p: Double, _ q: Double) -> Double {
    p * Double.log(p / q) + (1 - p) * Double.log((1 - p) / (1 - q))
  }

  private func median(_ traffic: VerdictTraffic, _ question: Check.ErrorRate, runs: Int) -> Int {
    var traffic = traffic
    let limit = 50_000
    let counts = (0..<runs).map { _ in traffic.requestsToFail(question, limit: limit) ?? limit }
    return counts.sorted()[runs / 2]
  }

  @Test(arguments: [
    (0.03, 0.05, 10), (0.03, 0.5, 10), (0.1, 0.05, 2), (0.1, 0.25, 2), (0.1, 0.5, 1), (0.5, 0.25, 1),
    (0.5, 0.5, 1),
  ])
  func `a candidate worse than stable's 1 % fails within 1.5 times the bound`(
    rate: Double, weight: Double, look: Int
  ) {
    let traffic = VerdictTraffic(
      candidateRate: rate, stableRate: 0.01, look: look, seed: 7, weight: { _ in weight })
    let question = Check.ErrorRate(max: nil, versusStable: true, alpha: alpha)
    // What one request tells about who is worse: the information between its revision and its outcome.
    let pooled = weight * rate + (1 - weight) * 0.01
    let information = weight * divergence(rate, pooled) + (1 - weight) * divergence(0.01, pooled)
    let allowed = 1.5 * Double.log(1 / alpha) / information
    #expect(Double(median(traffic, question, runs: 51)) <= allowed)
  }

  @Test(arguments: [0.03, 0.1])
  func `a candidate above its bound of 1 % fails within 1.5 times the bound`(rate: Double) {
    let traffic = VerdictTraffic(
      candidateRate: rate, stableRate: 0, look: 1, seed: 7, weight: { _ in 1 })
    let question = Check.ErrorRate(max: 0.01, versusStable: false, alpha: alpha)
    let allowed = 1.5 * Double.log(1 / alpha) / divergence(rate, 0.01)
    #expect(Double(median(traffic, question, runs: 101)) <= allowed)
  }

  @Test func `evidence is kept when the weight changes`() {
    let question = Check.ErrorRate(max: nil, versusStable: true, alpha: alpha)
    let steady = VerdictTraffic(
      candidateRate: 0.1, stableRate: 0.01, look: 5, seed: 7, weight: { _ in 0.25 })
    let changing = VerdictTraffic(
      candidateRate: 0.1, stableRate: 0.01, look: 5, seed: 7, weight: { $0 % 20 < 10 ? 0.2 : 0.3 })
    let ratio = Double(median(changing, question, runs: 101)) / Double(median(steady, question, runs: 101))
    #expect((0.8...1.25).contains(ratio))
  }

  @Test func `a candidate that is much worse than stable fails though it keeps its bound`() {
    let question = Check.ErrorRate(max: 0.2, versusStable: true, alpha: alpha)
    var traffic = VerdictTraffic(
      candidateRate: 0.1, stableRate: 0.01, look: 10, seed: 7, weight: { _ in 0.25 })
    #expect(traffic.requestsToFail(question, limit: 5_000) != nil)
  }

  @Test func `a candidate above its bound fails though stable is no better`() {
    let question = Check.ErrorRate(max: 0.01, versusStable: true, alpha: alpha)
    var traffic = VerdictTraffic(
      candidateRate: 0.1, stableRate: 0.1, look: 10, seed: 7, weight: { _ in 0.25 })
    #expect(traffic.requestsToFail(question, limit: 5_000) != nil)
  }

  @Test func `a candidate with no stable beside it is still judged by its bound`() {
    var test = ErrorRateTest(Check.ErrorRate(max: 0.01, versusStable: true, alpha: alpha))
    test.observe(candidate: RequestCounts(requests: 20, errors: 20), stable: RequestCounts())
    #expect(test.verdict == .fail)
  }
}
