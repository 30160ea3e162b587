import FoundationEssentials

/// The path of an executable product of this package: it lies beside the test runner.
package func builtExecutable(_ name: String) throws -> String {
  let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  return URL(filePath: runner).deletingLastPathComponent().appending(path: name).path
}

/// The command lines of all processes that have `text` in theirs.
package func commandLines(containing text: String) -> [String] {
  let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return processes.filter { $0.allSatisfy(\.isNumber) }.compactMap { process in
    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return nil }
    let line = String(decoding: data.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    return line.contains(text) ? line : nil
  }
}
