package import Rollout
package import Vocabulary

/// The tip of a branch beside the one that is followed.
package struct BranchTip: Hashable, Sendable {
  package var id: CommitID
  package var parents: [CommitID]
  package var message: String
  /// The id of its root tree.
  package var tree: String
  /// Whether author and committer are the same, at the same moment. Whoever amends or rebases a commit is its committer
  /// from then on.
  package var isOriginal: Bool

  package init(id: CommitID, parents: [CommitID], message: String, tree: String, isOriginal: Bool) {
    self.id = id
    self.parents = parents
    self.message = message
    self.tree = tree
    self.isOriginal = isOriginal
  }
}

/// The branch that a revert is proposed on: one for each failed release, whichever agent finds it.
package func proposalBranch(for model: ModelName, failed: Release) -> String {
  "evenkeel/revert/\(model)-\(failed.commit?.short ?? failed.revision.short)"
}

/// What is to be done about a branch that a revert is proposed on.
package enum ProposalFate: Hashable, Sendable {
  /// Push ours, in place of this commit; of nothing when `nil`.
  case push(replacing: CommitID?)
  /// It is what it should be.
  case keep
  /// It is somebody else's by now.
  case leave
}

/// What is to be done about a branch, given its tip.
///
/// Nothing of people's is ever replaced. Neither is what another agent has proposed on top of the same commit, though it may
/// differ: two agents that know other versions for good would go on replacing each other's.
///
/// - Parameters:
///   - tip: `nil` when there is no such branch.
///   - tree: what the revert comes to.
///   - base: the commit of the followed branch that it was made for.
package func proposalFate(
  of tip: BranchTip?, model: ModelName, failed: Revision, rollout: RolloutID, tree: String, base: CommitID
) -> ProposalFate {
  guard let tip else { return .push(replacing: nil) }
  guard isProposal(tip, of: model, failed: failed) else { return .leave }
  guard tip.parents == [base] else { return .push(replacing: tip.id) }
  if tip.tree == tree { return .keep }
  let isFromHere = trailers(of: tip.message).contains { $0 == ("Evenkeel-Rollout", rollout.rawValue) }
  return isFromHere ? .push(replacing: tip.id) : .leave
}

/// Whether a commit is an agent's revert of this release, as the agent has made it.
package func isProposal(_ tip: BranchTip, of model: ModelName, failed: Revision) -> Bool {
  let trailers = trailers(of: tip.message)
  return tip.isOriginal && tip.parents.count == 1
    && trailers.contains { $0 == ("Evenkeel-Model", model.rawValue) }
    && trailers.contains { $0 == ("Evenkeel-Failed-Revision", failed.description) }
}
