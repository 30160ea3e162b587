import CLibgit2
import Vocabulary

/// What reverting in memory came to, in Git's own ids.
enum TreeMerge {
  case clean(ObjectID)
  case conflict(paths: [String])
}

extension Mirror {
  /// Reverts commits, in the given order, on top of `tip`, each onto the tree that the one before it left.
  ///
  /// Reverting a commit is a three-way merge of trees, as in `git_revert_commit`: the commit is the base, its first
  /// parent is theirs, the running tree is ours. Only `git_revert_commit` itself would want a commit where we
  /// have just a tree.
  func revert(_ commits: [ObjectID], onto tip: ObjectID) throws(GitFailure) -> TreeMerge {
    var running = try rootTree(of: tip)
    for id in commits {
      let commit = try self.commit(id)
      let parent = parents(of: commit).first
      let base = try tree(rootTree(of: id))
      let ours = try tree(running)
      let merge: TreeMerge
      if let parent {
        let theirs = try tree(rootTree(of: parent))
        merge = try self.merge(base: base, ours: ours, theirs: theirs.pointer)
      } else {
        // The first commit of all: what was before it is the empty tree.
        merge = try self.merge(base: base, ours: ours, theirs: nil)
      }
      guard case .clean(let tree) = merge else { return merge }
      running = tree
    }
    return .clean(running)
  }

  private func merge(
    base: borrowing GitTree, ours: borrowing GitTree, theirs: OpaquePointer?
  ) throws(GitFailure) -> TreeMerge {
    var options = git_merge_options()
    try git("prepare a merge") {
      git_merge_options_init(&options, UInt32(GIT_MERGE_OPTIONS_VERSION))
    }
    options.flags = GIT_MERGE_FIND_RENAMES.rawValue
    options.file_favor = GIT_MERGE_FILE_FAVOR_NORMAL
    let (basePointer, oursPointer) = (base.pointer, ours.pointer)
    let index = try GitHandle<IndexKind>("revert a commit") {
      git_merge_trees($0, repository.pointer, basePointer, oursPointer, theirs, &options)
    }
    if git_index_has_conflicts(index.pointer) == 1 {
      return .conflict(paths: try conflictPaths(of: index))
    }
    var oid = git_oid()
    try git("write the reverted tree") {
      git_index_write_tree_to(&oid, index.pointer, repository.pointer)
    }
    return .clean(ObjectID(oid))
  }

  private func conflictPaths(of index: borrowing GitHandle<IndexKind>) throws(GitFailure) -> [String] {
    let indexPointer = index.pointer
    let iterator = try GitHandle<ConflictIteratorKind>("list the conflicts") {
      git_index_conflict_iterator_new($0, indexPointer)
    }
    var paths: Set<String> = []
    var sides:
      (UnsafePointer<git_index_entry>?, UnsafePointer<git_index_entry>?, UnsafePointer<git_index_entry>?)
    sides = (nil, nil, nil)
    while git_index_conflict_next(&sides.0, &sides.1, &sides.2, iterator.pointer) == 0 {
      for side in [sides.0, sides.1, sides.2] {
        if let path = side?.pointee.path { paths.insert(String(cString: path)) }
      }
    }
    return paths.sorted()
  }

  /// A root tree with files replaced, or deleted where there are no bytes. Files keep their mode; a folder that
  /// loses its last file goes too, as Git has no empty folders.
  ///
  /// - Parameter files: By path from the root.
  func replacing(_ files: [String: [UInt8]?], in root: ObjectID) throws(GitFailure) -> ObjectID {
    let changes = files.map { (path: $0.key.split(separator: "/")[...], bytes: $0.value) }
    if let tree = try replacing(changes, in: root as ObjectID?) { return tree }
    return try write(GitHandle("write the empty tree") { git_treebuilder_new($0, repository.pointer, nil) })
  }

