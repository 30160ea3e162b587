import CLibgit2

/// What reverting in memory came to, in Git's own ids.
enum TreeMerge: Equatable {
  case clean(ObjectID)
  case conflict(paths: [String])
}

/// A three-way merge of root trees.
///
/// Reverting a commit is one, as in `git revert`: the commit is the base, its first parent is theirs, the tree that the
/// revert goes on top of is ours.
struct MergeSides: Equatable {
  var base: ObjectID
  var ours: ObjectID
  var theirs: ObjectID
}

extension Mirror {
  /// The sides of reverting a commit on top of a tree.
  func sides(ofReverting commit: ObjectID, onto tree: ObjectID) throws(GitFailure) -> MergeSides {
    let parent = try parents(of: self.commit(commit)).first
    // Before the first commit of all there was the empty tree.
    let theirs: ObjectID
    if let parent { theirs = try rootTree(of: parent) } else { theirs = try emptyTree() }
    return MergeSides(base: try rootTree(of: commit), ours: tree, theirs: theirs)
  }

  /// Merges where it is certain that Git comes to the same tree: where no file has to be merged line by line and no
  /// rename can play a part. Mostly nobody has touched the files of a bad commit since, and then this is all.
  ///
  /// Why it is the same. Git's merge (`merge-ort`) is a merge path by path, but for renames. It looks for those among
  /// the files that one side has removed and added.
  ///
  /// - Theirs has none when it has not both removed and added files.
  /// - A rename by ours matters when theirs has changed or removed the file that was renamed, which then no longer is at
  ///   its place in ours; or when theirs has added a file where ours has renamed. Here every file that theirs has
  ///   changed or removed is in ours at its place, and none that it has added is.
  /// - That ours has renamed a whole folder matters to what theirs has added there. Then the folder is gone from ours;
  ///   here it is there, if the base had it.
  ///
  /// What is left is decided for each path alone: ours has it as it was in the base, so theirs wins; or both have done
  /// the same.
  ///
  /// - Returns: `nil` where Git itself has to be asked.
  func mergeByPaths(_ sides: MergeSides) throws(GitFailure) -> ObjectID? {
    if sides.base == sides.ours || sides.ours == sides.theirs { return sides.theirs }
    guard let changes = try changes(from: sides.base, to: sides.theirs) else { return nil }
    if changes.contains(where: { $0.before == nil }), changes.contains(where: { $0.after == nil }) {
      return nil
    }
    var files: [String: TreeEntry?] = [:]
    for change in changes {
      let ours = try entry(at: change.path, in: sides.ours)
      if change.before == nil {
        guard ours == nil, try hasPlace(for: change.path, in: sides) else { return nil }
      } else {
        guard let ours, ours.mode != .folder else { return nil }
        if ours.isSame(as: change.after) { continue }
        guard ours.isSame(as: change.before) else { return nil }
      }
      files[change.path] = .some(change.after)
    }
    return try replacing(files, in: sides.ours)
  }

  /// Whether nothing in ours is in the way of a new file: every folder above it that the base has is there, and none of
  /// them is a file.
  private func hasPlace(for path: String, in sides: MergeSides) throws(GitFailure) -> Bool {
    var folder = path[...]
    while let slash = folder.lastIndex(of: "/") {
      folder = folder[..<slash]
      let ours = try entry(at: String(folder), in: sides.ours)
      if let ours { return ours.mode == .folder }
      if try entry(at: String(folder), in: sides.base) != nil { return false }
    }
    return true
  }
}

/// A file that is not the same in two trees.
struct FileChange {
  var path: String
  /// `nil` when it was added.
  var before: TreeEntry?
  /// `nil` when it was removed.
  var after: TreeEntry?
}

extension Mirror {
  /// The files in which two trees differ, without a look for renames.
  ///
  /// - Returns: `nil` when they are more than `limit`, or one has a name or a mode that no Git writes.
  func changes(
    from before: ObjectID, to after: ObjectID, limit: Int = Mirror.mostChanges
  ) throws(GitFailure) -> [FileChange]? {
    guard let differences = try differences(from: before, to: after, limit: limit) else { return nil }
    var changes: [FileChange] = []
    for difference in differences {
      let change = FileChange(
        path: difference.path, before: difference.before.flatMap(TreeEntry.init),
        after: difference.after.flatMap(TreeEntry.init))
      guard difference.isFindable, (change.before == nil) == (difference.before == nil),
        (change.after == nil) == (difference.after == nil)
      else { return nil }
      changes.append(change)
    }
    return changes
  }

  /// A commit with more changes than this is none of a person's; Git may merge it.
  static var mostChanges: Int { 1000 }
}

extension TreeEntry {
  /// `nil` for a mode that no Git writes.
  fileprivate init?(_ entry: TreeDifference.Entry) {
    let rawMode = git_filemode_t(entry.mode)
    guard let mode = Mode(rawMode), mode != .folder else { return nil }
    self.init(name: nil, id: entry.id, mode: mode, rawMode: rawMode)
  }

  fileprivate func isSame(as other: TreeEntry?) -> Bool { id == other?.id && rawMode == other?.rawMode }
}
