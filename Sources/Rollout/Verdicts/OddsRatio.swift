import RealModule

/// How much worse a candidate may be, as the ratio of its odds of an error to the odds it should have.
///
/// The tests do not know how bad a bad candidate is, so they bet the same stake on each of these. Doubling from
/// 1.5 covers what is worth a rollback, from half as many errors again to an outage; a finer grid only splits
/// the stake further (measured in `docs/decisions/0003-verdicts.md`).
enum OddsRatio {
  static let alternatives: [Double] = [1.5, 3, 6, 12, 24, 48, 96]
}

/// The logarithm of a sum of exponentials, with no overflow on the way. Minus infinity for no terms.
func logSumOfExponentials(_ terms: some Collection<Double>) -> Double {
  guard let largest = terms.max(), largest.isFinite else { return -.infinity }
  let sum = terms.reduce(0) { $0 + Double.exp($1 - largest) }
  return largest + Double.log(sum)
}

/// The logarithm of the mean of exponentials. Zero, no evidence, for no terms.
func logMeanOfExponentials(_ terms: some Collection<Double>) -> Double {
  guard !terms.isEmpty else { return 0 }
  return logSumOfExponentials(terms) - Double.log(Double(terms.count))
}

/// The evidence of the parts of a check, by the logarithms of their e-values: of the largest, one share for each part.
///
/// Each part so spends its share of `alpha`. This is never more than the parts' average, and unlike the average it
/// needs no common clock: a bound is judged after every request, a comparison by batches.
func logEValueOfStrongest(_ parts: [Double]) -> Double {
  guard let strongest = parts.max() else { return 0 }
  return strongest - Double.log(Double(parts.count))
}
