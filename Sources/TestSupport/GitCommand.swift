/// The real `git`, in one folder, undisturbed by the configuration of whoever runs the tests.
package struct GitCommand: Sendable {
  /// A command that did not exit with 0.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  package let folder: String
  /// Added to the environment.
  package var environment: [String: String] = [:]

  package init(in folder: String) {
    self.folder = folder
  }

  /// Runs `git ARGUMENTS`.
  ///
  /// - Returns: What it printed, without the last line break.
  /// - Throws: ``Failure`` with what it complained about.
  @discardableResult
  package func callAsFunction(_ arguments: String..., input: String = "") async throws -> String {
    let hermetic = [
      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
      "GIT_AUTHOR_NAME": "Test Author", "GIT_AUTHOR_EMAIL": "author@example.com",
      "GIT_COMMITTER_NAME": "Test Author", "GIT_COMMITTER_EMAIL": "author@example.com",
    ]
    let result = try await run(
      "git", arguments, input: input, environment: hermetic.merging(environment) { $1 }, in: folder)
    guard result.status == 0 else {
      let command = arguments.joined(separator: " ")
      throw Failure(description: "git \(command): status \(result.status): \(result.errors)")
    }
    return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
  }
}

/// A bare repository that serves as the remote, and a work tree from which a test plays the engineer.
package struct GitRemote: Sendable {
  /// The bare repository's folder.
  package let path: String
  /// Runs `git` in the bare repository.
  package let bare: GitCommand
  /// Runs `git` in the engineer's work tree, whose `origin` is the bare repository.
  package let work: GitCommand

  /// Makes `FOLDER/NAME.git` and `FOLDER/NAME-work`, both on an unborn branch `main`.
  package init(in folder: String, name: String = "config") async throws {
    path = "\(folder)/\(name).git"
    bare = GitCommand(in: path)
    work = GitCommand(in: "\(folder)/\(name)-work")
    let git = GitCommand(in: folder)
    try await git("init", "--quiet", "--bare", "--initial-branch=main", path)
    try await bare("config", "http.receivepack", "true")
    try await git("init", "--quiet", "--initial-branch=main", work.folder)
    try await work("remote", "add", "origin", path)
  }

  /// Writes files (deletes those without text) and commits them.
  ///
  /// - Returns: The commit's id.
  @discardableResult
  package func commit(_ files: [String: String?], message: String = "Change") async throws -> String {
    for (path, text) in files {
      if let text {
        try write(text, to: "\(work.folder)/\(path)")
      } else {
        try await work("rm", "--quiet", path)
      }
    }
    try await work("add", "--all")
    try await work("commit", "--quiet", "--allow-empty", "-m", message)
    return try await work("rev-parse", "HEAD")
  }

  /// Pushes the current branch of the work tree, also over a rewritten one.
  package func publish() async throws {
    try await work("push", "--quiet", "--force", "origin", "HEAD")
  }
}
