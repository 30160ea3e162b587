import RealModule
import Rollout
import Vocabulary

extension Scenario {
  /// Simulated rollouts, judged after every single request: how often a good candidate is failed, and after how many
  /// requests a bad one is. The yardstick of detection is the mean number of requests that any test with this alpha
  /// needs against this very rate if it knows the rate beforehand: log(1/alpha) / KL.
  static let verdictQuality = Scenario(name: "verdicts") { scale in
    let bound = Check.ErrorRate(max: 0.01, versusStable: false, alpha: 0.01)
    let comparison = Check.ErrorRate(max: nil, versusStable: true, alpha: 0.01)
    var figures = [
      try await falseRollbacks("errors at the bound", bound, scale),
      try await falseRollbacks("errors like stable's", comparison, scale),
    ]
    for rate in [0.05, 0.1, 0.3] {
      figures.append(try await detection(of: rate, by: bound, scale))
    }
    return figures
  }
}

/// The share of rollouts of a good candidate that are ever failed within 2,000 requests.
private func falseRollbacks(_ what: String, _ question: Check.ErrorRate, _ scale: Scale) async throws
  -> Figure
{
  let failed = await simulate(scale.simulations) { seed in
    requestsToFail(candidate: 0.01, stable: 0.01, question, limit: 2000, seed: seed)
  }.count { $0 != nil }
  return Figure(
    work: "false rollbacks, \(what)", unit: .share,
    ours: try Samples([Double(failed) / Double(scale.simulations)]),
    bar: .most(question.alpha))
}

private func detection(of rate: Double, by question: Check.ErrorRate, _ scale: Scale) async throws -> Figure {
  let limit = 100_000
  let found = await simulate(scale.simulations / 4) { seed in
    requestsToFail(candidate: rate, stable: 0.01, question, limit: limit, seed: seed)
  }.map { Double($0 ?? limit) }
  let bound = question.max ?? 0
  let divergence = rate * Double.log(rate / bound) + (1 - rate) * Double.log((1 - rate) / (1 - bound))
  let ideal = try Samples([-Double.log(question.alpha) / divergence])
  return Figure(
    work: "requests to detect \(rounded(rate * 100, 0)) % errors", unit: .requests, ours: try Samples(found),
    beside: ("log(1/alpha)/KL", ideal), bar: .ratio(1.5))
}

/// The candidate's requests after which the check fails it; `nil` when it never does.
private func requestsToFail(
  candidate rate: Double, stable stableRate: Double, _ question: Check.ErrorRate, limit: Int, seed: UInt64
) -> Int? {
  var random = SplitMix64(state: seed)
  var test = ErrorRateTest(question)
  for request in 1...limit {
    // Stable answers as many, side by side with the candidate.
    test.observe(
      candidate: RequestCounts(requests: 1, errors: random.fraction() < rate ? 1 : 0),
      stable: RequestCounts(requests: 1, errors: random.fraction() < stableRate ? 1 : 0))
    if test.verdict == .fail { return request }
  }
  return nil
}

/// Runs a simulation for each seed, on two processors.
private func simulate(_ count: Int, _ run: @escaping @Sendable (UInt64) -> Int?) async -> [Int?] {
  await withTaskGroup(of: [Int?].self) { group in
    for part in 0..<2 {
      group.addTask { stride(from: part, to: count, by: 2).map { run(UInt64($0) &* 0x2545_F491_4F6C_DD1D) } }
    }
    return await group.reduce(into: []) { $0 += $1 }
  }
}

/// The same numbers in every run. Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
private struct SplitMix64 {
  var state: UInt64

  /// A number from 0 up to 1.
  mutating func fraction() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((bits ^ (bits >> 31)) >> 11) * 0x1p-53
  }
}
