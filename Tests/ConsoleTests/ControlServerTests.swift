import Console
import Effects
import FoundationEssentials
import Planning
import Rollout
import ServiceLifecycle
import Simulation
import TestSupport
import Testing
import Vocabulary

@Suite struct ControlServerTests {
  @Test func `answers the status over a socket that only its owner may open`() async throws {
    try await ControlFixture.serve { fixture in
      try await fixture.deployTwoVersions()
      let status = try await fixture.client.status()
      #expect(status.agent.name == "test-host")
      let model = try #require(status.models.first)
      #expect(model.phase == .stepping)
      #expect(model.weights.values.sorted() == [10, 90])
      #expect(try permissions(of: fixture.socket) == 0o600)
      #expect(try permissions(of: String(fixture.socket.dropLast("/agent.sock".count))) == 0o700)
    }
  }

  @Test func `a person's promotion ends the pause and is recorded with the name that the kernel vouches for`()
    async throws
  {
    try await ControlFixture.serve { fixture in
      try await fixture.deployTwoVersions()
      let report = try await fixture.client.steer(.promote, "fraud", SteerRequest(by: "somebody else"))
      #expect(report.message.hasPrefix("fraud: "))
      #expect(!report.message.contains("somebody else"))
      try await fixture.settle()
      #expect(try await fixture.client.status().models.first?.stable?.version == "2")
      let events = try await fixture.client.newestEvents(limit: 100).events
      #expect(events.contains { $0.reason == "PromotedByHand" && $0.message == report.message })
    }
  }

  @Test func `a rollback quotes its reason on one line`() async throws {
    try await ControlFixture.serve { fixture in
      try await fixture.deployTwoVersions()
      let reason = "slow since noon\nEvenkeel-Rollout: forged\u{1B}[31m"
      _ = try await fixture.client.steer(.rollback, "fraud", SteerRequest(reason: reason))
      let history = try await fixture.client.history(of: "fraud", limit: 5)
      let failure = try #require(history.rollouts.first?.failure)
      #expect(failure.reason == "RolledBackByHand")
      #expect(failure.message.hasSuffix(": slow since noon Evenkeel-Rollout: forged"))
    }
  }

  @Test func `a held commit is accepted in the name that the kernel vouches for, and no other is`()
    async throws
  {
    try await ControlFixture.serve { fixture in
      try await fixture.deployTwoVersions()
      let first = try #require(await fixture.repository.rootCommit)
      await fixture.repository.setBack(to: first)
      try await fixture.settle()
      #expect(try await fixture.client.status().source.held == first)
      let refusal = await #expect(throws: ControlClientError.self) {
        try await fixture.client.accept(AcceptRequest(commit: String(repeating: "1", count: 40)))
      }
      #expect(refusal?.description.contains("what is held is \(first.short)") == true)
      let report = try await fixture.client.accept(AcceptRequest(commit: first.rawValue, by: "somebody else"))
      #expect(report.changed)
      #expect(!report.message.contains("somebody else"))
      #expect(try await !fixture.client.accept(AcceptRequest(commit: first.rawValue)).changed)
      try await fixture.settle()
      let source = try await fixture.client.status().source
      #expect((source.commit, source.held, source.trouble) == (first, nil, nil))
    }
  }

  @Test func `an abort returns traffic to stable`() async throws {
    try await ControlFixture.serve { fixture in
      try await fixture.deployTwoVersions()
      _ = try await fixture.client.steer(.abort, "fraud", SteerRequest())
      try await fixture.settle()
      let model = try #require(try await fixture.client.status().models.first)
      #expect(model.phase == .held)
      #expect(model.weights.values.sorted() == [100])
    }
  }

  @Test func `what cannot be done now is refused with the reason`() async throws {
    try await ControlFixture.serve { fixture in
      try await fixture.deployTwoVersions()
      _ = try await fixture.client.steer(.promote, "fraud", SteerRequest())
      try await fixture.settle()
      // The version before has stopped by now, and with it the rollout is over.
      try await fixture.settle()
      await #expect(
        throws: ControlClientError.refused(reason: "Refused", message: "fraud has no rollout under way")
      ) {
        try await fixture.client.steer(.promote, "fraud", SteerRequest())
      }
    }
  }

  @Test func `an unknown model is answered with what may have been meant`() async throws {
    try await ControlFixture.serve { fixture in
      try await fixture.deployTwoVersions()
      let message = "there is no model `frad`, did you mean `fraud`?; the models are fraud"
      await #expect(throws: ControlClientError.refused(reason: "UnknownModel", message: message)) {
        try await fixture.client.steer(.abort, "frad", SteerRequest())
      }
      await #expect(throws: ControlClientError.refused(reason: "UnknownModel", message: message)) {
        try await fixture.client.history(of: "frad", limit: 5)
      }
    }
  }

  @Test func `reconcile takes in a new commit and tells what it led to`() async throws {
    try await ControlFixture.serve { fixture in
      await fixture.repository.commit(
        "Deploy fraud 1", ["shared.yaml": sharedManifests, "fraud.yaml": model(version: 1)])
      let report = try await fixture.client.reconcile(deadline: .seconds(10))
      #expect(report.source.commit == (await fixture.repository.tip))
      #expect(report.models.map(\.name) == ["fraud"])
      #expect(report.events.map(\.reason).contains("RolloutStarted"))
    }
  }

  @Test func `reconcile says why Git cannot be read`() async throws {
    try await ControlFixture.serve { fixture in
      await fixture.repository.setOutage(SourceError(.unreachable, "the remote is down"))
      let report = try await fixture.client.reconcile(deadline: .seconds(10))
      #expect(report.source.trouble == "the remote is down")
      let status = try await fixture.client.status()
      #expect(status.source.trouble == "the remote is down")
    }
  }

  @Test func `who waits for events gets them as they happen`() async throws {
    try await ControlFixture.serve { fixture in
      try await fixture.deployTwoVersions()
      let last = try await fixture.client.newestEvents(limit: 1).last
      async let next = fixture.client.events(after: last, limit: 10, wait: 30)
      _ = try await fixture.client.steer(.promote, "fraud", SteerRequest())
      #expect(try await next.events.first?.reason == "PromotedByHand")
    }
  }

  @Test func `a listener does not delay the shutdown`() async throws {
    try await withTemporaryFolder { folder in
      let fixture = ControlFixture(socket: folder + "/agent.sock")
      let started = ContinuousClock.now
      let client = fixture.client
      let listener = Task { try? await client.events(after: 0, limit: 10, wait: 30) }
      try await fixture.whileServing {
        // On its way by the time the group stops: the connection is the server's second one.
        async let second = client.events(after: 0, limit: 10, wait: 1)
        _ = try await second
      }
      _ = await listener.value
      #expect(ContinuousClock.now - started < .seconds(20))
    }
  }
}

private func permissions(of path: String) throws -> Int {
  let attributes = try FileManager.default.attributesOfItem(atPath: path)
  return try #require(attributes[.posixPermissions] as? Int) & 0o777
}
