import CLibgit2
package import Effects
package import Planning
package import Vocabulary

/// Branches of the remote beside the one that is followed.
extension MirrorRepository {
  package func tip(of branch: String) async throws(SourceError) -> BranchTip? {
    let response: WorkerResponse
    do throws(SourceError) {
      response = try await overNetwork(
        .fetch, on: branch, purpose: "fetch \(branch) of \(redacted(configuration.url))")
    } catch {
      // That the repository is not there would be found out by whatever follows.
      guard error.kind == .notFound || error.kind == .empty else { throw error }
      await forget(branch)
      return nil
    }
    guard case .fetched(let fetched) = response else { throw unexpectedAnswer }
    let id = try existing(fetched.tip, "commit")
    return try locally { (mirror) throws(GitFailure) in try mirror.branchTip(id) }
  }

  package func push(_ commit: CommitID?, to branch: String, replacing tip: CommitID?)
    async throws(SourceError)
    -> PushOutcome
  {
    if let commit { _ = try existing(commit.rawValue, "commit") }
    let push = WorkerRequest.Operation.push(
      commit: commit?.rawValue, replacing: tip?.rawValue, mayRewrite: true)
    let outcome = try await self.push(push, to: branch)
    if commit == nil, outcome == .accepted { await forget(branch) }
    return outcome
  }

  /// The mirror need not keep what the remote has not. A branch that it cannot forget takes some space, and no harm comes of
  /// it.
  private func forget(_ branch: String) async {
    let reference = "refs/heads/" + branch
    try? await alone { () throws(SourceError) in
      try locally { (mirror) throws(GitFailure) in
        if try mirror.target(of: reference) != nil { try mirror.remove(reference) }
      }
    }
  }
}

extension Mirror {
  fileprivate func branchTip(_ id: ObjectID) throws(GitFailure) -> BranchTip {
    let commit = try self.commit(id)
    let isOriginal =
      git_commit_author(commit.pointer).map { author in
        git_commit_committer(commit.pointer).map { author.pointee.isSame(as: $0.pointee) } ?? false
      } ?? false
    return BranchTip(
      id: CommitID(id.hex), parents: parents(of: commit).map { CommitID($0.hex) },
      message: message(of: commit), tree: try rootTree(of: id).hex, isOriginal: isOriginal)
  }
}

extension git_signature {
  fileprivate func isSame(as other: git_signature) -> Bool {
    when.time == other.when.time && when.offset == other.when.offset && text(name) == text(other.name)
      && text(email) == text(other.email)
  }

  private func text(_ characters: UnsafeMutablePointer<CChar>?) -> String? {
    characters.map { String(cString: $0) }
  }
}
