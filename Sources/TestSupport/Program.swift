import Subprocess
import SystemPackage

/// How a program ended, and what it wrote.
package struct ProgramResult: Sendable {
  /// As a shell has it: the exit code, or 128 and the number of the signal that ended it.
  package var status: Int32
  package var output: String
  package var errors: String
}

/// Runs a program to its end.
///
/// - Parameters:
///   - program: A path, or a name that is looked up in `PATH`.
///   - environment: All of it but `PATH`, `HOME` (the folder) and `LANG`.
///   - folder: Where it runs.
package func run(
  _ program: String, _ arguments: [String] = [], input: String = "", environment: [String: String] = [:],
  in folder: String = "/"
) async throws -> ProgramResult {
  var variables: [Environment.Key: String] = [
    "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8",
  ]
  for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
  let result = try await Subprocess.run(
    program.contains("/") ? .path(FilePath(program)) : .name(program), arguments: Arguments(arguments),
    environment: .custom(variables), workingDirectory: FilePath(folder),
    input: .fileDescriptor(try pipe(holding: input), closeAfterSpawningProcess: true),
    output: .string(limit: 64 << 20), error: .string(limit: 1 << 20))
  let status: Int32 =
    switch result.terminationStatus {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  return ProgramResult(status: status, output: result.standardOutput, errors: result.standardError)
}

/// The reading end of a pipe that has all of a short text in it. (swift-subprocess 1.0.2 writes texts itself, but
/// ends our process when the child is gone before it has read everything.)
private func pipe(holding text: String) throws -> FileDescriptor {
  precondition(text.utf8.count < 65_536, "a pipe holds no more without a reader")
  let ends = try FileDescriptor.pipe()
  try ends.writeEnd.closeAfter { _ = try ends.writeEnd.writeAll(text.utf8) }
  return ends.readEnd
}
