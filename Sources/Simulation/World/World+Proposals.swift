import Effects
import Vocabulary

/// A branch that a revert is proposed on.
struct ProposedBranch {
  var tip: CommitID
  /// Since when people could have seen it as it is.
  var since: Timestamp
}

/// What people, and the agent, do to the branches that reverts are proposed on.
extension World {
  /// The remote takes the agent's commit on a branch of its own, or deletes the branch.
  func take(_ commit: CommitID?, on branch: String) {
    referee.proposes(commit, on: branch, in: self)
    proposals[branch] = commit.map { ProposedBranch(tip: $0, since: now) }
    note(commit.map { "the agent proposes \($0.short) on \(branch)" } ?? "the agent deletes \(branch)")
  }

  /// After a while somebody merges what is proposed, or does something else about it.
  func lookAtProposals() {
    for (branch, proposal) in proposals.sorted(by: { $0.key < $1.key })
    where now - proposal.since >= Self.patienceOfReviewer {
      review(branch, proposal)
    }
  }

  private static let patienceOfReviewer = Duration.seconds(20)

  private func review(_ branch: String, _ proposal: ProposedBranch) {
    guard let commit = self.branch.commit(proposal.tip) else { return }
    guard commit.parents == [self.branch.tip] else {
      // What does not fit on top of the branch is brought up to date by whoever has made it. Whatever people have made of it
      // they give up.
      if !commit.isOurs { delete(branch) }
      return
    }
    switch commit.isOurs ? dice.next() % 8 : 0 {
    case 0: merge(branch, commit, parents: [self.branch.tip, commit.id])
    case 1, 2: merge(branch, commit, parents: nil)
    case 3, 4: merge(branch, commit, parents: [self.branch.tip])
    case 5: commitOn(branch, commit)
    case 6: delete(branch)
    default: proposals[branch]?.since = now
    }
  }

  /// - Parameter parents: Of the commit that people make; `nil` where the branch moves to the proposal itself.
  private func merge(_ branch: String, _ commit: Branch.Commit, parents: [CommitID]?) {
    let tip =
      parents.map { self.branch.add(parents: $0, "Merge \(branch)", commit.tree, isOurs: false) } ?? commit.id
    tally.reverts += 1
    move(to: tip)
    note("a person merges \(branch): \(tip.short)")
    // Many servers do that by themselves.
    if dice.next().isMultiple(of: 2) { delete(branch) }
  }

  private func commitOn(_ branch: String, _ commit: Branch.Commit) {
    let id = self.branch.add(parents: commit.parents, "Touch up", commit.tree, isOurs: false)
    proposals[branch] = ProposedBranch(tip: id, since: now)
    note("a person commits on \(branch)")
  }

  private func delete(_ branch: String) {
    proposals[branch] = nil
    note("a person deletes \(branch)")
  }
}
