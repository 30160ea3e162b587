import CLibgit2
import Effects
import FoundationEssentials
import Glibc
import Logging

/// Reverting as `git revert` does it. libgit2 has a merge of its own, which differs from Git's: see
/// `docs/decisions/0017-reverts-are-merged-by-git.md`.
extension MirrorRepository {
  /// Reverts commits, in the given order, on top of `tip`, each onto the tree that the one before it left.
  func revert(_ commits: [ObjectID], onto tip: ObjectID) async throws(SourceError) -> TreeMerge {
    var running = try locally { (mirror) throws(GitFailure) in try mirror.rootTree(of: tip) }
    for commit in commits {
      let tree = running
      let sides = try locally { (mirror) throws(GitFailure) in
        try mirror.sides(ofReverting: commit, onto: tree)
      }
      let merge: TreeMerge
      if let tree = try locally({ (mirror) throws(GitFailure) in try mirror.mergeByPaths(sides) }) {
        merge = .clean(tree)
      } else {
        merge = try await mergeByGit(sides)
      }
      guard case .clean(let tree) = merge else { return merge }
      running = tree
    }
    return .clean(running)
  }

  private func mergeByGit(_ sides: MergeSides) async throws(SourceError) -> TreeMerge {
    let (ours, theirs) = try locally { (mirror) throws(GitFailure) in try mirror.commits(for: sides) }
    var merge: TreeMerge?
    if try !locally({ (mirror) throws(GitFailure) in try mirror.isMergeable(sides) }) {
      refuse("more than \(Mirror.mostMergeable) files or \(TreeBudget.mostFolders) folders would be merged")
    } else if let attributes = try locally({ (mirror) throws(GitFailure) in
      try mirror.attributeFiles(in: sides.ours)
    }) {
      merge = try await mergeByGit(ours, theirs, attributes)
      if merge == nil { refuse("git died of it") }
    } else {
      refuse(
        "the .gitattributes of the repository are more than \(Mirror.attributeBytes >> 20) MiB, "
          + "or in more than \(TreeBudget.mostFolders) folders")
    }
    if let merge, merge != .conflict(paths: []) { return merge }
    // Whatever it is, it is about the files of the commit.
    let changes = try locally { (mirror) throws(GitFailure) in
      try mirror.changes(from: sides.base, to: sides.theirs)
    }
    return .conflict(paths: (changes ?? []).map(\.path).sorted())
  }

  private func refuse(_ reason: String) {
    logger.warning("a revert is not merged and counts as one with conflicts: \(reason)")
  }

  private func mergeByGit(
    _ ours: ObjectID, _ theirs: ObjectID, _ attributes: [(path: String, bytes: [UInt8])]
  ) async throws(SourceError) -> TreeMerge? {
    let git = GitProgram(
      executable: configuration.git, mirror: configuration.mirror, deadline: configuration.timeout)
    if attributes.isEmpty { return try await git.merge(ours, theirs, workTree: nil) }
    await merging.enter()
    do throws(SourceError) {
      let workTree = try workTree(with: attributes)
      let merge = try await git.merge(ours, theirs, workTree: workTree)
      try? FileManager.default.removeItem(atPath: workTree)
      await merging.leave()
      return merge
    } catch {
      await merging.leave()
      throw error
    }
  }

  /// A folder with nothing but attributes, since Git reads them from a work tree. One that a crash has left is replaced.
  private func workTree(with attributes: [(path: String, bytes: [UInt8])]) throws(SourceError) -> String {
    let folder = configuration.mirror + ".attributes"
    do {
      try? FileManager.default.removeItem(atPath: folder)
      for (path, bytes) in attributes {
        let file = URL(filePath: folder + "/" + path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
      }
      return folder
    } catch {
      throw SourceError(.mirror, "cannot revert: cannot write beside the mirror: \(error)")
    }
  }
}

extension Mirror {
  /// Commits by which `git merge-tree` can be told the base of a merge: it takes that from the history, and the base of
  /// these two is their parent. They are nobody's, and no reference leads to them.
  fileprivate func commits(for sides: MergeSides) throws(GitFailure) -> (ours: ObjectID, theirs: ObjectID) {
    let base = try placeholder(sides.base, onto: nil)
    return (try placeholder(sides.ours, onto: base), try placeholder(sides.theirs, onto: base))
  }

  /// The same commit each time, so that trying again leaves no more behind.
  private func placeholder(_ tree: ObjectID, onto parent: ObjectID?) throws(GitFailure) -> ObjectID {
    var signature: UnsafeMutablePointer<git_signature>?
    defer { git_signature_free(signature) }
    try git("prepare a merge") { git_signature_new(&signature, "Evenkeel", "evenkeel", 0, 0) }
    let tree = try self.tree(tree)
    var oid = git_oid()
    let message = "A side of a merge\n"
    if let parent {
      let parent = try commit(parent)
      var parents: [OpaquePointer?] = [parent.pointer]
      try git("prepare a merge") {
        git_commit_create(
          &oid, repository.pointer, nil, signature, signature, nil, message, tree.pointer, 1, &parents)
      }
    } else {
      try git("prepare a merge") {
        git_commit_create(
          &oid, repository.pointer, nil, signature, signature, nil, message, tree.pointer, 0, nil)
      }
    }
    return ObjectID(oid)
  }

  /// Whether Git would come to an end of it: it may go through all that is not the same.
  fileprivate func isMergeable(_ sides: MergeSides) throws(GitFailure) -> Bool {
    for side in [sides.ours, sides.theirs] {
      guard try differences(from: sides.base, to: side, limit: Self.mostMergeable) != nil else {
        return false
      }
    }
    return true
  }

  /// The `.gitattributes` of a tree: with them a repository chooses how its files are merged (`merge=union`). All that
  /// they can choose is among Git's own ways, since programs would have to be in a configuration.
  ///
  /// - Returns: `nil` when they are more than ``attributeBytes`` together, or looking for them leads beyond
  ///   ``TreeBudget``.
  fileprivate func attributeFiles(in root: ObjectID) throws(GitFailure) -> [(path: String, bytes: [UInt8])]? {
    var found: [(String, [UInt8])] = []
    var bytesLeft = Self.attributeBytes
    var budget = TreeBudget()
    var folders = [(path: "", id: root, depth: 0)]
    while let folder = folders.popLast() {
      let tree = try self.tree(folder.id)
      let count = git_tree_entrycount(tree.pointer)
      guard budget.enter(folder.path, depth: folder.depth, entries: count) else { return nil }
      for index in 0..<count {
        guard let pointer = git_tree_entry_byindex(tree.pointer, index),
          git_tree_entry_type(pointer) == GIT_OBJECT_TREE
            || git_tree_entry_name(pointer).map({ strcmp($0, ".gitattributes") }) == 0,
          let entry = TreeEntry(pointer), let name = entry.name
        else { continue }
        if entry.mode == .folder {
          folders.append((folder.path + name + "/", entry.id, folder.depth + 1))
          guard folders.count <= budget.folders else { return nil }
        } else if entry.mode == .file {
          bytesLeft -= try size(of: entry.id)
          guard bytesLeft >= 0 else { return nil }
          found.append((folder.path + name, try bytes(of: entry.id)))
        }
      }
    }
    return found
  }

  /// What all files of attributes may have together.
  fileprivate static var attributeBytes: Int { 1 << 20 }
  /// Files in which a side of a merge may differ from the base.
  fileprivate static var mostMergeable: Int { 50_000 }
}
