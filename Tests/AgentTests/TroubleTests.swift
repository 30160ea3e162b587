import Agent
import Effects
import Manifests
import Planning
import Rollout
import Simulation
import Testing
import Vocabulary

/// The world at its worst.
@Suite struct TroubleTests {
  private let bad = revision(of: "fraud", 2)

  @Test func `a manifest that cannot be read is no deletion, and others go on`() async throws {
    let host = try await Host.withStable()
    await host.commit(
      "Break fraud, add spam",
      [
        "fraud.yaml": manifest(version: 2).replacing("replicas: 1", with: "replicas: many"),
        "spam.yaml": manifest("spam", version: 3),
      ])
    await host.settle()
    #expect(await host.split() == ["1": 100])
    #expect(await host.split("spam") == ["3": 100])
    let stalled = try await host.model().conditions.first { $0.type == .stalled }
    #expect(stalled?.reason == "ManifestUnreadable")
    #expect(stalled?.message.contains("fraud.yaml:10:") == true)
    await host.commit("Mend fraud", ["fraud.yaml": manifest(version: 1)])
    await host.settle()
    #expect(try await host.model().conditions.map(\.type) == [.ready])
  }

  @Test func `a file that cannot be read at all removes nothing`() async throws {
    let host = try await Host.withStable()
    await host.commit("Break everything", ["fraud.yaml": "]["])
    await host.settle()
    #expect(await host.split() == ["1": 100])
  }

  @Test func `a remote out of reach changes nothing, and is not forgotten`() async throws {
    var host = try await Host.withStable()
    await host.repository.setOutage(SourceError(.unreachable, "no route to host"))
    await host.settle()
    #expect(await host.split() == ["1": 100])
    try await host.restartAgent()
    await host.settle()
    #expect(await host.split() == ["1": 100])
    #expect(try await host.model().phase == .stable)
  }

