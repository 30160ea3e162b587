import TestSupport
import Testing

/// The repository is not as it should be: that is said plainly, and what runs runs on.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SourceTroubleTests {
  @Test func `errors in manifests are reported, and the healthy models go on`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      try await site.deploy("good", "1")
      try await site.deploy("broken", "1")
      try await site.waitUntilStable("good", "1")
      let revision = try #require(try await site.waitUntilStable("broken", "1").stable?.revision)
      let running = site.instances(of: revision)
      try await site.underLoad(on: "good", "broken") { tally in
        let good = try await site.manifest("good", "2")
        let broken = try await site.manifest("broken", "2").text
          .replacing("replicas: 1", with: "replica: 1").replacing("rollout: quick", with: "rollout: quik")
        try await site.commit(
          ["models/good.yaml": good.text, "models/broken.yaml": broken], "Deploy both, one with mistakes")
        try await site.waitUntilStable("good", "2")
        let stalled = try await site.wait(for: "broken", "is stalled") { $0.condition("Stalled") != nil }
        let message = stalled.condition("Stalled")?.message ?? ""
        #expect(stalled.stable?.version == "1")
        #expect(message.contains("models/broken.yaml:11:3"), "\(message)")
        #expect(message.contains("models/broken.yaml:10:12"), "\(message)")
        #expect(site.instances(of: revision) == running)
        #expect(try await site.evenkeel("reconcile", "--dry-run").status == 1)
        let validation = try await site.evenkeel("validate", site.remote.work.folder + "/production")
        #expect(validation.status == 1)
        #expect(validation.output.contains("did you mean `replicas`?"), "\(validation)")

        try await site.deploy("broken", "2")
        try await site.waitUntilStable("broken", "2")
        #expect(tally.failed() == [:])
        measured("errors in manifests", tally)
      }
    }
  }

  /// What is missing, what the agent says of it, and how it comes to be there.
  struct Missing: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var words: String
    var adjust: @Sendable (inout AgentFile) -> Void = { _ in }
    var isEmpty = false
    var mend: @Sendable (Site) async throws -> Void = { _ in }
  }

  static let missing = [
    Missing(testDescription: "every commit", words: "branch main", isEmpty: true) { site in
      try await site.describePlatform()
    },
    Missing(
      testDescription: "the branch", words: "branch release", adjust: { $0.branch = "release" },
      mend: { site in try await site.remote.bare("branch", "release", "main") }),
    Missing(
      testDescription: "the folder", words: "folder staging", adjust: { $0.path = "staging" },
      mend: { site in
        try await site.remote.commit(["staging/platform.yaml": site.platform])
        try await site.remote.publish()
      }),
    Missing(
      testDescription: "the repository", words: "404",
      adjust: { $0.url = $0.url.replacing("config.git", with: "other.git") },
      mend: { site in
        try await GitCommand(in: site.folder)("clone", "--quiet", "--bare", site.remote.path, "other.git")
      }),
  ]

  @Test(arguments: missing)
  func `the agent says what is missing and waits for it`(_ missing: Missing) async throws {
    try await withSite(missing.adjust) { site in
      if !missing.isEmpty { try await site.describePlatform() }
      let agent = try await site.start()
      try await eventually("the trouble is said", within: .seconds(20), pace: patience) {
        try await site.status().source.trouble?.contains(missing.words) == true
      }
      #expect(agent.words().contains(missing.words))
      #expect(try await site.evenkeel("reconcile").status == 1)
      try await missing.mend(site)
      try await eventually("the trouble is over", within: .seconds(20), pace: patience) {
        let source = try await site.status().source
        return source.trouble == nil && source.commit != nil
      }
    }
  }

  @Test func `a remote that stalls is given up by its deadline and asked again`() async throws {
    try await withSite({ $0.timeout = "2s" }) { site in
      try await site.describePlatform()
      try await site.start()
      try await site.deploy("fraud", "1")
      try await site.waitUntilStable("fraud", "1")
      try await site.underLoad(on: "fraud") { tally in
        try site.server.suffer(.stall)
        try await site.deploy("fraud", "2")
        try await eventually("the stall is said", within: .seconds(20), pace: patience) {
          try await site.status().source.trouble?.contains("no end after 2 s") == true
        }
        #expect(try await site.model("fraud")?.isStable("1") == true)
        try site.server.suffer(nil)
        try await site.waitUntilStable("fraud", "2")
        #expect(try await site.status().source.trouble == nil)
        #expect(tally.failed() == [:])
        measured("a stalled remote", tally)
      }
    }
  }
}
