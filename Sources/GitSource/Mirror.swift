import CLibgit2

/// The local bare repository, through libgit2. It is not `Sendable`: whoever opens it keeps it to one thread at a time.
final class Mirror {
  let repository: GitRepository
  let objects: GitHandle<ObjectDatabaseKind>

  convenience init(opening folder: String) throws(GitFailure) {
    try self.init(GitRepository("open the mirror") { git_repository_open_bare($0, folder) })
  }

  init(_ opened: consuming GitRepository) throws(GitFailure) {
    repository = opened
    let pointer = repository.pointer
    objects = try GitHandle("open the object database") { git_repository_odb($0, pointer) }
  }

  // MARK: References

  /// The commit a reference points at; `nil` when there is no such reference.
  func target(of reference: String) throws(GitFailure) -> ObjectID? {
    var oid = git_oid()
    do {
      try git("read \(reference)") { git_reference_name_to_id(&oid, repository.pointer, reference) }
    } catch  where error.isNotFound {
      return nil
    }
    return ObjectID(oid)
  }

  /// Points a reference at a commit, whatever it pointed at before.
  func set(_ reference: String, to target: ObjectID) throws(GitFailure) {
    var oid = target.oid
    _ = try GitHandle<ReferenceKind>("update \(reference)") {
      git_reference_create($0, repository.pointer, reference, &oid, 1, nil)
    }
  }

  func remove(_ reference: String) throws(GitFailure) {
    try git("remove \(reference)") { git_reference_remove(repository.pointer, reference) }
  }

  /// The commit that a branch, a tag, an id or an expression such as `main~2` names.
  func commit(named revision: String) throws(GitFailure) -> ObjectID {
    let found = try GitHandle<ObjectKind>("find \(revision)") {
      git_revparse_single($0, repository.pointer, revision)
    }
    let commit = try GitHandle<ObjectKind>("find the commit of \(revision)") {
      git_object_peel($0, found.pointer, GIT_OBJECT_COMMIT)
    }
    guard let oid = git_object_id(commit.pointer) else {
      throw GitFailure(operation: "find \(revision)", code: -1, category: 0, message: "it has no id")
    }
    return ObjectID(oid.pointee)
  }

  // MARK: Objects

  func contains(_ id: ObjectID) -> Bool {
    var oid = id.oid
    return git_odb_exists(objects.pointer, &oid) == 1
  }

  func commit(_ id: ObjectID) throws(GitFailure) -> GitCommit {
    var oid = id.oid
    return try GitCommit("read commit \(id.hex)") { git_commit_lookup($0, repository.pointer, &oid) }
  }

  func tree(_ id: ObjectID) throws(GitFailure) -> GitTree {
    var oid = id.oid
    return try GitTree("read tree \(id.hex)") { git_tree_lookup($0, repository.pointer, &oid) }
  }

  /// The root tree of a commit.
  func rootTree(of commit: ObjectID) throws(GitFailure) -> ObjectID {
    let commit = try self.commit(commit)
    guard let oid = git_commit_tree_id(commit.pointer) else {
      throw GitFailure(operation: "read a commit", code: -1, category: 0, message: "it has no tree")
    }
    return ObjectID(oid.pointee)
  }

  /// What is at a path below a root tree; `nil` when there is nothing. The empty path is the root itself.
  func entry(at path: String, in root: ObjectID) throws(GitFailure) -> TreeEntry? {
    guard !path.isEmpty else { return TreeEntry(name: "", id: root, mode: .folder) }
    let tree = try self.tree(root)
    let entry: GitHandle<TreeEntryKind>
    do {
      entry = try GitHandle("find \(path)") { git_tree_entry_bypath($0, tree.pointer, path) }
    } catch  where error.isNotFound {
      return nil
    }
    return TreeEntry(entry.pointer)
  }

  /// The entries of a folder, in Git's order.
  func entries(of id: ObjectID) throws(GitFailure) -> [TreeEntry] {
    let tree = try self.tree(id)
    return (0..<git_tree_entrycount(tree.pointer)).compactMap { index in
      git_tree_entry_byindex(tree.pointer, index).flatMap(TreeEntry.init)
    }
  }

  /// The size of an object in bytes, without reading its content.
  func size(of id: ObjectID) throws(GitFailure) -> Int {
    var oid = id.oid
    var length = 0
    var type = GIT_OBJECT_INVALID
    try git("read the size of \(id.hex)") {
      git_odb_read_header(&length, &type, objects.pointer, &oid)
    }
    return length
  }

  func bytes(of id: ObjectID) throws(GitFailure) -> [UInt8] {
    var oid = id.oid
    let blob = try GitHandle<BlobKind>("read file \(id.hex)") {
      git_blob_lookup($0, repository.pointer, &oid)
    }
    return [UInt8](
      UnsafeRawBufferPointer(
        start: git_blob_rawcontent(blob.pointer), count: Int(git_blob_rawsize(blob.pointer))))
  }
}

/// One line of a tree.
struct TreeEntry {
  enum Mode {
    case file, folder, link, submodule

    /// `nil` for a mode that no Git writes.
    init?(_ rawMode: git_filemode_t) {
      switch rawMode {
      case GIT_FILEMODE_TREE: self = .folder
      case GIT_FILEMODE_BLOB, GIT_FILEMODE_BLOB_EXECUTABLE: self = .file
      case GIT_FILEMODE_LINK: self = .link
      case GIT_FILEMODE_COMMIT: self = .submodule
      default: return nil
      }
    }
  }
  /// `nil` when it is not UTF-8, or not a name that a file can have: nobody has checked the trees of a remote.
  var name: String?
  var id: ObjectID
  var mode: Mode
  /// As Git stores it: an executable file keeps its bit.
  var rawMode: git_filemode_t

  init(name: String?, id: ObjectID, mode: Mode, rawMode: git_filemode_t = GIT_FILEMODE_TREE) {
    self.name = name
    self.id = id
    self.mode = mode
    self.rawMode = rawMode
  }

  /// Copies what libgit2 knows; `nil` for a mode that no Git writes.
  init?(_ entry: OpaquePointer) {
    guard let oid = git_tree_entry_id(entry), let name = git_tree_entry_name(entry) else { return nil }
    let rawMode = git_tree_entry_filemode(entry)
    guard let mode = Mode(rawMode) else { return nil }
    self.init(name: Self.fileName(name), id: ObjectID(oid.pointee), mode: mode, rawMode: rawMode)
  }

  /// A name by which nothing outside of its folder can be meant.
  private static func fileName(_ text: UnsafePointer<CChar>) -> String? {
    guard let name = String(validatingCString: text), name.utf8.count <= TreeBudget.nameBytes,
      !name.utf8.contains(UInt8(ascii: "/"))
    else { return nil }
    return ["", ".", "..", ".git"].contains(name.lowercased()) ? nil : name
  }
}
