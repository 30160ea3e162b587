import RealModule
package import Vocabulary

/// A running test of one latency check, which may be looked at as often as one likes.
///
/// The share of requests that take longer than a bound is a proportion, as an error rate is, and is judged by the
/// same statistics. The bound is `max`; or, against stable, both revisions are asked for their share over the same
/// time: stable's beyond its own quantile, the candidate's beyond that times the ratio. A candidate whose times are
/// those of stable times the ratio, or shorter, has no larger share at any moment, whatever the quantile is and
/// however the load changes; so what stable's quantile is taken to be decides what is asked, not how often a good
/// candidate fails.
///
/// Only answered requests have a time. Those without an answer are errors, for a check of those.
///
/// The statistics are written down in `docs/decisions/0003-verdicts.md`.
package struct LatencyTest: Hashable, Codable, Sendable {
  /// The question that is asked.
  package let latency: Check.Latency
  private var bounded: Tail?
  private var comparison: Comparison?
  /// How many more requests stable needs until its quantile is known.
  private(set) var missing: Int
  private var hasFailed = false

  /// Starts a test that has seen nothing.
  package init(_ latency: Check.Latency) {
    self.latency = latency
    bounded = latency.max.map(Tail.init)
    missing = latency.versusStable == nil ? 0 : Self.fewestRequests(of: latency.quantile)
  }

  /// Settles what stable's quantile is taken to be, once, by all that the gateway knows of stable: also by what it
  /// answered before this rollout. What is observed from then on is compared.
  package mutating func learn(ofStable totals: LatencyHistogram?) {
    guard comparison == nil, let versus = latency.versusStable, let totals else { return }
    missing = max(0, Self.fewestRequests(of: latency.quantile) - totals.counts(slowerThan: .zero).requests)
    guard missing == 0, let reference = totals.quantile(latency.quantile) else { return }
    // In whole microseconds, so that 1.2 times 250 ms is 300 ms.
    let bound = Duration.microseconds(Int64((reference / .microseconds(1) * versus.ratio).rounded()))
    comparison = Comparison(candidate: Tail(bound: bound), stable: Tail(bound: reference))
  }

  /// As many that five of them are expected beyond the quantile.
  private static func fewestRequests(of quantile: Double) -> Int {
    Int((5 / (1 - quantile)).rounded())
  }

  /// Takes what each revision has answered since the previous call: increments, not totals.
  ///
  /// A slow answer comes later than a quick one. As long as the candidate's traffic grows that only delays a verdict:
  /// what is still on its way can only speak against the candidate, so counting from its first request on needs no
  /// gap. When its share of the traffic falls, its late slow answers stand beside few quick ones, and they have to be
  /// forgiven until they have all come in. So have those of a server that is still warming up.
  ///
  /// After a fail nothing is taken any more, so that the evidence stays what the fail was given on.
  ///
  /// - Parameter forgiving: leaves out the candidate's slow requests.
  package mutating func observe(
    candidate: LatencyHistogram, stable: LatencyHistogram, forgiving: Bool = false
  ) {
    guard !hasFailed else { return }
    _ = bounded?.count(candidate, forgiving: forgiving)
    comparison?.observe(candidate: candidate, stable: stable, forgiving: forgiving)
    hasFailed = hasSlowRequests && logEValue >= -Double.log(latency.alpha)
  }

  /// `.fail` from the moment the evidence suffices, for good; `.undecided` before. Never `.pass`.
  package var verdict: Verdict {
    hasFailed ? .fail : .undecided
  }

  /// What the verdict rests on, to be journalled and quoted.
  package var evidence: Evidence {
    Evidence(
      quantile: latency.quantile,
      eValue: Double.exp(min(logEValue, Double.log(ErrorRateTest.Evidence.largestEValue))),
      alpha: latency.alpha, max: bounded.map(Evidence.Share.init),
      versusStable: latency.versusStable.map { versus in
        Evidence.Comparison(
          ratio: versus.ratio, candidate: comparison.map { .init($0.candidate) },
          stable: comparison.map { .init($0.stable) }, missing: comparison == nil ? missing : nil)
      })
  }

  /// The candidate's requests that every part of the question was asked of.
  var requests: Int {
    let compared = latency.versusStable.map { _ in comparison?.candidate.counted.requests ?? 0 }
    return [bounded?.counted.requests, compared].compactMap(\.self).min() ?? 0
  }

  /// Without one slow request of the candidate's own there is nothing to fail it for, whatever alpha says.
  private var hasSlowRequests: Bool {
    (bounded?.counted.slow ?? 0) + (comparison?.candidate.counted.slow ?? 0) > 0
  }

  private var logEValue: Double {
    var parts: [Double] = []
    if let bounded {
      parts.append(BoundTest(bound: 1 - latency.quantile).logEValue(bounded.counted.outcomes))
    }
    if latency.versusStable != nil { parts.append(comparison?.test.logEValue ?? 0) }
    return logEValueOfStrongest(parts)
  }

  /// Both revisions' requests, each beyond a bound of its own.
  private struct Comparison: Hashable, Codable, Sendable {
    var candidate: Tail
    var stable: Tail
    var test = StableComparison()

    mutating func observe(candidate: LatencyHistogram, stable: LatencyHistogram, forgiving: Bool) {
      test.observe(
        candidate: self.candidate.count(candidate, forgiving: forgiving), stable: self.stable.count(stable))
    }
  }
}
