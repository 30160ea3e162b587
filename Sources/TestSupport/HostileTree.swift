/// Trees of few objects that take whoever expands them for ever, or as much stack as there is.
package enum HostileTree: String, CaseIterable, Sendable {
  /// Ten levels of ten names for the same folder: 10¹⁰ files.
  case filesWithoutEnd
  /// The same with nothing in the last of the folders.
  case emptyFoldersWithoutEnd
  /// A file below 5,000 folders.
  case nested

  /// Writes the objects.
  ///
  /// - Returns: The tree's id.
  package func make(in git: GitCommand) async throws -> String {
    switch self {
    case .filesWithoutEnd:
      let file = try await git("hash-object", "-w", "--stdin", input: "x: 1\n")
      let leaves = (0..<10).map { "100644 blob \(file)\t\($0).yaml\n" }.joined()
      return try await multiply(try await git("mktree", input: leaves), times: 9, in: git)
    case .emptyFoldersWithoutEnd:
      return try await multiply(try await git("mktree"), times: 10, in: git)
    case .nested:
      let path = String(repeating: "a/", count: 5000) + "b.yaml"
      let commands = """
        commit refs/hostile
        committer A <a@example.com> 0 +0000
        data 0
        M 644 inline \(path)
        data 5
        x: 1

        done

        """
      try await git("fast-import", "--quiet", "--done", input: commands)
      return try await git("rev-parse", "refs/hostile^{tree}")
    }
  }

  private func multiply(_ tree: String, times: Int, in git: GitCommand) async throws -> String {
    var tree = tree
    for _ in 0..<times {
      tree = try await git("mktree", input: (0..<10).map { "040000 tree \(tree)\t\($0)\n" }.joined())
    }
    return tree
  }
}
