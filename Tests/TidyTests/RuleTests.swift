import Testing

/// Each rule catches what it is for, and leaves its neighbours alone.
struct RuleTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let rule: Rule
    let path: String
    let text: String
    var testDescription: String { "\(rule.name): \(text)" }

    init(_ rule: Rule, _ path: String, _ text: String) {
      self.rule = rule
      self.path = path
      self.text = text
    }
  }

  @Test(arguments: [
    Example(.layering, "Sources/Planning/A.swift", "import GitSource"),
    Example(.layering, "Sources/Effects/A.swift", "package import Agent"),
    Example(.layering, "Sources/Agent/A.swift", "import Journal"),
    Example(.layering, "Sources/Agent/A.swift", "import Simulation"),
    Example(.layering, "Sources/Journal/A.swift", "import HostTarget"),
    Example(.layering, "Sources/HostTarget/A.swift", "import struct Console.Server"),
    Example(.layering, "Sources/Rollout/A.swift", "@preconcurrency import CLibgit2"),
    Example(.layering, "Sources/evenkeel/A.swift", "import TestSupport"),
    Example(.layering, "Sources/demo/A.swift", "import Manifests"),
    Example(.purity, "Sources/Rollout/A.swift", "let now = Date()"),
    Example(.purity, "Sources/Planning/A.swift", "try await Task.sleep(for: .seconds(1))"),
    Example(.purity, "Sources/Manifests/A.swift", "FileManager.default.contents(atPath: path)"),
    Example(.purity, "Sources/YAML/A.swift", "let text = \"\\(ContinuousClock.now)\""),
    Example(.purity, "Sources/Vocabulary/A.swift", "let dice = Int.random(in: 1...6)"),
    Example(.short, "docs/long.md", String(repeating: "line\n", count: 501)),
    Example(.noTraps, "Sources/Agent/A.swift", "let value = try! read()"),
    Example(.noTraps, "Tests/AgentTests/A.swift", "let value = other as! String"),
    Example(.noTraps, "Sources/Agent/A.swift", "guard known else { fatalError(\"unknown\") }"),
    Example(.noLeftovers, "Sources/Agent/A.swift", "let a = 1  // TODO: something else"),
    Example(.noLeftovers, "Sources/Agent/A.swift", "/* one\n FIXME */"),
    Example(.unsafeWithReason, "Sources/Agent/A.swift", "\nfinal class Box: @unchecked Sendable {}"),
    Example(.unsafeWithReason, "Sources/Agent/A.swift", "let a = 1\nnonisolated(unsafe) var b = 2"),
    Example(.testSentences, "Tests/AgentTests/A.swift", "@Test func startsInstances() {}"),
    Example(.testSentences, "Tests/AgentTests/A.swift", "@Test(arguments: [1, 2])\nfunc counts(_ n: Int) {}"),
  ])
  func `an offence is found`(_ example: Example) {
    #expect(example.rule.covers(example.path))
    #expect(example.rule.complaints(example.path, example.text).count == 1)
  }

  @Test(arguments: [
    Example(.layering, "Sources/Planning/A.swift", "package import Manifests\nimport Planning"),
    Example(.layering, "Sources/Planning/A.swift", "// import GitSource\nlet text = \"import GitSource\""),
    Example(.layering, "Sources/Agent/A.swift", "import Effects\nimport Logging"),
    Example(.layering, "Sources/evenkeel/A.swift", "import HostTarget\nimport Journal"),
    Example(.layering, "Sources/Console/A.swift", "let important = imported(Journal)"),
    Example(.purity, "Sources/Vocabulary/A.swift", "let day = civilDate(daysSince1970: 3)"),
    Example(.purity, "Sources/Rollout/A.swift", "/// Not Task.sleep, as FileManager would say.\nlet a = 1"),
    Example(.short, "docs/long.md", String(repeating: "line\n", count: 500)),
    Example(.noTraps, "Sources/Agent/A.swift", "let text = \"try! \\(a) as! b\"  // fatalError("),
    Example(.noLeftovers, "Sources/Agent/A.swift", "let TODO = \"FIXME\""),
    Example(
      .unsafeWithReason, "Sources/Agent/A.swift", "// The lock guards it.\nnonisolated(unsafe) var b = 2"),
    Example(.testSentences, "Tests/AgentTests/A.swift", "@Test func `starts \"two\" instances`() {}"),
    Example(.testSentences, "Tests/AgentTests/A.swift", "@Test\nfunc `one`() {}\nfunc helper() {}"),
  ])
  func `what is allowed is left alone`(_ example: Example) {
    #expect(example.rule.covers(example.path))
    #expect(example.rule.complaints(example.path, example.text) == [])
  }

  @Test func `purity is asked of the core only`() {
    #expect(!Rule.purity.covers("Sources/HostTarget/A.swift"))
    #expect(!Rule.purity.covers("Tests/PlanningTests/A.swift"))
  }

  @Test(arguments: [
    ("[a](missing.md)", 1), ("[a](../missing.md#part)", 1), ("[a](there.md) [b](missing.md)", 1),
    ("[a](there.md#part), [b](../README.md) and [c](/docs/there.md)", 0),
    ("[a](https://example.com/missing.md), [b](#part), [c](mailto:a@example.com)", 0),
    ("`[a](missing.md)`", 0), ("```\n[a](missing.md)\n```", 0),
  ])
  func `a link to a file that does not exist is found`(_ text: String, _ count: Int) {
    let files: Set = ["docs/there.md", "README.md"]
    #expect(brokenLinks(path: "docs/a.md", text: text, exists: files.contains).count == count)
  }

  @Test func `a stray file at the top level is found`() {
    #expect(strayNames(["Package.swift", ".ci", "Sources", "notes.txt", "src"]) == ["notes.txt", "src"])
  }
}
