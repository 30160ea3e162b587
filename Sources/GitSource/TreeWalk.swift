import CLibgit2

/// What a walk through folders may come to. Nobody has checked the trees of a remote, and ten objects that name each
/// other ten times have more paths than any walk comes to the end of.
struct TreeBudget {
  /// How many folders may still be entered.
  var folders = TreeBudget.mostFolders
  /// How many entries they may still have together, of any kind.
  private var entries = TreeBudget.mostEntries

  static let mostFolders = 10_000
  static let mostEntries = 1_000_000
  /// Folders within folders.
  static let depth = 64
  /// Bytes of a folder's path, as many as Linux takes.
  private static let pathBytes = 4096
  /// Bytes of a name, as many as file systems take.
  static let nameBytes = 255

  init(folders: Int = TreeBudget.mostFolders) { self.folders = folders }

  /// Enters a folder.
  ///
  /// - Returns: Whether that is still within bounds; if not, the walk is to end.
  mutating func enter(_ path: String, depth: Int, entries count: Int) -> Bool {
    folders -= 1
    entries -= count
    return folders >= 0 && entries >= 0 && depth <= Self.depth && path.utf8.count <= Self.pathBytes
  }
}

/// A path that is not the same in two trees, to the mode.
struct TreeDifference {
  struct Entry: Hashable {
    var id: ObjectID
    var mode: UInt32

    var isFolder: Bool { mode == GIT_FILEMODE_TREE.rawValue }
  }

  var path: String
  /// What is there and no folder; `nil` when there is nothing such.
  var before: Entry?
  var after: Entry?
  /// Whether this is the one entry that is found by the path.
  var isFindable: Bool
}

extension Mirror {
  /// Every path at which two folders differ, with folders taken apart. What they have in common is not gone through.
  ///
  /// - Returns: `nil` when the paths are more than `limit`, or the way to them leads beyond ``TreeBudget``.
  func differences(from old: ObjectID?, to new: ObjectID?, limit: Int) throws(GitFailure) -> [TreeDifference]?
  {
    var walk = DifferenceWalk(limit: limit)
    return try collect(from: old, to: new, below: "", depth: 0, into: &walk) ? walk.found : nil
  }

  private struct DifferenceWalk {
    let limit: Int
    var budget = TreeBudget()
    var found: [TreeDifference] = []
  }

  private func collect(
    from old: ObjectID?, to new: ObjectID?, below path: String, depth: Int, into walk: inout DifferenceWalk
  ) throws(GitFailure) -> Bool {
    if old == new { return true }
    guard let before = try folderEntries(of: old, at: path, depth: depth, within: &walk.budget),
      let after = try folderEntries(of: new, at: path, depth: depth, within: &walk.budget)
    else { return false }
    var names = before.keys.filter { before[$0] != after[$0] }
    names += after.keys.filter { before[$0] == nil }
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let place = (path.isEmpty ? "" : path + "/") + String(decoding: name, as: UTF8.self)
      let (was, is_) = (before[name], after[name])
      if was?.isFolder == true || is_?.isFolder == true {
        let old = was?.isFolder == true ? was?.id : nil
        let new = is_?.isFolder == true ? is_?.id : nil
        guard try collect(from: old, to: new, below: place, depth: depth + 1, into: &walk) else {
          return false
        }
      }
      let (wasFile, isFile) = (was?.isFolder == false ? was : nil, is_?.isFolder == false ? is_ : nil)
      if wasFile != nil || isFile != nil {
        guard walk.found.count < walk.limit else { return false }
        walk.found.append(
          TreeDifference(path: place, before: wasFile, after: isFile, isFindable: !place.hasUnfindableName))
      }
    }
    return true
  }

  /// By the bytes of the name, as strings that look the same are equal. An entry that nobody could find again by its name is there under a name that no file has.
  ///
  /// - Returns: `nil` beyond the budget.
  private func folderEntries(
    of folder: ObjectID?, at path: String, depth: Int, within budget: inout TreeBudget
  ) throws(GitFailure) -> [[UInt8]: TreeDifference.Entry]? {
    guard let folder else { return [:] }
    let tree = try self.tree(folder)
    let count = git_tree_entrycount(tree.pointer)
    guard budget.enter(path, depth: depth, entries: count) else { return nil }
    var entries: [[UInt8]: TreeDifference.Entry] = [:]
    for index in 0..<count {
      guard let pointer = git_tree_entry_byindex(tree.pointer, index),
        let entry = TreeDifference.Entry(pointer)
      else { continue }
      let text = git_tree_entry_name(pointer).flatMap { String(validatingCString: $0) }
      let name = Array((text ?? "").utf8)
      let isFindable =
        (1...TreeBudget.nameBytes).contains(name.count) && !name.contains(UInt8(ascii: "/"))
        && entries[name] == nil
      entries[isFindable ? name : Array("/\(index)/\(entry.id.hex)".utf8)] = entry
    }
    return entries
  }
}

extension TreeDifference.Entry {
  init?(_ entry: OpaquePointer) {
    guard let oid = git_tree_entry_id(entry) else { return nil }
    self.init(id: ObjectID(oid.pointee), mode: git_tree_entry_filemode_raw(entry).rawValue)
  }
}

extension String {
  /// Whether a name on this path begins with a slash, which none does that a file can have.
  fileprivate var hasUnfindableName: Bool { hasPrefix("/") || contains("//") }
}
