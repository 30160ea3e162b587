import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

/// One change of every kind, with a warning, a stalled model and a diagnostic.
private func examplePlan() throws -> Plan {
  var wish = desired(
    try model(version: "8"), try model("new"), try model("scaled", replicas: 3), try model("same"))
  wish.unreadable = ["broken"]
  wish.diagnostics = [
    Diagnostic(
      file: "models/broken.yaml", line: 12, column: 5, message: "unknown field `replica`",
      suggestion: "did you mean `replicas`?")
  ]
  let stable = ObservedModel(stable: try release("7"), live: live())
  var failed = stable
  failed.failures = [
    FailedAttempt(
      attempt: Attempt(try release("8")), version: "8", message: "it crashed",
      at: Timestamp(milliseconds: 1_772_357_400_250))
  ]
  let observed = ObservedState(models: [
    "fraud-detector": failed, "scaled": stable, "same": stable, "gone": stable, "broken": stable,
  ])
  let source = PlanSource(
    url: "https://git.example.com/models.git", branch: "main",
    commit: "3f2a9c1d00000000000000000000000000000000", path: "environments/prod")
  return plan(wish, against: observed, from: source) { _, _ in "3f2a9c1d00000000000000000000000000000000" }
}

@Suite struct PlanRenderingTests {
  @Test func `has exactly the documented keys`() throws {
    #expect(try json(try examplePlan()) == planGolden)
  }

  @Test func `says null for what a folder does not have`() throws {
    let text = try json(
      plan(desired(), against: ObservedState(), from: PlanSource(path: ".")) { _, _ in nil })
    #expect(text.contains(#""url" : null"#))
    #expect(text.contains(#""commit" : null"#))
    #expect(text.contains(#""path" : ".""#))
  }

  @Test func `reads like a diff`() throws {
    #expect(renderText(try examplePlan(), colour: false) == textGolden)
  }

  @Test func `colours nothing but whole lines`() throws {
    let coloured = renderText(try examplePlan(), colour: true)
    let plain = coloured.replacing(#/\u{1B}\[[0-9]+m/#, with: "")
    #expect(coloured != plain)
    #expect(plain == textGolden)
  }

  @Test func `says that there is nothing to do`() {
    let plan = Plan(source: PlanSource(path: "."), unchanged: 3)
    #expect(renderText(plan, colour: true) == "Nothing to do: 3 unchanged.\n")
  }

  @Test func `fits a pull request`() throws {
    #expect(renderMarkdown(try examplePlan()) == markdownGolden)
  }

  @Test func `shows hostile text as it is`() throws {
    let version = "8\u{1B}[2J\n<img src=x> | `@team` **bold**\u{202E}"
    let plan = plan(
      desired(try model(version: version)), against: ObservedState(), from: PlanSource(path: ".")
    ) {
      _, _ in nil
    }
    let text = renderText(plan, colour: false)
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
    #expect(text.contains("start 2 instances of version 8 <img src=x> | `@team` **bold**\n"))
    let markdown = renderMarkdown(plan)
    #expect(!markdown.contains("<img"))
    #expect(!markdown.contains("@team"))
    #expect(markdown.contains(#"8 &lt;img src=x\> \| \`&#64;team\` \*\*bold\*\*"#))
    #expect(!markdown.unicodeScalars.contains("\u{202E}"))
  }
}
