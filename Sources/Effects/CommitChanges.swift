/// What is at a path, as Git stores it: equal entries have the same bytes and the same mode.
package struct PathEntry: Hashable, Sendable {
  /// Of the content.
  package var id: String
  /// With the type: a file, an executable one, a link, a submodule.
  package var mode: UInt32

  package init(id: String, mode: UInt32) {
    self.id = id
    self.mode = mode
  }
}

/// A path at which a commit differs from its first parent; relative to the configured path.
package struct PathChange: Hashable, Sendable {
  package var path: String
  package var before: PathEntry?
  package var after: PathEntry?

  package init(path: String, before: PathEntry?, after: PathEntry?) {
    self.path = path
    self.before = before
    self.after = after
  }
}

/// How a commit differs from its first parent.
package struct CommitChanges: Hashable, Sendable {
  /// Whether it does not, in the whole repository.
  package var areNone: Bool
  /// Below the configured path; `nil` when they are more than ``mostFiles``, or deeper than any file is.
  package var files: [PathChange]?

  /// More files than any revert of a deployment changes.
  package static let mostFiles = 1000

  package init(areNone: Bool, files: [PathChange]?) {
    self.areNone = areNone
    self.files = files
  }
}
