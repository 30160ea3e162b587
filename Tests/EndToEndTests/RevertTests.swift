import Foundation
import TestSupport
import Testing

/// Reverts in histories that are not straight, and beside others who write.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct RevertTests {
  @Test func `of a merge whose other model is stable by now, only the unwanted one is taken back`()
    async throws
  {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      try await site.deploy("fraud", "1")
      try await site.deploy("churn", "1")
      try await site.waitUntilStable("fraud", "1")
      try await site.waitUntilStable("churn", "1")
      let before = try await site.remote.bare("rev-parse", "main:production/models/fraud.yaml")
      try await site.underLoad(on: "fraud", "churn") { tally in
        let merge = try await site.mergeBothVersions()
        try await site.waitUntilStable("churn", "2")
        try await site.ask("rollback", "fraud", "--reason", "the wrong currency")
        let (rollout, revert) = try await site.waitUntilReverted("fraud", "2")
        try await site.waitUntilStable("fraud", "1")
        try await site.waitUntilStable("churn", "2")
        #expect(rollout.commit == merge)
        let message = try await site.remote.bare("log", "-1", "--format=%B", revert)
        #expect(message.hasPrefix("Revert \"Merge the new models\" for fraud alone"), "\(message)")
        #expect(message.contains("the wrong currency"), "\(message)")
        let changed = try await site.remote.bare("diff", "--name-only", revert + "^", revert)
        #expect(changed == "production/models/fraud.yaml")
        #expect(try await site.remote.bare("rev-parse", "main:production/models/fraud.yaml") == before)
        #expect(tally.failed() == [:])
        measured("a merge of two models", tally)
      }
    }
  }

  @Test func `two hosts that find the same version bad write one revert`() async throws {
    try await withSite { first in
      try await first.withSecondHost { second in
        let hosts = [first, second]
        try await first.describePlatform()
        for host in hosts { try await host.start() }
        try await first.deploy("fraud", "1")
        for host in hosts { try await host.waitUntilStable("fraud", "1") }
        try await first.underLoad(on: "fraud") { firstTally in
          try await second.underLoad(on: "fraud") { secondTally in
            try await first.deploy("fraud", "2", flags: "--error-share 0.5")
            for (host, tally) in zip(hosts, [firstTally, secondTally]) {
              let rollout = try await host.waitForRollout(of: "fraud", "2", "is over") { $0.outcome != nil }
              try await host.waitUntilStable("fraud", "1")
              #expect(tally.failed(besides: rollout.revision) == [:])
            }
          }
        }
        #expect(try await first.reverts() == ["Revert \"Deploy fraud 2\""])
        for host in hosts {
          try await eventually("both know the revert", pace: patience) {
            try await host.status().source.commit == first.tip()
          }
        }
      }
    }
  }

  @Test func `a push that loses a race is computed again on top of the winner`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      try await site.deploy("fraud", "1")
      try await site.waitUntilStable("fraud", "1")
      try await site.underLoad(on: "fraud") { tally in
        let bad = try await site.deploy("fraud", "2", flags: "--error-share 0.5")
        let rival = try await site.letRivalWin()
        let (rollout, revert) = try await site.waitUntilReverted("fraud", "2")
        try await site.waitUntilStable("fraud", "1")
        let history = try await site.remote.bare("log", "-3", "--format=%H", "main")
        #expect(history.split(separator: "\n").map(String.init) == [revert, rival, bad])
        #expect(try await site.remote.bare("show", "main:README") == "by the rival")
        #expect(try await site.reverts().count == 1)
        #expect(tally.failed(besides: rollout.revision) == [:])
      }
    }
  }
}

extension Site {
  fileprivate func tip() async throws -> String { try await remote.bare("rev-parse", "main") }

  /// A branch with a new version of one model that goes on by itself and of another that waits for a person,
  /// merged as forges do.
  fileprivate func mergeBothVersions() async throws -> String {
    let churn = try await manifest("churn", "2")
    let fraud = try await manifest("fraud", "2") { $0.policy = "by-hand" }
    try await remote.work("switch", "--quiet", "--create", "topic")
    try await remote.commit(["production/models/churn.yaml": churn.text], message: "Deploy churn 2")
    try await remote.commit(["production/models/fraud.yaml": fraud.text], message: "Deploy fraud 2")
    try await remote.work("switch", "--quiet", "main")
    try await remote.work("merge", "--quiet", "--no-ff", "-m", "Merge the new models", "topic")
    try await remote.work("push", "--quiet", "origin", "main")
    return try await remote.work("rev-parse", "main")
  }

  /// Has somebody else's commit arrive while the agent's first push is being looked at.
  fileprivate func letRivalWin() async throws -> String {
    let rival = try await remote.commit(["README": "by the rival\n"], message: "Write a README")
    try await remote.work("push", "--quiet", "origin", "HEAD:refs/heads/rival")
    // In an environment of its own: Git does not let a hook move branches otherwise.
    let mark = folder + "/raced"
    try await installHook(
      "pre-receive",
      """
      [ -e '\(mark)' ] && exit 0
      touch '\(mark)'
      env -i PATH="$PATH" git -C '\(remote.path)' update-ref refs/heads/main \(rival)
      """)
    return rival
  }
}
