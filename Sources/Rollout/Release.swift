package import Vocabulary

/// A revision as a rollout names it: what runs, what people call it, and which commit asked for it.
package struct Release: Hashable, Codable, Sendable {
  package var revision: Revision
  package var version: String
  /// The first-parent commit that introduced the revision; `nil` when it did not come from Git
  /// (uncommitted files in a dry run).
  package var commit: CommitID?

  package init(revision: Revision, version: String, commit: CommitID?) {
    self.revision = revision
    self.version = version
    self.commit = commit
  }
}

/// What tells two attempts of a model apart. The same attempt is never made twice.
package struct Attempt: Hashable, Codable, Sendable {
  package var revision: Revision
  package var commit: CommitID?

  package init(_ release: Release) {
    revision = release.revision
    commit = release.commit
  }
}
