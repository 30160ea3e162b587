import RealModule
import Vocabulary

/// The one-sample test of an error rate against a largest acceptable share.
///
/// A bet on an odds ratio r multiplies its stake by `r / (1 + (r - 1) bound)` at an error and by
/// `1 / (1 + (r - 1) bound)` at a success. While the rate is at most the bound, whatever it does below, no bet
/// grows on average; so neither does the mean of several. The product depends on the totals alone.
struct BoundTest {
  /// The largest acceptable share of errors, between 0 and 1.
  var bound: Double

  /// The logarithm of the e-value of all that the candidate has answered.
  func logEValue(_ counts: RequestCounts) -> Double {
    // One error disproves "never": certainty, yet finite, so that it can be compared.
    if bound <= 0, counts.errors > 0 { return .greatestFiniteMagnitude }
    return logMeanOfExponentials(
      OddsRatio.alternatives.map { ratio in
        Double(counts.errors) * Double.log(ratio)
          - Double(counts.requests) * Double.log(onePlus: (ratio - 1) * bound)
      })
  }
}
