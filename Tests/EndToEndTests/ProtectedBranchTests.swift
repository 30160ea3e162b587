import Foundation
import TestSupport
import Testing

/// A branch that only people may push to.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ProtectedBranchTests {
  /// As a forge protects it: whoever is not a person is told to open a pull request.
  private let protection = """
    while read -r old new ref; do
      [ "$ref" = refs/heads/main ] || continue
      echo 'error: GH006: Protected branch update failed for refs/heads/main.' >&2
      exit 1
    done
    """

  @Test func `two hosts propose one branch for a protected one, and are done when a person has merged it`()
    async throws
  {
    try await withSite { first in
      try await first.withSecondHost { second in
        let hosts = [first, second]
        try await first.describePlatform()
        try first.reconfigure { $0.proposes = true }
        try await first.start()
        let pushing = try await second.start()
        try await first.deploy("fraud", "1")
        for host in hosts { try await host.waitUntilStable("fraud", "1") }
        let bad = try await first.deploy("fraud", "2", flags: "--exit-with 3")
        try await first.installHook("pre-receive", protection)
        let branch = "evenkeel/revert/fraud-\(bad.prefix(8))"
        // The first proposes; the second may only push, and is told that it may not.
        try await first.wait(for: "fraud", "is proposed") {
          $0.condition("PinnedByRollback")?.message.contains("\(branch): merge it") == true
        }
        try await second.wait(for: "fraud", "is refused") {
          $0.condition("Stalled")?.reason == "PushRefused"
            && $0.condition("Stalled")?.message.contains("GH006") == true
        }
        try await pushing.terminate()
        try second.reconfigure { $0.proposes = true }
        try await second.start()
        try await second.wait(for: "fraud", "is proposed as well") {
          $0.condition("Stalled")?.reason == "RevertProposed"
        }
        #expect(try await first.proposals() == [branch])
        #expect(try await first.remote.bare("rev-parse", "main") == bad)
        try await first.mergeAsPerson(branch)
        for host in hosts { try await host.waitUntilStable("fraud", "1") }
        try await eventually("the branch is gone", pace: patience) { try await first.proposals() == [] }
        let (_, revert) = try await first.waitUntilReverted("fraud", "2")
        #expect(
          try await first.remote.bare("log", "-1", "--format=%s", revert) == "Revert \"Deploy fraud 2\"")
      }
    }
  }
}

extension Site {
  /// The branches beside `main`.
  fileprivate func proposals() async throws -> [String] {
    try await remote.bare("for-each-ref", "--format=%(refname:short)").split(separator: "\n").map(String.init)
      .filter { $0 != "main" }
  }

  /// Merges as forges do, past the hook.
  fileprivate func mergeAsPerson(_ branch: String) async throws {
    try await remote.work(
      "fetch", "--quiet", "origin", "main:refs/evenkeel/main", "\(branch):refs/evenkeel/theirs")
    try await remote.work("switch", "--quiet", "--detach", "refs/evenkeel/main")
    try await remote.work("merge", "--quiet", "--no-ff", "-m", "Merge \(branch)", "refs/evenkeel/theirs")
    try await remote.work("push", "--quiet", "origin", "HEAD:refs/heads/merged")
    let merged = try await remote.work("rev-parse", "HEAD")
    try await remote.bare("update-ref", "refs/heads/main", merged)
    try await remote.bare("update-ref", "-d", "refs/heads/merged")
  }
}
