import RealModule
import Rollout
import Vocabulary

/// Two revisions answering requests in simulated time, replayed exactly from a seed: a slow answer comes later than a
/// quick one that was asked for at the same moment.
struct LatencyTraffic {
  /// Requests per second at a moment of the rollout, in seconds; less than 0 is 0.
  var rate: (Double) -> Double = { _ in 100 }
  /// The probability that a request that comes at a moment goes to the candidate.
  var weight: (Double) -> Double = { _ in 0.5 }
  /// Seconds that an answer takes, given a number from 0 up to 1 and the moment at which it was asked for.
  var candidateTime: (Double, Double) -> Double
  var stableTime: (Double, Double) -> Double
  /// Whether slow answers of the candidate are forgiven at a moment.
  var forgiving: (Double) -> Bool = { _ in false }
  /// Seconds between two looks.
  var look = 0.2
  /// Seconds between two moments at which the gateway adds up what it shows.
  var merge = 5.0
  /// What stable has answered before the rollout.
  var history = 0
  var random: SplitMix

  init(
    seed: UInt64, candidate: @escaping (Double, Double) -> Double,
    stable: @escaping (Double, Double) -> Double
  ) {
    candidateTime = candidate
    stableTime = stable
    random = SplitMix(state: seed)
  }

  private struct Answer {
    var at: Double
    var took: Double
    var isCandidates: Bool
  }

  /// The requests of both revisions that were answered until the check fails the candidate; `nil` if it has not after
  /// so many seconds.
  mutating func requestsToFail(_ question: Check.Latency, seconds: Double) -> Int? {
    var totals = LatencyHistogram()
    for _ in 0..<history { totals.count(stableTime(random.fraction(), 0)) }
    let answers = answers(seconds: seconds)
    var test = LatencyTest(question)
    test.learn(ofStable: totals)
    var (next, now, mergedUntil) = (0, look, -1.0)
    while now < seconds {
      let merged = merge > 0 ? (now / merge).rounded(.down) * merge : now
      if merged != mergedUntil {
        mergedUntil = merged
        var (candidate, stable) = (LatencyHistogram(), LatencyHistogram())
        while next < answers.count, answers[next].at <= merged {
          if answers[next].isCandidates {
            candidate.count(answers[next].took)
          } else {
            stable.count(answers[next].took)
          }
          next += 1
        }
        test.observe(candidate: candidate, stable: stable, forgiving: forgiving(now))
        for bin in stable.bins { totals.add(bin) }
        test.learn(ofStable: totals)
        if test.verdict == .fail { return next }
      }
      now += look
    }
    return nil
  }

  /// All answers in the order in which they come.
  private mutating func answers(seconds: Double) -> [Answer] {
    var answers: [Answer] = []
    var now = 0.0
    while now < seconds {
      // Thinning: a moment without requests is passed over in small steps.
      let rate = rate(now)
      guard rate > 0 else {
        now += 0.01
        continue
      }
      now += -Double.log(1 - random.fraction()) / rate
      let isCandidates = random.fraction() < weight(now)
      let took = isCandidates ? candidateTime(random.fraction(), now) : stableTime(random.fraction(), now)
      answers.append(Answer(at: now + took, took: took, isCandidates: isCandidates))
    }
    return answers.sorted { $0.at < $1.at }
  }
}

extension LatencyHistogram {
  /// Counts an answer as a gateway does: in bins of two digits, and no finer than a millisecond.
  fileprivate mutating func count(_ seconds: Double) {
    let milliseconds = Int(seconds * 1000)
    var width = 1
    while milliseconds >= width * 100 { width *= 10 }
    let from = milliseconds / width * width
    add(.init(from: .milliseconds(from), to: .milliseconds(from + width), count: 1))
  }
}

/// The same numbers in every run. Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix {
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

/// The time that the share `x` of answers does not exceed; log-logistic, with a long tail: at a spread of 0.4 the slowest
/// in a hundred take more than 6 times the median.
func tailed(median: Double, spread: Double = 0.4) -> @Sendable (_ x: Double, _ now: Double) -> Double {
  { x, _ in median * Double.exp(spread * Double.log(x / (1 - x))) }
}

/// Quick answers, and a share of slow ones.
func twofold(quick: Double, slow: Double, share: Double) -> @Sendable (_ x: Double, _ now: Double) -> Double {
  { x, _ in x < share ? slow : quick }
}
