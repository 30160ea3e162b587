import Effects
import Foundation
import Journal
import Rollout
import Testing
import Vocabulary

@Suite struct SQLiteJournalTests {
  @Test func `begins empty`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder + "/state")
      #expect(try await journal.load() == JournalContents())
      #expect(try await journal.lastSequence() == 0)
      #expect(try await journal.events(after: 0, limit: 10).isEmpty)
      #expect(try await journal.history(of: "fraud-detector", limit: 10).isEmpty)
    }
  }

  @Test func `gives back to the next life what the last one wrote`() async throws {
    try await withTemporaryFolder { folder in
      let (model, other) = (try modelRecord(), try modelRecord("another"))
      let spec = try instanceSpec()
      let trust = TrustRecord(
        baseline: "c1", accepted: ["c0"],
        pending: Acceptance(commit: "c2", replacing: "c1", by: "ann", at: sourceRecord.fetchedAt))
      do {
        let journal = try await SQLiteJournal(stateDirectory: folder)
        try await journal.record([
          .model(model), .model(other), .instance(spec), .source(sourceRecord), .trust(trust),
          .event(event()),
          .rollout(try rolloutRecord("01")),
        ])
      }
      let journal = try await SQLiteJournal(stateDirectory: folder)
      #expect(
        try await journal.load()
          == JournalContents(
            models: [other, model], instances: [spec], source: sourceRecord, trust: trust))
      #expect(try await journal.history(of: "fraud-detector", limit: 10) == [try rolloutRecord("01")])
      var expected = event()
      expected.sequence = 1
      #expect(try await journal.events(after: 0, limit: 10) == [expected])
    }
  }

  @Test func `replaces and removes`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder)
      var model = try modelRecord()
      try await journal.record([.model(model), .instance(try instanceSpec()), .source(sourceRecord)])
      model.startedInstances = 9
      var source = sourceRecord
      source.commit = "c2"
      try await journal.record([.model(model), .source(source), .instance(try instanceSpec("other"))])
      try await journal.record([.removeInstance("fraud-detector-1"), .removeInstance("unknown")])
      #expect(
        try await journal.load()
          == JournalContents(models: [model], instances: [try instanceSpec("other")], source: source))
      try await journal.record([.removeModel("fraud-detector")])
      #expect(try await journal.load().models.isEmpty)
    }
  }

  @Test func `numbers events and answers them`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder)
      let first = try await journal.record([.event(event("a")), .source(sourceRecord), .event(event("b"))])
      let second = try await journal.record([.event(event("c"))])
      #expect(first.map(\.sequence) == [1, 2])
      #expect(second.map(\.sequence) == [3])
      #expect(try await journal.events(after: 1, limit: 10).map(\.message) == ["b", "c"])
      #expect(try await journal.events(after: 0, limit: 2) == first)
      #expect(try await journal.lastSequence() == 3)
    }
  }

  @Test func `tells history newest first and adds the revert to it`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder)
      try await journal.record([
        .rollout(try rolloutRecord("02")), .rollout(try rolloutRecord("01")),
        .rollout(try rolloutRecord("03")),
        .rollout(try rolloutRecord("04", of: "other")),
      ])
      try await journal.record([.revert("r1", of: "02"), .revert("r2", of: "unknown")])
      let history = try await journal.history(of: "fraud-detector", limit: 2)
      #expect(history.map(\.id) == ["03", "02"])
      #expect(history.map(\.revert) == [nil, "r1"])
    }
  }

  @Test func `drops the oldest events and rollouts`() async throws {
    try await withTemporaryFolder { folder in
      let limits = SQLiteJournal.Limits(events: 5, rolloutsPerModel: 2)
      let journal = try await SQLiteJournal(stateDirectory: folder, limits: limits)
      try await journal.record([.rollout(try rolloutRecord("00", of: "other"))])
      for index in 1...9 {
        try await journal.record([
          .event(event("\(index)")), .rollout(try rolloutRecord(RolloutID("0\(index)"))),
        ])
      }
      #expect(try await journal.events(after: 0, limit: 100).map(\.sequence) == [5, 6, 7, 8, 9])
      #expect(try await journal.history(of: "fraud-detector", limit: 100).map(\.id) == ["09", "08"])
      #expect(try await journal.history(of: "other", limit: 100).map(\.id) == ["00"])
    }
  }

  @Test func `writes even for a task that was cancelled`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder)
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await journal.record([.event(event())])
      }
      #expect(try await task.value.count == 1)
      #expect(try await journal.lastSequence() == 1)
    }
  }

  @Test func `is private to its owner`() async throws {
    try await withTemporaryFolder { folder in
      let state = folder + "/state"
      let journal = try await SQLiteJournal(stateDirectory: state)
      try await journal.record([.event(event())])
      let mode: (String) throws -> Int? = { path in
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      }
      #expect(try mode(state) == 0o700)
      for name in try FileManager.default.contentsOfDirectory(atPath: state) {
        #expect(try mode(state + "/" + name) == 0o600, "\(name)")
      }
    }
  }

  @Test func `can be read while the agent has it open`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder)
      try await journal.record([.event(event("a")), .rollout(try rolloutRecord("01"))])
      let reader = try await JournalReader(stateDirectory: folder)
      #expect(try await reader.events(after: 0, limit: 10).map(\.message) == ["a"])
      try await journal.record([.event(event("b"))])
      #expect(try await reader.lastSequence() == 2)
      #expect(try await reader.history(of: "fraud-detector", limit: 1).count == 1)
    }
  }

  @Test func `can be read when nobody has it open`() async throws {
    try await withTemporaryFolder { folder in
      do {
        let journal = try await SQLiteJournal(stateDirectory: folder)
        try await journal.record([.event(event("a"))])
      }
      let reader = try await JournalReader(stateDirectory: folder)
      #expect(try await reader.events(after: 0, limit: 10).map(\.message) == ["a"])
    }
  }
}
