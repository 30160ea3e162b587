/// What the client saw, by the revision that answered.
actor Tally {
  struct Counts: Sendable {
    var requests = 0
    /// Answers of 500 and above.
    var errors = 0
    /// Answers that named the digit which is in the image.
    var right = 0
    var firstError: ContinuousClock.Instant?
    var last: ContinuousClock.Instant?
  }

  /// By the first twelve digits of the revision.
  private(set) var counts: [String: Counts] = [:]
  /// Requests without an answer of any model: no connection, no route, no upstream.
  private(set) var lost: [String: Int] = [:]

  enum Answer: Sendable {
    case right, wrong, error
  }

  func record(_ answer: Answer, by revision: String, at now: ContinuousClock.Instant) {
    var seen = counts[revision, default: Counts()]
    seen.requests += 1
    seen.last = now
    switch answer {
    case .right: seen.right += 1
    case .wrong: break
    case .error:
      seen.errors += 1
      seen.firstError = seen.firstError ?? now
    }
    counts[revision] = seen
  }

  func recordLost(_ reason: String) { lost[reason, default: 0] += 1 }
}
