import Effects
import GRDB
import Journal
import Manifests
import Rollout
import TestSupport
import Testing
import Vocabulary

@Suite struct UpgradeTests {
  @Test func `a journal of the first version is read, with all that was going on`() async throws {
    let contents = try await withTemporaryFolder { folder in
      try await DatabaseQueue(path: folder + "/journal.sqlite").write { try $0.execute(sql: firstJournal) }
      return try await SQLiteJournal(stateDirectory: folder).load()
    }
    #expect(contents.models.map(\.machine.name) == ["failed-first", "in-canary", "rolled-back"])
    #expect(contents.models.map(\.machine.phase) == [.restoring, .stepping, .writingBack])
    let canary = try #require(contents.models.first { $0.machine.name == "in-canary" })
    #expect(canary.machine.stable?.version == "1")
    #expect(canary.machine.rollout?.rules == Rules(readyTimeout: .seconds(90)))
    #expect(canary.machine.rollout?.step == .analyze(for: .milliseconds(1500), minRequests: 20))
    #expect(
      canary.live.policy.strategy
        == .canary([.weight(5), .analyze(for: .milliseconds(1500), minRequests: 20)]))
    #expect(canary.live.policy.onFailure == .revert)
    #expect(canary.live.policy.rollbackWindow == .zero)
    #expect(contents.instances.count == 1)
    #expect(contents.clock == nil)
    // What it had taken in was taken in without a check.
    #expect(contents.trust == TrustRecord())
  }
}
