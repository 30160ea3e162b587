import TestSupport
import Testing

/// A version whose answers are right, and too slow: seen by nobody but its check.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct LatencyTests {
  @Test func `a slow shadow is reverted, and no client has waited for it`() async throws {
    let policy = quickPolicy("look-only", "shadow: {percent: 100, analyze: {for: 2s, minRequests: 20}}")
    let check = """
      ---
      apiVersion: evenkeel.dev/v1
      kind: Check
      metadata: {name: tail}
      spec:
        latency: {max: 250ms, versusStable: {ratio: 2}}

      """
    try await withSite { site in
      let platform = site.platform + policy.replacing("[errors]", with: "[errors, tail]") + check
      try await site.commit(["platform.yaml": platform], "Describe how models are served and rolled out")
      try await site.start()
      try await site.deploy("fraud", "1") { $0.policy = "look-only" }
      try await site.waitUntilStable("fraud", "1")
      try await site.underLoad(on: "fraud") { tally in
        let commit = try await site.deploy("fraud", "2", flags: "--delay 0.3") { $0.policy = "look-only" }
        let (rollout, revert) = try await site.waitUntilReverted("fraud", "2")
        try await site.waitUntilStable("fraud", "1")
        #expect(rollout.failure?.reason == "CheckFailed")
        let message = try await site.remote.bare("log", "-1", "--format=%B", revert)
        let words = message.replacing("\n", with: " ")
        #expect(words.contains("This reverts commit \(commit)"))
        #expect(words.contains("check tail: "), "\(message)")
        #expect(words.contains("requests took longer than 250 ms, at most 1 % allowed; "), "\(message)")
        // Where few requests came, the bound has decided before there was enough to compare with.
        #expect(words.contains("(e-value "), "\(message)")
        #expect(tally.answered(by: rollout.revision) == 0)
        #expect(tally.failed() == [:])
        measured("a slow shadow", tally)
      }
    }
  }
}
