import RealModule
import Rollout
import Testing
import Vocabulary

/// A good candidate is failed in at most alpha of all rollouts, though the test is looked at all the time.
@Suite struct VerdictFalseAlarmTests {
  enum Weights: CaseIterable {
    case fivePercent, half, rising

    func callAsFunction(_ request: Int) -> Double {
      switch self {
      case .fivePercent: 0.05
      case .half: 0.5
      case .rising: request < 500 ? 0.05 : request < 1_000 ? 0.25 : 0.5
      }
    }
  }

  private let alpha = 0.05

  /// Alpha, and three standard deviations for the chance of so many runs.
  private func mostFalseAlarms(runs: Int) -> Int {
    let mean = alpha * Double(runs)
    return Int(mean + 3 * Double.sqrt(mean * (1 - alpha)))
  }

  private func falseAlarms(
    _ question: Check.ErrorRate, rate: Double, weights: Weights, look: Int, runs: Int, limit: Int
  ) -> Int {
    var traffic = VerdictTraffic(
      candidateRate: rate, stableRate: rate, look: look, seed: 2_024, weight: { weights($0) })
    return (0..<runs).count { _ in traffic.requestsToFail(question, limit: limit) != nil }
  }

  @Test(arguments: [0.001, 0.01, 0.05, 0.3], Weights.allCases)
  func `an equal candidate seldom fails against stable when looked at after every request`(
    rate: Double, weights: Weights
  ) {
    let question = Check.ErrorRate(max: nil, versusStable: true, alpha: alpha)
    let failed = falseAlarms(question, rate: rate, weights: weights, look: 1, runs: 100, limit: 1_500)
    #expect(failed <= mostFalseAlarms(runs: 100))
  }

  @Test(arguments: [0.001, 0.01, 0.05, 0.3], Weights.allCases)
  func `an equal candidate seldom fails against stable when looked at after batches`(
    rate: Double, weights: Weights
  ) {
    let question = Check.ErrorRate(max: nil, versusStable: true, alpha: alpha)
    let failed = falseAlarms(question, rate: rate, weights: weights, look: 50, runs: 300, limit: 3_000)
    #expect(failed <= mostFalseAlarms(runs: 300))
  }

  @Test(arguments: [0.001, 0.01, 0.05, 0.3])
  func `a candidate at its bound seldom fails`(rate: Double) {
    let question = Check.ErrorRate(max: rate, versusStable: false, alpha: alpha)
    let failed = falseAlarms(question, rate: rate, weights: .half, look: 2, runs: 200, limit: 2_000)
    #expect(failed <= mostFalseAlarms(runs: 200))
  }

  @Test(arguments: [0.01, 0.3])
  func `a candidate that is good by both parts seldom fails`(rate: Double) {
    let question = Check.ErrorRate(max: rate, versusStable: true, alpha: alpha)
    let failed = falseAlarms(question, rate: rate, weights: .half, look: 2, runs: 200, limit: 2_000)
    #expect(failed <= mostFalseAlarms(runs: 200))
  }

  @Test(arguments: [
    (2, 2, 1), (2, 2, 3), (1, 40, 2), (40, 1, 2), (16, 300, 5), (40, 40, 30), (255, 400, 8),
  ])
  func `one batch is a fair bet when chance alone splits its errors`(
    candidateRequests: Int, stableRequests: Int, errors: Int
  ) {
    let mean = meanEValue(
      candidateRequests: candidateRequests, stableRequests: stableRequests, errors: errors)
    #expect(abs(mean - 1) < 1e-9)
  }

  @Test(arguments: [(300, 300, 280), (2_000, 2_000, 1_500), (500, 9_500, 3_000), (9_000, 1_000, 9_500)])
  func `one batch too large to add up is no better than a fair bet`(
    candidateRequests: Int, stableRequests: Int, errors: Int
  ) {
    let mean = meanEValue(
      candidateRequests: candidateRequests, stableRequests: stableRequests, errors: errors)
    #expect(mean > 0 && mean <= 1)
  }

  @Test(arguments: [(0.01, 0.01), (0.01, 0.005), (0.3, 0.3), (0.3, 0.2)])
  func `the bet against a bound is fair at the bound and loses below it`(bound: Double, rate: Double) {
    // Few enough that no e-value reaches the cap, which would take from the mean.
    let requests = 7
    var mean = 0.0
    for errors in 0...requests {
      var test = ErrorRateTest(Check.ErrorRate(max: bound, versusStable: false, alpha: 1e-300))
      test.observe(candidate: RequestCounts(requests: requests, errors: errors), stable: RequestCounts())
      let logProbability =
        logBinomial(requests, errors) + Double(errors) * Double.log(rate)
        + Double(requests - errors) * Double.log(onePlus: -rate)
      mean += Double.exp(logProbability) * test.evidence.eValue
    }
    #expect(rate == bound ? abs(mean - 1) < 1e-9 : mean < 1)
  }

  /// The mean of the e-value over all splits of the errors, each with its hypergeometric probability.
  private func meanEValue(candidateRequests: Int, stableRequests: Int, errors: Int) -> Double {
    var mean = 0.0
    for count in max(0, errors - stableRequests)...min(errors, candidateRequests) {
      var test = ErrorRateTest(Check.ErrorRate(max: nil, versusStable: true, alpha: 1e-300))
      test.observe(
        candidate: RequestCounts(requests: candidateRequests, errors: count),
        stable: RequestCounts(requests: stableRequests, errors: errors - count))
      let logProbability =
        logBinomial(candidateRequests, count) + logBinomial(stableRequests, errors - count)
        - logBinomial(candidateRequests + stableRequests, errors)
      mean += Double.exp(logProbability) * test.evidence.eValue
    }
    return mean
  }

  private func logBinomial(_ count: Int, _ chosen: Int) -> Double {
    Double.logGamma(Double(count) + 1) - Double.logGamma(Double(chosen) + 1)
      - Double.logGamma(Double(count - chosen) + 1)
  }
}
