import Rollout
import Vocabulary

/// Two revisions answering requests with known error rates, replayed exactly from a seed.
struct VerdictTraffic {
  /// The probabilities that a request that the revision answers is an error.
  var candidateRate: Double
  var stableRate: Double
  /// The probability that a request goes to the candidate, by how many have gone before.
  var weight: (Int) -> Double
  /// The requests between two looks at the test.
  var look: Int
  private var state: UInt64

  init(
    candidateRate: Double, stableRate: Double, look: Int, seed: UInt64,
    weight: @escaping (Int) -> Double
  ) {
    self.candidateRate = candidateRate
    self.stableRate = stableRate
    self.look = look
    self.state = seed
    self.weight = weight
  }

  /// A number from 0 up to 1, by SplitMix64.
  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((bits ^ (bits >> 31)) >> 11) * 0x1p-53
  }

  /// The requests after which the test fails the candidate, or nil if it has not after `limit` of them.
  mutating func requestsToFail(_ question: Check.ErrorRate, limit: Int) -> Int? {
    var test = ErrorRateTest(question)
    var answered = 0
    while answered < limit {
      var candidate = RequestCounts()
      var stable = RequestCounts()
      for _ in 0..<look {
        if next() < weight(answered) {
          candidate.requests += 1
          if next() < candidateRate { candidate.errors += 1 }
        } else {
          stable.requests += 1
          if next() < stableRate { stable.errors += 1 }
        }
        answered += 1
      }
      test.observe(candidate: candidate, stable: stable)
      if test.verdict == .fail { return answered }
    }
    return nil
  }
}
