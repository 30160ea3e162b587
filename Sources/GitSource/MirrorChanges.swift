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
      return CommitChanges(areNone: after == before, files: try mirror.changes(from: old, to: new, below: ""))
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
  /// Every path at which two folders differ, with folders taken apart.
  func changes(from old: ObjectID?, to new: ObjectID?, below path: String) throws(GitFailure) -> [PathChange]
  {
    if old == new { return [] }
    let before = try old.map { (id) throws(GitFailure) in try rawEntries(of: id) } ?? [:]
    let after = try new.map { (id) throws(GitFailure) in try rawEntries(of: id) } ?? [:]
    var changes: [PathChange] = []
    for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
      let place = path.isEmpty ? name : path + "/" + name
      let (was, is_) = (before[name], after[name])
      if was?.isFolder == true || is_?.isFolder == true {
        changes += try self.changes(
          from: was?.isFolder == true ? was?.id : nil, to: is_?.isFolder == true ? is_?.id : nil, below: place
        )
      }
      let (wasFile, isFile) = (was?.isFolder == false ? was : nil, is_?.isFolder == false ? is_ : nil)
      if wasFile != nil || isFile != nil {
        changes.append(PathChange(path: place, before: wasFile?.entry, after: isFile?.entry))
      }
    }
    return changes
  }

  func rawEntry(at path: String, in folder: ObjectID) throws(GitFailure) -> PathEntry? {
    let tree = try self.tree(folder)
    do {
      let entry = try GitHandle<TreeEntryKind>("find \(path)") {
        git_tree_entry_bypath($0, tree.pointer, path)
      }
      let raw = RawEntry(entry.pointer)
      return raw?.isFolder == false ? raw?.entry : nil
    } catch  where error.isNotFound {
      return nil
    }
  }

  private struct RawEntry: Hashable {
    var id: ObjectID
    var mode: UInt32

    init?(_ entry: OpaquePointer) {
      guard let oid = git_tree_entry_id(entry) else { return nil }
      id = ObjectID(oid.pointee)
      mode = git_tree_entry_filemode_raw(entry).rawValue
    }

    var isFolder: Bool { mode == GIT_FILEMODE_TREE.rawValue }
    var entry: PathEntry { PathEntry(id: id.hex, mode: mode) }
  }

  /// By name. An entry that nobody could find again by its name is there under a name that no file has.
  private func rawEntries(of folder: ObjectID) throws(GitFailure) -> [String: RawEntry] {
    let tree = try self.tree(folder)
    var entries: [String: RawEntry] = [:]
    for index in 0..<git_tree_entrycount(tree.pointer) {
      guard let entry = git_tree_entry_byindex(tree.pointer, index), let raw = RawEntry(entry) else {
        continue
      }
      let name = git_tree_entry_name(entry).flatMap { String(validatingCString: $0) }
      let isFindable = name.map { entries[$0] == nil } ?? false
      entries[isFindable ? name ?? "" : "/\(index)/\(raw.id.hex)"] = raw
    }
    return entries
  }
}
