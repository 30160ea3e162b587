import CLibgit2
import Vocabulary

extension Mirror {
  /// A root tree with files replaced, or deleted where there are no bytes. Files keep their mode; a folder that
  /// loses its last file goes too, as Git has no empty folders.
  ///
  /// - Parameter files: By path from the root.
  func replacing(_ files: [String: [UInt8]?], in root: ObjectID) throws(GitFailure) -> ObjectID {
    var entries: [String: TreeEntry?] = [:]
    for (path, bytes) in files {
      guard let bytes else {
        entries[path] = .some(nil)
        continue
      }
      let existing = try entry(at: path, in: root)
      let mode = existing?.mode == .file ? existing?.rawMode : nil
      entries[path] = TreeEntry(
        name: nil, id: try write(bytes), mode: .file, rawMode: mode ?? GIT_FILEMODE_BLOB)
    }
    return try replacing(entries, in: root)
  }

  /// The same with files that are in the mirror already, each with its mode.
  func replacing(_ entries: [String: TreeEntry?], in root: ObjectID) throws(GitFailure) -> ObjectID {
    let changes = entries.map { (path: $0.key.split(separator: "/")[...], entry: $0.value) }
    if let tree = try replacing(changes, in: root as ObjectID?) { return tree }
    return try emptyTree()
  }

  func emptyTree() throws(GitFailure) -> ObjectID {
    try write(GitHandle("write the empty tree") { git_treebuilder_new($0, repository.pointer, nil) })
  }

  /// - Returns: `nil` when nothing is left of the folder.
  private func replacing(
    _ changes: [(path: ArraySlice<Substring>, entry: TreeEntry?)], in folder: ObjectID?
  ) throws(GitFailure) -> ObjectID? {
    if changes.isEmpty { return folder }
    let builder = try treeBuilder(from: folder)
    for (name, below) in Dictionary(grouping: changes, by: { $0.path.first ?? "" }) {
      let name = String(name)
      let existing = git_treebuilder_get(builder.pointer, name).flatMap(TreeEntry.init)
      if let file = below.first(where: { $0.path.count <= 1 }) {
        if let entry = file.entry {
          try insert(entry.id, as: name, mode: entry.rawMode, into: builder)
        } else if existing != nil {
          try remove(name, from: builder)
        }
      } else {
        let deeper = below.map { (path: $0.path.dropFirst(), entry: $0.entry) }
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
