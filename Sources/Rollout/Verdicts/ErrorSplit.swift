import RealModule

/// How the errors of one batch fall on the candidate when both revisions are equally good.
///
/// Given how many requests each revision answered and how many errors there were in all, the candidate's share
/// of them is hypergeometric, whatever the error rate: nothing has to be estimated.
struct ErrorSplit {
  private let candidateRequests: Double
  private let requests: Double
  private let errors: Double
  /// The fewest errors that the candidate can have: those for which stable has no request.
  private let fewest: Int
  /// For each possible number of the candidate's errors, from the fewest on, the logarithm of its probability;
  /// empty when there are too many to add up.
  private let logProbabilities: [Double]

  /// More terms than this are bounded and not added up, so that a batch costs the same at any traffic.
  static let mostTerms = 256

  init(candidateRequests: Int, stableRequests: Int, errors: Int) {
    self.candidateRequests = Double(candidateRequests)
    self.requests = Double(candidateRequests) + Double(stableRequests)
    self.errors = Double(errors)
    let fewest = max(0, errors - stableRequests)
    self.fewest = fewest
    let most = min(candidateRequests, errors)
    guard most - fewest < Self.mostTerms else {
      logProbabilities = []
      return
    }
    // Neighbouring terms differ by a simple factor, so no factorial is needed.
    var logTerms = [0.0]
    for count in fewest..<most {
      let numerator = Double(candidateRequests - count) * Double(errors - count)
      let denominator = Double(count + 1) * Double(stableRequests - errors + count + 1)
      logTerms.append(logTerms[count - fewest] + Double.log(numerator / denominator))
    }
    let logTotal = logSumOfExponentials(logTerms)
    logProbabilities = logTerms.map { $0 - logTotal }
  }

  /// The logarithm of the mean of `oddsRatio` to the power of the candidate's errors, or of a bound above it.
  func logMoment(oddsRatio: Double) -> Double {
    guard logProbabilities.isEmpty else {
      let logRatio = Double.log(oddsRatio)
      return logSumOfExponentials(
        logProbabilities.enumerated().map { $1 + Double(fewest + $0) * logRatio })
    }
    // Hoeffding (1963, theorem 4): a mean of a convex function is no smaller when drawn with replacement. The
    // draws may be the errors, each the candidate's or not, or its requests, each an error or not.
    let byErrors = errors * Double.log(onePlus: (oddsRatio - 1) * candidateRequests / requests)
    let byRequests = candidateRequests * Double.log(onePlus: (oddsRatio - 1) * errors / requests)
    return min(byErrors, byRequests)
  }
}
