import Subprocess
import SystemPackage
import TestSupport

/// What a command did.
struct CommandResult: Sendable {
  /// The exit code; `nil` when a signal ended it.
  var code: Int32?
  var output: String
  var messages: String
}

/// Runs the built executable in a folder, with an environment of its own.
func evenkeel(
  _ first: String..., in folder: String, then rest: some Sequence<String> = [],
  environment: [String: String] = [:]
) async throws -> CommandResult {
  var variables: [Environment.Key: String] = ["PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"]
  for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
  let result = try await Subprocess.run(
    .path(FilePath(builtExecutable("evenkeel"))), arguments: Arguments(first + rest),
    environment: .custom(variables), workingDirectory: FilePath(folder),
    output: .string(limit: 4 << 20), error: .string(limit: 4 << 20))
  let code: Int32? = if case .exited(let code) = result.terminationStatus { code } else { nil }
  return CommandResult(code: code, output: result.standardOutput, messages: result.standardError)
}

/// A checkout in which version 1 of `fraud` is committed.
func withCheckout(_ body: (_ git: GitCommand, _ folder: String) async throws -> Void) async throws {
  try await withTemporaryFolder { folder in
    let git = GitCommand(in: folder)
    try await git("init", "--quiet", "--initial-branch=main")
    try write(sharedManifests, to: folder + "/models/shared.yaml")
    try write(model(version: 1), to: folder + "/models/fraud.yaml")
    try await commitAll(git, "Deploy fraud 1")
    try await body(git, folder)
  }
}

@discardableResult
func commitAll(_ git: GitCommand, _ message: String) async throws -> String {
  try await git("add", "--all")
  try await git("commit", "--quiet", "-m", message)
  return try await git("rev-parse", "HEAD")
}