  @Test func `a failure while the remote is down is restored at once and reverted later`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.repository.setOutage(SourceError(.unreachable, "no route to host"))
    await host.run(3, errors: [bad: 0.5])
    #expect(await host.split() == ["1": 100])
    await host.settle()
    #expect(try await host.model().phase == .writingBack)
    await host.repository.setOutage(nil)
    await host.run(400)
    await host.settle()
    #expect(await host.repository.log.count == 3)
    #expect(try await host.model().phase == .stable)
  }

  @Test func `the pending revert survives the agent`() async throws {
    var host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    try await host.restartAgent()
    await host.settle()
    #expect(await host.repository.log.count == 3)
    #expect(try await host.model().phase == .stable)
  }

  @Test func `a revert that is asked for right after the clock was set is not put off`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    _ = try await host.reconciler.steer("fraud", .abort, by: "ann")
    await host.passes()
    #expect(try await host.model().phase == .held)
    host.clock.jump(by: .seconds(86_400))
    _ = try await host.reconciler.steer("fraud", .rollback(to: nil, reason: nil), by: "ann")
    await host.passes()
    #expect(await host.reconciler.writeBackDue())
  }

  @Test func `a revert that was pushed before a crash could tell is not written twice`() async throws {
    var host = try await Host.withUnrecordedRevert()
    #expect(await host.repository.log.count == 3)
    try await host.restartAgent()
    #expect(await host.reconciler.writeBackDue())
    await host.settle()
    #expect(await host.repository.log.count == 3)
    let history = try await host.reconciler.history(of: "fraud", limit: 1)
    #expect(history.first?.revert == (await host.repository.tip))
  }

  @Test func `a pushed revert that no journal tells of is found by the next look at Git`() async throws {
    var host = try await Host.withUnrecordedRevert()
    try await host.restartAgent()
    await host.reconciler.poll()
    await host.settle()
    let history = try await host.reconciler.history(of: "fraud", limit: 1)
    #expect(history.first?.revert == (await host.repository.tip))
    #expect(await host.reasons().count { $0 == "Reverted" } == 1)
    #expect(try await host.model().phase == .stable)
  }

  @Test func `a revert of a first deployment is found as well`() async throws {
    var host = Host()
    await host.instances.setFate(of: bad, .exited("exited with status 0"))
    await host.commit("Deploy fraud 2", ["shared.yaml": shared, "fraud.yaml": manifest(version: 2)])
    await host.reconciler.poll()
    await host.run(5)
    await host.journal.fail(with: JournalError(.storage, "disk full"))
    #expect(await !host.reconciler.writeBackDue())
    await host.journal.fail(with: nil)
    try await host.restartAgent()
    await host.settle()
    let history = try await host.reconciler.history(of: "fraud", limit: 1)
    #expect(history.first?.revert == (await host.repository.tip))
  }

  @Test func `being stopped in the middle of a fetch or a push is no trouble of the remote`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.repository.setOutage(SourceError(.unreachable, "the operation was cancelled"))
    let stopped = Task { [reconciler = host.reconciler] in
      withUnsafeCurrentTask { $0?.cancel() }
      await reconciler.poll()
      return await reconciler.writeBackDue()
    }
    #expect(await !stopped.value)
    #expect(await host.reconciler.status().source.trouble == nil)
    #expect(await Set(host.reasons()).isDisjoint(with: ["SourceUnavailable", "WriteBackPostponed"]))
  }

  @Test func `a candidate that fails while it runs has its last words in the revert`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(3, errors: [bad: 0.5])
    await host.settle()
    #expect(await host.repository.log.first?.contains("last words of fraud-") == true)

    let unready = revision(of: "fraud", 3)
    await host.instances.setFate(of: unready, .unready("answers 503"))
    await host.commit("Deploy fraud 3", ["fraud.yaml": manifest(version: 3)])
    await host.settle()
    await host.run(31)
    await host.settle()
    let message = try #require(await host.repository.log.first)
    #expect(message.contains("answers 503"))
    #expect(message.contains("last words of fraud-\(unready.short)"))
  }

  @Test func `a restarted agent goes on with the canary where it was`() async throws {
    var host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(5)
    try await host.restartAgent()
    await host.passes()
    #expect(await host.split() == ["1": 90, "2": 10])
    await host.run(6)
    #expect(await host.split() == ["1": 50, "2": 50])
    #expect(await host.instances.started.count == 2)
  }

  @Test func `nothing is done that cannot be journalled`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.journal.fail(with: JournalError(.storage, "disk full"))
    await host.settle()
    #expect(await host.instances.started.count == 1)
    await host.journal.fail(with: nil)
    await host.settle()
    #expect(await host.split() == ["1": 90, "2": 10])
  }

  @Test func `a gateway that refuses keeps what it had, and gets the routes later`() async throws {
    let host = try await Host.withStable()
    await host.gateway.refuse(with: GatewayError(.rejected, "no such cluster"))
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    #expect(await host.split() == ["1": 100])
    #expect(try await host.model().conditions.contains { $0.reason == "GatewayUnavailable" })
    await host.gateway.refuse(with: nil)
    await host.run(2)
    #expect(await host.split() == ["1": 90, "2": 10])
  }

  @Test func `a refusal is over when nothing is left to be refused`() async throws {
    let host = try await Host.withStable()
    await host.gateway.refuse(with: GatewayError(.rejected, "no such cluster"))
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    #expect(try await host.model().conditions.contains { $0.reason == "GatewayUnavailable" })
    await host.commit("Stay with fraud 1", ["fraud.yaml": manifest(version: 1)])
    await host.settle()
    await host.run(2)
    #expect(await host.split() == ["1": 100])
    #expect(try await host.model().conditions.map(\.reason) == ["Serving"])
  }

  @Test func `a gateway that cannot be asked is no evidence`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.gateway.setSilent(true)
    await host.run(60)
    #expect(await host.split() == ["1": 90, "2": 10])
    #expect(
      try await host.model().conditions.contains {
        $0.type == .stalled && $0.reason == "GatewayUnavailable"
      })
    await host.gateway.setSilent(false)
    await host.run(1)
    #expect(await host.split() == ["1": 90, "2": 10])
    await host.run(10)
    #expect(await host.split() == ["1": 50, "2": 50])
  }

  @Test func `a host that restarts in the middle of a canary is no verdict`() async throws {
    var host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    for spec in await host.instances.started {
      await host.instances.set(spec.id, .lost)
    }
    await host.instances.setFate(of: bad, .starting)
    try await host.restartAgent()
    await host.settle()
    #expect(try await host.model().phase == .stepping)
    #expect(await host.split() == ["1": 100])
    #expect(await host.instances.started.count == 4)
    let candidate = try #require(await host.instances.started.last { $0.revision == bad }?.id)
    await host.instances.set(candidate, .ready)
    await host.run(1)
    #expect(await host.split() == ["1": 90, "2": 10])
    #expect(await host.repository.log.count == 2)
  }

  @Test func `a candidate without an instance gets no request while stable has one`() async throws {
    var host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    let candidate = try #require(await host.instances.started.last?.id)
    await host.instances.set(candidate, .lost)
    await host.instances.failStarts(of: bad, with: InstanceError(.host, "no memory"))
    try await host.restartAgent()
    await host.passes()
    #expect(await host.split() == ["1": 100])
    #expect(try await host.model().phase == .stepping)
    await host.instances.failStarts(of: bad, with: nil)
    await host.run(6)
    #expect(await host.split() == ["1": 90, "2": 10])
  }

  @Test func `a full disk does not keep traffic on a candidate that has failed`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.journal.fail(with: JournalError(.storage, "disk full"))
    await host.run(3, errors: [bad: 0.5])
    #expect(await host.split() == ["1": 100])
    await host.journal.fail(with: nil)
    await host.run(2)
    await host.settle()
    #expect(await host.reasons().contains("RolloutFailed"))
    #expect(await host.repository.log.count == 3)
    #expect(try await host.model().phase == .stable)
  }

  @Test func `mending a mistake in a manifest is no new attempt, and the revert is written then`()
    async throws
  {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.commit("Slip", ["fraud.yaml": manifest(version: 2).replacing("replicas", with: "replics")])
    await host.run(3, errors: [bad: 0.5])
    await host.settle()
    #expect(try await host.model().phase == .writingBack)
    #expect(await host.repository.log.count == 3)
    await host.commit("Mend", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(2)
    await host.settle()
    #expect(await host.reasons().filter { $0 == "RolloutStarted" }.count == 2)
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(try await host.model().phase == .stable)
  }

  @Test func `an instance of the candidate that is killed comes back without a verdict`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    let candidate = try #require(await host.instances.started.last?.id)
    await host.instances.setFate(of: bad, .starting)
    await host.instances.set(candidate, .exited("killed by signal 9"))
    await host.run(2)
    #expect(await host.split() == ["1": 100])
    #expect(try await host.model().phase == .stepping)
    let second = try #require(await host.instances.started.last?.id)
    #expect(second != candidate)
    await host.instances.set(second, .ready)
    await host.run(1)
    #expect(await host.split() == ["1": 90, "2": 10])
  }

  @Test func `a stable program that is gone for a while is tried again`() async throws {
    let host = try await Host.withStable()
    let good = revision(of: "fraud", 1)
    await host.instances.failStarts(of: good, with: InstanceError(.command, "serve: not found"))
    let id = try #require(await host.instances.started.first?.id)
    await host.instances.set(id, .exited("killed by signal 9"))
    await host.run(5)
    await host.instances.failStarts(of: good, with: nil)
    await host.run(10)
    #expect(try await host.model().instances.map(\.ready) == [true])
  }

  @Test func `the time of a trouble is when it began`() async throws {
    let host = try await Host.withStable()
    await host.gateway.setSilent(true)
    await host.run(1)
    let since = try await host.model().conditions.first { $0.type == .stalled }?.since
    #expect(since == host.clock.now())
    await host.run(60)
    #expect(try await host.model().conditions.first { $0.type == .stalled }?.since == since)
  }

  @Test func `a source with another history is taken in from its beginning, once it is accepted`()
    async throws
  {
    var host = try await Host.withStable()
    await host.repository.forget()
    await host.commit("Share", ["shared.yaml": shared])
    let tip = await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    try await host.restartAgent()
    await host.settle()
    #expect(await host.split() == ["1": 100])
    #expect(await host.reconciler.status().source.held == tip)
    _ = try await host.reconciler.accept(tip.rawValue, by: "ann")
    await host.settle()
    #expect(await host.split() == ["1": 90, "2": 10])
  }

  @Test func `a digest mismatch is reverted before any traffic`() async throws {
    let host = try await Host.withStable()
    let digest = try #require(Digest(hex: String(repeating: "2", count: 64)))
    await host.artifacts.answer(.failed(ArtifactError(.digestMismatch, "other bytes")), for: digest)
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    #expect(await host.repository.log.first?.contains("other bytes") == true)
    #expect(await host.gateway.appliedTables.allSatisfy { $0.models["fraud"]?.weights[bad] == nil })
  }

  @Test func `a stable instance that dies is started again`() async throws {
    let host = try await Host.withStable()
    let id = try #require(await host.instances.started.first?.id)
    await host.instances.set(id, .exited("killed by signal 9"))
    await host.run(1)
    #expect(await host.instances.started.count == 2)
    #expect(await host.split() == ["1": 100])
    #expect(await host.reasons().contains("InstanceExited"))
  }

  @Test func `a stable instance that keeps ending waits longer each time, and the model says so`()
    async throws
  {
    let host = try await Host.withStable()
    await host.instances.setFate(of: revision(of: "fraud", 1), .exited("exited with status 3"))
    let first = try #require(await host.instances.started.first?.id)
    await host.instances.set(first, .exited("exited with status 3"))
    var starts: [Int] = []
    for second in 0..<130 {
      let before = await host.instances.started.count
      await host.run(1, requests: 0)
      if await host.instances.started.count > before { starts.append(second) }
    }
    let pauses = zip(starts.dropFirst(), starts).map { $0 - $1 }
    #expect(zip(pauses.dropFirst(), pauses).allSatisfy { $0 >= $1 }, "\(pauses)")
    #expect((32...34).contains(pauses.max() ?? 0), "\(pauses)")
    let stalled = try await host.model().conditions.first { $0.type == .stalled }
    #expect(stalled?.reason == "CrashLooping" && stalled?.message.contains("with status 3") == true)
  }

  @Test func `a candidate that keeps exiting fails, with its last words in the revert`() async throws {
    let host = try await Host.withStable()
    await host.instances.setFate(of: bad, .exited("exited with status 0"))
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(5)
    await host.settle()
    let message = try #require(await host.repository.log.first)
    #expect(message.contains("with status 0"))
    #expect(message.contains("last words of fraud-"))
  }

  @Test func `a command that cannot be run fails at once`() async throws {
    let host = try await Host.withStable()
    await host.instances.failStarts(of: bad, with: InstanceError(.command, "mlserver: not found"))
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    #expect(await host.repository.log.first?.contains("mlserver: not found") == true)
  }

  @Test func `a model under trouble never delays another`() async throws {
    let host = try await Host.withStable()
    await host.instances.setFate(of: bad, .starting)
    await host.commit(
      "Deploy two",
      ["fraud.yaml": manifest(version: 2), "spam.yaml": manifest("spam", version: 3)])
    await host.settle()
    #expect(try await host.model().phase == .starting)
    #expect(await host.split("spam") == ["3": 100])
  }

  @Test func `steering an unknown model names the known ones`() async throws {
    let host = try await Host.withStable()
    #expect(
      try await host.reconciler.steer("frod", .promote(full: false, step: nil), by: "ann")
        == .unknownModel(["fraud"]))
  }

  @Test func `abort holds, and rollback after promotion reverts`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    _ = try await host.reconciler.steer("fraud", .abort, by: "ann")
    await host.settle()
    #expect(try await host.model().phase == .held)
    #expect(await host.repository.log.count == 2)

    await host.commit("Deploy fraud 3", ["fraud.yaml": manifest(version: 3)])
    await host.settle()
    await host.run(22)
    #expect(try await host.model().stable?.version == "3")
    _ = try await host.reconciler.steer("fraud", .rollback(to: nil, reason: "drift"), by: "ann")
    await host.settle()
    #expect(await host.split() == ["1": 100])
    #expect(await host.repository.log.first?.contains("rolled back by ann: drift") == true)
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    #expect(try await host.model().phase == .stable)
  }
}
