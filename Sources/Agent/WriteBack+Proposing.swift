import Effects
import Planning
import Rollout
import Vocabulary

/// `writeBack.mode: branch`: the revert goes to a branch of its own, for people to merge.
extension WriteBack {
  /// A revert that can be pushed.
  struct Proven {
    var tree: TreeID
    var scope: RevertMessage.Scope
    /// The other models that it takes back.
    var alsoRestored: [ModelName]
  }

  /// Sees to it that the branch has the revert on top of `tip`; `nil` when somebody was faster.
  ///
  /// - Parameter write: Makes the commit.
  func propose(
    _ proven: Proven, _ request: WriteBackRequest, onto tip: CommitID, jitter: Double, announce: Announcement,
    isCurrent: @Sendable () async -> Bool, write: () async throws(SourceError) -> CommitID
  ) async throws(SourceError) -> WriteBackResult? {
    let branch = proposalBranch(for: request.model, failed: request.failed)
    let theirs = try await repository.tip(of: branch)
    var proposal = RevertProposal(
      branch: branch, commit: theirs?.id ?? tip, failed: request.failed.revision,
      others: proven.alsoRestored.reduce(into: [:]) { others, name in
        others[name] = request.lastGoodOfOthers[name] ?? nil
      })
    let fate = proposalFate(
      of: theirs, model: request.model, failed: request.failed.revision, rollout: request.rollout,
      tree: proven.tree.rawValue, base: tip)
    switch fate {
    case .keep: return .proposed(proposal)
    case .leave:
      proposal.isForeign = true
      return .proposed(proposal)
    case .push(let old):
      let commit = try await write()
      proposal.commit = commit
      do throws(JournalError) {
        guard await isCurrent(), try await announce(request, proposal) else { return nil }
      } catch {
        return postponed(request, error.message, jitter)
      }
      switch try await repository.push(commit, to: branch, replacing: old) {
      case .accepted: return .proposed(proposal)
      case .raced: return nil
      case .refused(let refusal):
        return .refused(
          refusal.kind, refusal.sentence(about: branch, isProposal: true),
          for: WriteBackWaits.refusal(refusal.kind, after: request.refusals, jitter: jitter))
      }
    }
  }
}

extension ConfigRepository {
  /// Deletes a branch with a revert of ours, if it still is one.
  func withdraw(_ withdrawal: Withdrawal, of model: ModelName, jitter: Double) async -> WithdrawalResult {
    let branch = withdrawal.branch
    let wait = WriteBackWaits.refusal(.hook, after: withdrawal.tries, jitter: jitter)
    do throws(SourceError) {
      guard let tip = try await tip(of: branch) else { return .gone }
      guard isProposal(tip, of: model, failed: withdrawal.failed) else {
        return .left(
          "somebody has committed on the branch \(branch), which is not needed any more: it is left")
      }
      switch try await push(nil, to: branch, replacing: tip.id) {
      case .accepted: return .deleted
      case .raced: return .postponed(for: wait)
      case .refused(let refusal):
        if withdrawal.tries < Self.mostDeletions { return .postponed(for: wait) }
        return .left("the server keeps the branch \(branch), which is not needed any more: \(refusal.words)")
      }
    } catch {
      return .postponed(for: wait)
    }
  }

  /// How often a server that says no is asked to delete a branch.
  private static var mostDeletions: Int { 5 }
}
