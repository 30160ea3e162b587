import RealModule
import Vocabulary

/// The two-sample test of the candidate's error rate against stable's over the same time.
///
/// Each batch multiplies, for each odds ratio r, a likelihood ratio: r to the power of the candidate's errors,
/// over the mean of the same when the batch's errors fall on the revisions by chance. That mean is taken given
/// the batch's own requests and errors. So neither the error rate nor the traffic weights enter, both may
/// change from batch to batch, and nothing starts over when they do.
struct StableComparison: Hashable, Codable, Sendable {
  /// A bet on one odds ratio. It carries its ratio with it, so that a test restored from a journal goes on with
  /// the bets that it began with.
  private struct Bet: Hashable, Codable, Sendable {
    let oddsRatio: Double
    var logLikelihoodRatio = 0.0
  }

  private var bets = OddsRatio.alternatives.map { Bet(oddsRatio: $0) }
  private var openCandidate = RequestCounts()
  private var openStable = RequestCounts()

  /// The fewest requests of each revision that a batch compares. A batch of one request says nothing, since its
  /// errors are all on the one side that has requests; so small observations are gathered first.
  private static let fewestRequests = 2
  /// A batch ends at this many requests even if one revision has none, because requests are only compared with
  /// those of about the same time.
  private static let mostRequests = 512

  /// The logarithm of the e-value of all batches that have ended.
  var logEValue: Double {
    logMeanOfExponentials(bets.map(\.logLikelihoodRatio))
  }

  /// Takes the increments of one observation; no count may be negative, nor errors exceed requests.
  mutating func observe(candidate: RequestCounts, stable: RequestCounts) {
    openCandidate = openCandidate.adding(candidate)
    openStable = openStable.adding(stable)
    let smaller = min(openCandidate.requests, openStable.requests)
    let total = openCandidate.requests + openStable.requests
    // The end of a batch looks at requests only: choosing it by who had the errors would bias the split.
    guard smaller >= Self.fewestRequests || total >= Self.mostRequests else { return }
    settle()
    openCandidate = RequestCounts()
    openStable = RequestCounts()
  }

  private mutating func settle() {
    let errors = openCandidate.errors + openStable.errors
    // A batch that has only one side, or no error, multiplies every bet by one.
    guard errors > 0, openCandidate.requests > 0, openStable.requests > 0 else { return }
    let split = ErrorSplit(
      candidateRequests: openCandidate.requests, stableRequests: openStable.requests, errors: errors)
    for index in bets.indices {
      let ratio = bets[index].oddsRatio
      bets[index].logLikelihoodRatio +=
        Double(openCandidate.errors) * Double.log(ratio) - split.logMoment(oddsRatio: ratio)
    }
  }
}
