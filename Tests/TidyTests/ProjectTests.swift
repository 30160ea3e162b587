import Foundation
import Testing

/// The project's own files obey its rules.
struct ProjectTests {
  @Test(arguments: [
    Rule.layering, .purity, .short, .noTraps, .noLeftovers, .unsafeWithReason, .testSentences,
  ])
  func `the tree obeys the rule`(_ rule: Rule) throws {
    let covered = try Project.files().filter(rule.covers)
    #expect(!covered.isEmpty, "a rule that covers no file checks nothing")
    for path in covered {
      for complaint in rule.complaints(path, try Project.text(of: path)) {
        Issue.record(Comment(rawValue: complaint.description))
      }
    }
  }

  @Test func `every link in the documents leads to a file`() throws {
    for path in try Project.files() where path.hasSuffix(".md") {
      for complaint in brokenLinks(path: path, text: try Project.text(of: path), exists: Project.exists) {
        Issue.record(Comment(rawValue: complaint.description))
      }
    }
  }

  @Test func `every fault of the documents is shown by a test that exists`() throws {
    let page = try Project.text(of: "docs/reference/what-happens-when.md")
    let rows = page.split(separator: "\n").filter {
      $0.hasPrefix("| ") && $0.contains("`") && !$0.hasPrefix("| ---")
    }
    let tests = try Project.files().filter { $0.hasPrefix("Tests/") && $0.hasSuffix(".swift") }
      .map(Project.text).joined()
    let named = rows.map { row in
      (row.split(separator: "|").last ?? "").matches(of: /`([^`]+)`/).map(\.output.1)
    }
    #expect(
      named.count > 40 && named.allSatisfy { !$0.isEmpty }, "every row ends with the names of its tests")
    for name in named.flatMap(\.self) where !tests.contains("func `\(name)`") {
      Issue.record("no test is named `\(name)`")
    }
  }

  @Test func `the top level holds nothing else`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Project.root.path)
    #expect(strayNames(names) == [])
  }
}

private enum Project {
  /// The folder of Package.swift, from this file's place in it.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Everything that people write, as paths from the root; not what is built or checked out.
  static func files() throws -> [String] {
    let folders = ["Sources", "Tests", "docs", "manifests", ".ci"].filter(exists)
    let nested = try folders.flatMap { folder in
      try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
        .map { "\(folder)/\($0)" }
    }
    let top = ["Package.swift", "Makefile", "README.md"].filter(exists)
    return (nested + top).filter { path in
      ["swift", "md", "yaml", "py", "h", "modulemap", ""].contains(URL(filePath: path).pathExtension)
        && !path.contains("__pycache__") && isFile(path)
    }
  }

  static func text(of path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  private static func isFile(_ path: String) -> Bool {
    let values = try? root.appending(path: path).resourceValues(forKeys: [.isRegularFileKey])
    return values?.isRegularFile ?? false
  }
}
