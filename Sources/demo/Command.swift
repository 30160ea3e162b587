import Subprocess
import SystemPackage

/// Runs a program to its end, within a deadline, and returns what it printed.
func output(
  of program: FilePath, _ arguments: [String], environment: [String: String],
  deadline: Duration = .seconds(30)
) async throws -> String {
  let name = program.lastComponent?.string ?? program.string
  let words = ([name] + arguments).joined(separator: " ")
  return try await within(deadline, words) {
    let result = try await run(
      .path(program), arguments: Arguments(arguments),
      environment: .custom(subprocessEnvironment(environment)), input: .none,
      output: .string(limit: 1 << 22), error: .string(limit: 1 << 20))
    guard result.terminationStatus.isSuccess else {
      throw StoryError("\(words): \(result.terminationStatus)\n\(result.standardError)")
    }
    return result.standardOutput
  }
}

func subprocessEnvironment(_ variables: [String: String]) -> [Environment.Key: String] {
  variables.reduce(into: [:]) { environment, variable in
    if let key = Environment.Key(rawValue: variable.key) { environment[key] = variable.value }
  }
}
