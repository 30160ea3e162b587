package import Manifests
package import Planning
package import Vocabulary

/// A Git tree: the content of a commit without its history.
package struct TreeID: StringIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// A commit as a history walk sees it.
package struct CommitSummary: Hashable, Sendable {
  package var id: CommitID
  package var parents: [CommitID]
  /// The whole message, bounded.
  package var message: String
  /// The tree of the configured path in this commit; `nil` when the path does not exist in it.
  /// Two commits with the same one have the same manifests, so neither needs to be read.
  package var manifests: TreeID?

  package init(id: CommitID, parents: [CommitID], message: String, manifests: TreeID?) {
    self.id = id
    self.parents = parents
    self.message = message
    self.manifests = manifests
  }

  /// The first line of its message.
  package var subject: String { String(message.prefix { $0 != "\n" }) }
}

/// What reverting commits in memory came to.
package enum RevertAttempt: Hashable, Sendable {
  case tree(TreeID)
  /// The paths that a person would have to merge by hand.
  case conflict(paths: [String])
}

/// What the remote said to a push.
package enum PushOutcome: Hashable, Sendable {
  case accepted
  /// Somebody else's commit came first: fetch and start again.
  case raced
  /// The server said no: a hook, a protected branch, credentials that do not allow to write.
  case refused(PushRefusal)
}

/// Commits and the manifests in them, read without the network.
///
/// Paths of manifests are relative to the configured path.
package protocol ManifestReader: Sendable {
  /// The commit that a branch, tag or (short) commit id names.
  func commit(named revision: String) async throws(SourceError) -> CommitID

  /// What the manifests of a commit ask for. Files that were read before are not read again.
  func desired(at commit: CommitID) async throws(SourceError) -> DesiredState

  /// First-parent history from `tip` back to, and without, `base` (to the root when `nil`), newest first,
  /// at most `limit` commits.
  func history(from tip: CommitID, downTo base: CommitID?, limit: Int) async throws(SourceError)
    -> [CommitSummary]
}

/// One branch of the remote configuration repository, through a local bare mirror.
///
/// `fetch`, `push` and `tip(of:)` use the network, each within a deadline; everything else reads and writes the mirror only.
package protocol ConfigRepository: ManifestReader {
  /// Brings the mirror up to date and answers the branch's tip.
  func fetch() async throws(SourceError) -> CommitID

  /// The tip as of the last fetch, without the network; `nil` before the first one.
  func mirroredTip() async throws(SourceError) -> CommitID?

  /// Whether `commit` is `ancestor` or has it in its history. Nothing descends from a commit that is not in the mirror.
  func descends(_ commit: CommitID, from ancestor: CommitID) async throws(SourceError) -> Bool

  /// Keeps a commit and its history in the mirror, whatever becomes of the branch, in place of the one that was kept
  /// before.
  func keep(_ commit: CommitID) async throws(SourceError)

  /// The commit that is kept; `nil` when none is.
  func kept() async throws(SourceError) -> CommitID?

  /// What a commit says of itself.
  func head(of commit: CommitID) async throws(SourceError) -> CommitHead

  /// What `tip` has in its history, through all parents, and `base` has not: each after its parents, `tip` last.
  ///
  /// - Throws: `tooLarge` when there are more than `limit`.
  func heads(after base: CommitID, upTo tip: CommitID, limit: Int) async throws(SourceError) -> [CommitHead]

  /// How a commit differs from its first parent; from nothing when it has none.
  func changes(by commit: CommitID) async throws(SourceError) -> CommitChanges

  /// What is at a path that is no folder; `nil` when there is nothing.
  func entry(_ path: String, at commit: CommitID) async throws(SourceError) -> PathEntry?

  /// Who vouches for commits, by the keys that count now. Nothing is asked of the network.
  ///
  /// - Throws: `trust` when that cannot be found out: a file of keys cannot be read, a program is missing.
  func vouchers(for commits: [CommitID]) async throws(SourceError) -> [CommitID: Voucher]

  /// What the manifests of a whole-repository tree ask for.
  func desired(in tree: TreeID) async throws(SourceError) -> DesiredState

  /// The bytes of one manifest; `nil` when there is no such file.
  func file(_ path: String, at commit: CommitID) async throws(SourceError) -> [UInt8]?

  /// Reverts commits, in the given order, on top of `tip`, in memory; a merge commit against its first parent.
  func revert(_ commits: [CommitID], onto tip: CommitID) async throws(SourceError) -> RevertAttempt

  /// The tree of `commit` with some manifests replaced, or deleted where the bytes are `nil`.
  func tree(of commit: CommitID, replacing files: [String: [UInt8]?]) async throws(SourceError) -> TreeID

  /// Writes a commit by the agent into the mirror; nothing is pushed yet.
  func commit(_ tree: TreeID, onto parent: CommitID, message: String, at time: Timestamp)
    async throws(SourceError) -> CommitID

  /// Moves the remote branch from `tip` to `commit`, or not at all.
  func push(_ commit: CommitID, replacing tip: CommitID) async throws(SourceError) -> PushOutcome

  // MARK: Branches beside it

  /// Asks the remote for another branch, and brings its commits into the mirror; `nil` when there is none.
  func tip(of branch: String) async throws(SourceError) -> BranchTip?

  /// Moves another branch of the remote from `tip` to `commit`, or not at all. `tip` is `nil` where there must be no such
  /// branch yet, `commit` to delete it. It need not be a descendant.
  func push(_ commit: CommitID?, to branch: String, replacing tip: CommitID?) async throws(SourceError)
    -> PushOutcome
}
