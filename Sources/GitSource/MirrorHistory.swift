import CLibgit2
import Effects
import Vocabulary

extension Mirror {
  /// First-parent history from `tip` back to, and without, `base`, newest first, at most `limit` commits.
  func history(
    from tip: ObjectID, downTo base: ObjectID?, limit: Int, manifestsAt path: String
  ) throws(GitFailure) -> [CommitSummary] {
    var summaries: [CommitSummary] = []
    var next: ObjectID? = tip
    while let id = next, id != base, summaries.count < limit {
      let commit = try self.commit(id)
      let parents = parents(of: commit)
      summaries.append(
        CommitSummary(
          id: CommitID(id.hex), parents: parents.map { CommitID($0.hex) },
          message: message(of: commit),
          manifests: try folder(at: path, in: rootTree(of: id)).map { TreeID($0.hex) }))
      next = parents.first
    }
    return summaries
  }

  /// How much of a message is kept, in characters: enough for our own, with its trailers at the end.
  private static let messageBound = 16_384

  func message(of commit: borrowing GitCommit) -> String {
    let message = git_commit_message(commit.pointer).map { String(cString: $0) } ?? ""
    return String(message.prefix(Self.messageBound))
  }

  func parents(of commit: borrowing GitCommit) -> [ObjectID] {
    (0..<git_commit_parentcount(commit.pointer)).compactMap { index in
      git_commit_parent_id(commit.pointer, index).map { ObjectID($0.pointee) }
    }
  }

  /// The tree of a folder below a root tree; `nil` when there is no such folder.
  func folder(at path: String, in root: ObjectID) throws(GitFailure) -> ObjectID? {
    guard let entry = try entry(at: path, in: root), entry.mode == .folder else { return nil }
    return entry.id
  }

  /// Whether `commit` is `ancestor` or has it somewhere in its history.
  func descends(_ commit: ObjectID, from ancestor: ObjectID) throws(GitFailure) -> Bool {
    if commit == ancestor { return true }
    var (commitOID, ancestorOID) = (commit.oid, ancestor.oid)
    return try git("compare two commits") {
      git_graph_descendant_of(repository.pointer, &commitOID, &ancestorOID)
    } == 1
  }
}
