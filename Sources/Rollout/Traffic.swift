package import Vocabulary

/// What the gateway has counted for both sides since the candidate's first request.
package struct Traffic: Hashable, Codable, Sendable {
  /// The gateway's own totals when they were last looked at.
  private var seenCandidate: RequestCounts
  private var seenStable: RequestCounts
  /// The same for how long requests took; `nil` for a side of which nothing was known.
  private var seenCandidateTimes: LatencyHistogram?
  private var seenStableTimes: LatencyHistogram?
  /// The candidate's finished requests in this rollout.
  package private(set) var candidateRequests = 0

  /// Counting starts now: what either side did before does not belong to this rollout.
  package init(candidate: RequestCounts, stable: RequestCounts) {
    seenCandidate = candidate
    seenStable = stable
  }

  /// Takes the gateway's totals, and passes over what is new in them.
  mutating func skip(candidate: RequestCounts, stable: RequestCounts) {
    seenCandidate = candidate
    seenStable = stable
  }

  /// Takes the gateway's totals and answers what is new since the last time.
  mutating func advance(candidate: RequestCounts, stable: RequestCounts) -> (
    candidate: RequestCounts, stable: RequestCounts
  ) {
    let new = (
      candidate: candidate.since(seenCandidate), stable: stable.since(seenStable)
    )
    seenCandidate = candidate
    seenStable = stable
    candidateRequests += new.candidate.requests
    return new
  }

  /// Takes the gateway's totals of how long requests took, and answers what is new since the last time. Nothing is for
  /// a side of which the gateway says nothing.
  mutating func advance(candidateTimes: LatencyHistogram?, stableTimes: LatencyHistogram?) -> (
    candidate: LatencyHistogram, stable: LatencyHistogram
  ) {
    let new = (
      candidate: candidateTimes?.since(seenCandidateTimes ?? LatencyHistogram()) ?? LatencyHistogram(),
      stable: stableTimes?.since(seenStableTimes ?? LatencyHistogram()) ?? LatencyHistogram()
    )
    seenCandidateTimes = candidateTimes ?? seenCandidateTimes
    seenStableTimes = stableTimes ?? seenStableTimes
    return new
  }
}

extension RequestCounts {
  /// Totals that have shrunk were started again from zero: both by a gateway that restarted, the errors alone where an
  /// instance came or went. The requests from before that are no news then.
  fileprivate func since(_ earlier: RequestCounts) -> RequestCounts {
    guard requests >= earlier.requests else { return self }
    let new = requests - earlier.requests
    return RequestCounts(
      requests: new, errors: min(new, errors >= earlier.errors ? errors - earlier.errors : errors))
  }
}
