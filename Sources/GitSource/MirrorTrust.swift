import CLibgit2
package import Effects
package import Vocabulary

/// Which commits follow from which, and what is kept whatever the branch does.
extension MirrorRepository {
  /// Keeps the commit in force, with all that it needs, when packs are written anew.
  private static let keptReference = "refs/evenkeel/trusted"

  package func descends(_ commit: CommitID, from ancestor: CommitID) throws(SourceError) -> Bool {
    let mirror = try mirror()
    let commit = try existing(commit.rawValue, "commit")
    guard let ancestor = ObjectID(hex: ancestor.rawValue), mirror.contains(ancestor) else { return false }
    return try locally { (mirror) throws(GitFailure) in try mirror.descends(commit, from: ancestor) }
  }

  package func keep(_ commit: CommitID) async throws(SourceError) {
    let id = try existing(commit.rawValue, "commit")
    try await alone { () throws(SourceError) in
      try locally { (mirror) throws(GitFailure) in
        guard try mirror.target(of: Self.keptReference) != id else { return }
        try mirror.set(Self.keptReference, to: id)
      }
    }
  }
}
