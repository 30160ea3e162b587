import CLibgit2

/// A kind of object that libgit2 allocates, with the function that gives it back.
protocol GitHandleKind {
  static func release(_ pointer: OpaquePointer)
}

/// The single owner of an object that libgit2 allocated: cannot be copied, frees it when it goes away.
struct GitHandle<Kind: GitHandleKind>: ~Copyable {
  let pointer: OpaquePointer

  init(
    _ operation: String, _ make: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
  ) throws(GitFailure) {
    var made: OpaquePointer?
    try git(operation) { make(&made) }
    guard let made else {
      throw GitFailure(operation: operation, code: -1, category: 0, message: "libgit2 returned no object")
    }
    pointer = made
  }

  deinit { Kind.release(pointer) }
}

enum RepositoryKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_repository_free(pointer) }
}
enum CommitKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_commit_free(pointer) }
}
enum TreeKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_tree_free(pointer) }
}
enum BlobKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_blob_free(pointer) }
}
enum ObjectKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_object_free(pointer) }
}
enum ObjectDatabaseKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_odb_free(pointer) }
}
enum StoredObjectKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_odb_object_free(pointer) }
}
enum TreeEntryKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_tree_entry_free(pointer) }
}
enum TreeBuilderKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_treebuilder_free(pointer) }
}
enum ReferenceKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_reference_free(pointer) }
}
enum RemoteKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_remote_free(pointer) }
}
enum RevisionWalkKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_revwalk_free(pointer) }
}
enum PackBuilderKind: GitHandleKind {
  static func release(_ pointer: OpaquePointer) { git_packbuilder_free(pointer) }
}

typealias GitRepository = GitHandle<RepositoryKind>
typealias GitCommit = GitHandle<CommitKind>
typealias GitTree = GitHandle<TreeKind>
