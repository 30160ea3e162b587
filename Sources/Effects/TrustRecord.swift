package import Vocabulary

/// Which commits are trusted, as far as that cannot be read from them. It goes with the source record: both are written
/// in one transaction.
package struct TrustRecord: Hashable, Codable, Sendable {
  /// The commit up to which everything was found to be trusted: the one that was taken in last. `nil` when it was taken
  /// in while nothing was checked.
  package var baseline: CommitID?
  /// Commits that an operator vouches for: by accepting them, or because they were in force when checks began. Oldest
  /// first, a bounded number.
  package var accepted: [CommitID]
  /// What an operator has accepted and is not taken in yet.
  package var pending: Acceptance?

  package init(baseline: CommitID? = nil, accepted: [CommitID] = [], pending: Acceptance? = nil) {
    self.baseline = baseline
    self.accepted = accepted
    self.pending = pending
  }

  /// How many accepted commits are remembered.
  private static let bound = 100

  package mutating func accept(_ commit: CommitID) {
    accepted = (accepted.filter { $0 != commit } + [commit]).suffix(Self.bound)
  }
}

/// An operator's word for a commit that was held.
package struct Acceptance: Hashable, Codable, Sendable {
  package var commit: CommitID
  /// The commit in force that it takes the place of; with another one in force it means nothing.
  package var replacing: CommitID?
  package var by: String
  package var at: Timestamp

  package init(commit: CommitID, replacing: CommitID?, by: String, at: Timestamp) {
    self.commit = commit
    self.replacing = replacing
    self.by = by
    self.at = at
  }
}
