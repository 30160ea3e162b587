package import Manifests
package import Vocabulary

/// Who vouches for a commit: what came of checking its signature.
package enum Voucher: Hashable, Sendable {
  /// Somebody who may ask for anything, by the name that the key has with us.
  case author(String)
  /// An agent that may only go back to what was trusted before.
  case revertOnly(String)
  /// Nobody we know; why, as the rest of a sentence that begins with "it".
  case nobody(String)
}

/// A commit, as far as trust in it is concerned.
package struct CommitHead: Hashable, Sendable {
  package var id: CommitID
  package var parents: [CommitID]
  /// Who is said to have written it: name and address, safe to show.
  package var author: String
  /// When the committer says that it was made. A signature is judged by the key as it was then.
  package var committedAt: Timestamp

  package init(id: CommitID, parents: [CommitID], author: String, committedAt: Timestamp) {
    self.id = id
    self.parents = parents
    self.author = author
    self.committedAt = committedAt
  }
}

/// Whether commits may be taken in.
package struct TrustQuestion: Sendable {
  /// `all` or `head`; with `none` nobody asks.
  package var mode: AgentSettings.Verification.Mode
  /// The trusted commit that they follow; `nil` at the very first look.
  package var base: CommitHead?
  /// What the tip has in its history and `base` has not, each after its parents, the tip last. At the very first look the tip
  /// alone: what led to it is not judged.
  package var commits: [CommitHead]
  package var now: Timestamp
  /// What is known so far.
  package var vouchers: [CommitID: Voucher] = [:]
  /// When the commits were made that others begin from and that `base` has in its history: side branches.
  package var forks: [CommitID: Timestamp] = [:]

  package init(
    mode: AgentSettings.Verification.Mode, base: CommitHead?, commits: [CommitHead], now: Timestamp
  ) {
    self.mode = mode
    self.base = base
    self.commits = commits
    self.now = now
  }

  package enum Answer: Hashable, Sendable {
    /// Who vouches for these has to be found out first.
    case ask([CommitID])
    /// Provided that each of these only goes back to what was trusted before; in the order of the history.
    case trusted(ifReturns: [CommitHead])
    /// Because of this commit.
    case held(CommitHead, String)
  }

  /// How many signatures are checked before the answer is looked for again: a branch full of bad ones costs no more.
  private static let batch = 64
  /// How far the clocks of committers may be apart. Without a bound, whoever has a key that is no longer valid could use it
  /// for commits that claim to be older.
  package static let tolerance = Duration.seconds(86_400)

  package func answer() -> Answer {
    let judged = mode == .head ? headAndReturns : commits
    var returns: [CommitHead] = []
    for (index, commit) in judged.enumerated() {
      switch vouchers[commit.id] {
      case nil:
        let rest = judged.dropFirst(index).map(\.id).filter { vouchers[$0] == nil }
        return .ask(Array(rest.prefix(Self.batch)))
      case .author: break
      case .nobody(let reason): return .held(commit, "it \(reason)")
      case .revertOnly(let name):
        guard base != nil, commit.parents.count == 1 else {
          let reason =
            base == nil ? "there is nothing yet that it could go back to" : "it is no plain revert: it merges"
          return .held(commit, "it is signed by \(name), who may only revert, and \(reason)")
        }
        returns.append(commit)
      }
    }
    return untimely(judged).map { .held($0, $1) } ?? .trusted(ifReturns: returns)
  }

  /// The tip; as long as it is a return, what it returns from has to be trusted by itself as well.
  private var headAndReturns: [CommitHead] {
    let byID = Dictionary(commits.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    var chain: [CommitHead] = []
    var next = commits.last
    while let commit = next {
      chain.append(commit)
      guard case .revertOnly = vouchers[commit.id] else { break }
      next = commit.parents.first.flatMap { byID[$0] }
    }
    return chain.reversed()
  }

  /// The first commit with a time that cannot be.
  private func untimely(_ judged: [CommitHead]) -> (CommitHead, String)? {
    let suspects = Set(judged.map(\.id))
    // The newest time among the known ancestors of each commit, and its own.
    var newest: [CommitID: Timestamp] = [:]
    if let base { newest[base.id] = base.committedAt }
    newest.merge(forks) { $1 }
    for commit in commits {
      let before = commit.parents.compactMap { newest[$0] }.max()
      if suspects.contains(commit.id) {
        if let before, commit.committedAt + Self.tolerance < before {
          return (
            commit, "it is dated \(commit.committedAt), long before a commit that it follows (\(before))"
          )
        }
        if now + Self.tolerance < commit.committedAt {
          return (commit, "it is dated \(commit.committedAt), in the future")
        }
      }
      newest[commit.id] = max(before ?? commit.committedAt, commit.committedAt)
    }
    return nil
  }
}
