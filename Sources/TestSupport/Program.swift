import Glibc
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
    input: .fileDescriptor(try file(holding: input), closeAfterSpawningProcess: true),
    output: .string(limit: 64 << 20), error: .string(limit: 1 << 20))
  let status: Int32 =
    switch result.terminationStatus {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  return ProgramResult(status: status, output: result.standardOutput, errors: result.standardError)
}

/// A file without a name that has the text in it. (swift-subprocess 1.0.2 writes texts itself, but ends our process
/// when the child is gone before it has read everything.)
private func file(holding text: String) throws -> FileDescriptor {
  let path = FilePath("/tmp/evenkeel-input-\(UInt64.random(in: 0...UInt64.max))")
  let file = try FileDescriptor.open(
    path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
  unlink(path.string)
  _ = try file.writeAll(text.utf8)
  _ = try file.seek(offset: 0, from: .start)
  return file
}
