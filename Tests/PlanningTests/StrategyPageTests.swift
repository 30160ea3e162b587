import Foundation
import Manifests
import Planning
import Testing
import Vocabulary

/// The pages of the strategies show a policy and what the dry run prints for it: the one follows from the other.
@Suite struct StrategyPageTests {
  /// With `UPDATE_REFERENCE=1` in the environment the pages are written anew first.
  @Test(arguments: ["canary", "blue-green", "shadow", "recreate"])
  func `the page of a strategy shows what its policy does`(name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/strategies/\(name).md").standardizedFileURL
    let page = try String(contentsOf: file, encoding: .utf8)
    let policy = try #require(block("yaml", in: page), "the page has no policy")
    let shown = "<!-- dry run -->\n\n```text\n\(try dryRun(policy))```\n"
    if ProcessInfo.processInfo.environment["UPDATE_REFERENCE"] == "1" {
      let start = page.range(of: "<!-- dry run -->")?.lowerBound ?? page.endIndex
      try Data((page[..<start] + shown).utf8).write(to: file)
    }
    let written = try String(contentsOf: file, encoding: .utf8)
    #expect(written.hasSuffix(shown), "run this test with UPDATE_REFERENCE=1")
  }

  /// What the dry run prints when version 8 takes the place of version 7 by this policy.
  private func dryRun(_ policy: String) throws -> String {
    let name = try #require(policy.firstMatch(of: /metadata: {name: ([a-z-]+)}/)?.output.1)
    let files = [manifests(version: 8, policy: String(name)), policy].enumerated().map { index, text in
      parse(ManifestFile(path: "\(index).yaml", bytes: Array(text.utf8)))
    }
    let desired = resolve(files)
    #expect(desired.diagnostics.isEmpty)
    let live = try #require(desired.models["fraud-detector"]).live
    let commit: CommitID = "3f2a9c1d00000000000000000000000000000000"
    let observed = ObservedState(models: [
      "fraud-detector": ObservedModel(stable: try release("7"), live: live)
    ])
    let plan = plan(desired, against: observed, from: PlanSource(path: ".")) { _, _ in commit }
    return renderText(plan, colour: false)
  }

  private func block(_ language: String, in page: String) -> String? {
    guard let start = page.range(of: "```\(language)\n")?.upperBound,
      let end = page.range(of: "```", range: start..<page.endIndex)?.lowerBound
    else { return nil }
    return String(page[start..<end])
  }
}

private func manifests(version: Int, policy: String) -> String {
  """
  apiVersion: evenkeel.dev/v1
  kind: ServingRuntime
  metadata: {name: mlserver-sklearn}
  spec:
    command: [mlserver, start, $(MODEL_DIR)]
    ready: {path: /v2/models/$(MODEL_NAME)/ready}
  ---
  apiVersion: evenkeel.dev/v1
  kind: Check
  metadata: {name: error-budget}
  spec: {errorRate: {max: 1%, versusStable: true}}
  ---
  apiVersion: evenkeel.dev/v1
  kind: Model
  metadata: {name: fraud-detector}
  spec:
    artifact:
      uri: https://models.example.com/fraud/\(version)/model.tar.gz
      version: "\(version)"
      digest: sha256:\(String(repeating: "9f", count: 32))
    runtime: mlserver-sklearn
    replicas: 2
    rollout: \(policy)
  """
}
