import FoundationEssentials

/// The path of an executable product of this package: it lies beside the test runner.
package func builtExecutable(_ name: String) throws -> String {
  let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  return URL(filePath: runner).deletingLastPathComponent().appending(path: name).path
}

/// A process as `/proc` shows it.
package struct RunningProcess: Hashable, Sendable {
  package var id: Int32
  /// With spaces between the arguments.
  package var commandLine: String
  /// With spaces between the variables; empty where we may not look.
  package var environment: String
}

/// All processes that have `text` in their command line.
package func processes(containing text: String = "") -> [RunningProcess] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return names.compactMap { Int32($0) }.compactMap { id in
    guard let commandLine = words(in: "/proc/\(id)/cmdline"), commandLine.contains(text) else { return nil }
    return RunningProcess(
      id: id, commandLine: commandLine, environment: words(in: "/proc/\(id)/environ") ?? "")
  }
}

/// The command lines of all processes that have `text` in theirs.
package func commandLines(containing text: String) -> [String] {
  processes(containing: text).map(\.commandLine)
}

private func words(in file: String) -> String? {
  guard let data = FileManager.default.contents(atPath: file) else { return nil }
  return String(decoding: data.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
}
