import CLibgit2
package import Effects
package import Vocabulary

/// Where commits differ, to the mode of every entry.
extension MirrorRepository {
  package func changes(by commit: CommitID) throws(SourceError) -> CommitChanges {
    let id = try existing(commit.rawValue, "commit")
    let path = configuration.path
    return try locally { (mirror) throws(GitFailure) in
      let parent = try mirror.parents(of: mirror.commit(id)).first
      let after = try mirror.rootTree(of: id)
      let before = try parent.map { (parent) throws(GitFailure) in try mirror.rootTree(of: parent) }
      let old = try before.flatMap { (tree) throws(GitFailure) in try mirror.folder(at: path, in: tree) }
      let new = try mirror.folder(at: path, in: after)
      let differences = try mirror.differences(from: old, to: new, limit: CommitChanges.mostFiles)
      let files = differences?.map {
        PathChange(path: $0.path, before: $0.before?.entry, after: $0.after?.entry)
      }
      return CommitChanges(areNone: after == before, files: files)
    }
  }

  package func entry(_ path: String, at commit: CommitID) throws(SourceError) -> PathEntry? {
    let id = try existing(commit.rawValue, "commit")
    return try locally { (mirror) throws(GitFailure) in
      guard let folder = try mirror.folder(at: configuration.path, in: mirror.rootTree(of: id)) else {
        return nil
      }
      return try mirror.rawEntry(at: path, in: folder)
    }
  }
}

extension Mirror {
  func rawEntry(at path: String, in folder: ObjectID) throws(GitFailure) -> PathEntry? {
    let tree = try self.tree(folder)
    do {
      let entry = try GitHandle<TreeEntryKind>("find \(path)") {
        git_tree_entry_bypath($0, tree.pointer, path)
      }
      let raw = TreeDifference.Entry(entry.pointer)
      return raw?.isFolder == false ? raw?.entry : nil
    } catch  where error.isNotFound {
      return nil
    }
  }
}

extension TreeDifference.Entry {
  fileprivate var entry: PathEntry { PathEntry(id: id.hex, mode: mode) }
}