  /// - Returns: `nil` when nothing is left of the folder.
  private func replacing(
    _ changes: [(path: ArraySlice<Substring>, bytes: [UInt8]?)], in folder: ObjectID?
  ) throws(GitFailure) -> ObjectID? {
    let builder = try treeBuilder(from: folder)
    for (name, below) in Dictionary(grouping: changes, by: { $0.path.first ?? "" }) {
      let name = String(name)
      let existing = git_treebuilder_get(builder.pointer, name).flatMap(TreeEntry.init)
      if let file = below.first(where: { $0.path.count <= 1 }) {
        if let bytes = file.bytes {
          let mode = existing?.mode == .file ? existing?.rawMode : nil
          try insert(write(bytes), as: name, mode: mode ?? GIT_FILEMODE_BLOB, into: builder)
        } else if existing != nil {
          try remove(name, from: builder)
        }
      } else {
        let deeper = below.map { (path: $0.path.dropFirst(), bytes: $0.bytes) }
        let subfolder = existing?.mode == .folder ? existing?.id : nil
        if let tree = try replacing(deeper, in: subfolder) {
          try insert(tree, as: name, mode: GIT_FILEMODE_TREE, into: builder)
        } else if existing?.mode == .folder {
          try remove(name, from: builder)
        }
      }
    }
    return git_treebuilder_entrycount(builder.pointer) == 0 ? nil : try write(builder)
  }

  private func treeBuilder(from folder: ObjectID?) throws(GitFailure) -> GitHandle<TreeBuilderKind> {
    guard let folder else {
      return try GitHandle("start a tree") { git_treebuilder_new($0, repository.pointer, nil) }
    }
    let tree = try self.tree(folder)
    return try GitHandle("start a tree") { git_treebuilder_new($0, repository.pointer, tree.pointer) }
  }

  private func insert(
    _ id: ObjectID, as name: String, mode: git_filemode_t, into builder: borrowing GitHandle<TreeBuilderKind>
  ) throws(GitFailure) {
    var oid = id.oid
    let pointer = builder.pointer
    try git("put \(name) into a tree") { git_treebuilder_insert(nil, pointer, name, &oid, mode) }
  }

  private func remove(
    _ name: String, from builder: borrowing GitHandle<TreeBuilderKind>
  ) throws(GitFailure) {
    let pointer = builder.pointer
    try git("take \(name) out of a tree") { git_treebuilder_remove(pointer, name) }
  }

  private func write(_ builder: borrowing GitHandle<TreeBuilderKind>) throws(GitFailure) -> ObjectID {
    var oid = git_oid()
    let pointer = builder.pointer
    try git("write a tree") { git_treebuilder_write(&oid, pointer) }
    return ObjectID(oid)
  }

  private func write(_ bytes: [UInt8]) throws(GitFailure) -> ObjectID {
    var oid = git_oid()
    try git("write a file") {
      git_blob_create_from_buffer(&oid, repository.pointer, bytes, bytes.count)
    }
    return ObjectID(oid)
  }

  /// The bytes of a commit with one parent, which is not written yet: those that a signature is for.
  func content(
    of tree: ObjectID, onto parent: ObjectID, message: String, by author: CommitAuthor, at time: Timestamp
  ) throws(GitFailure) -> [UInt8] {
    var signature: UnsafeMutablePointer<git_signature>?
    defer { git_signature_free(signature) }
    try git("write the author") {
      git_signature_new(&signature, author.name, author.email, time.milliseconds / 1000, 0)
    }
    let tree = try self.tree(tree)
    let parent = try commit(parent)
    var parents: [OpaquePointer?] = [parent.pointer]
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    try git("write the commit") {
      git_commit_create_buffer(
        &buffer, repository.pointer, signature, signature, nil, message, tree.pointer, parents.count, &parents
      )
    }
    return [UInt8](UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
  }

  /// Writes a commit with its signature, if it has one; no reference moves.
  func write(commit content: [UInt8], signature: String?) throws(GitFailure) -> ObjectID {
    var oid = git_oid()
    let text = String(decoding: content, as: UTF8.self)
    try git("write the commit") {
      git_commit_create_with_signature(
        &oid, repository.pointer, text, signature, signature == nil ? nil : "gpgsig")
    }
    return ObjectID(oid)
  }
}
