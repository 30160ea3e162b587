import Agent
import Effects
import Planning
import Rollout
import Simulation
import Testing
import Vocabulary

/// Which rollouts may begin, and what keeps others from it.
@Suite struct AdmissionStoryTests {
  private func reasons(_ host: Host, _ name: ModelName) async throws -> [String] {
    try await host.model(name).conditions.map { "\($0.type.rawValue): \($0.reason)" }
  }

  @Test func `a model waits until what it depends on is ready`() async throws {
    let host = Host()
    await host.artifacts.answer(.fetching(bytes: 1, total: 9), for: try digest(of: 1))
    await host.commit(
      "Deploy both",
      [
        "shared.yaml": shared, "spam.yaml": manifest("spam", version: 1),
        "fraud.yaml": manifest(version: 2, more: "dependsOn: [spam]"),
      ])
    await host.settle()
    #expect(try await host.model("spam").phase == .fetching)
    #expect(try await host.model("fraud").phase == .stable)
    #expect(try await host.model("fraud").stable == nil)
    #expect(try await reasons(host, "fraud").contains("Reconciling: WaitingForDependency"))
    await host.artifacts.answer(nil, for: try digest(of: 1))
    await host.settle()
    await host.settle()
    #expect(await host.split("fraud") == ["2": 100])
  }

  @Test func `no more rollouts run at once than are allowed, and a failed one does not hold up the next`()
    async throws
  {
    let host = Host(limits: HostLimits(parallelRollouts: 1))
    await host.commit(
      "Deploy",
      ["shared.yaml": shared, "fraud.yaml": manifest(version: 1), "spam.yaml": manifest("spam", version: 1)])
    await host.settle()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.commit("Deploy spam 2", ["spam.yaml": manifest("spam", version: 2)])
    await host.settle()
    #expect(await host.split("fraud") == ["1": 90, "2": 10])
    #expect(try await reasons(host, "spam").contains("Reconciling: WaitingForTurn"))
    await host.run(3, errors: [revision(of: "fraud", 2): 0.5])
    #expect(await host.split("fraud") == ["1": 100])
    #expect(await host.split("spam") == ["1": 90, "2": 10])
  }

  @Test func `a rollout that cannot fit is refused before anything starts, and says what would`() async throws
  {
    let gibibyte = 1 << 30
    let host = Host(limits: HostLimits(capacity: Resources(milliCPU: 4000, memory: 3 * gibibyte)))
    let needs = "resources: {cpu: 500m, memory: 2Gi}"
    await host.commit(
      "Deploy", ["shared.yaml": shared, "fraud.yaml": manifest(version: 1, more: needs)])
    await host.settle()
    #expect(try await host.model().stable?.version == "1")
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2, more: needs)])
    await host.settle()
    let stalled = try #require(try await host.model().conditions.first { $0.type == .stalled })
    #expect(stalled.reason == "CapacityExceeded")
    #expect(
      stalled.message == "version 2 does not fit: not enough memory (4096 MiB needed, 3072 MiB there); "
        + "it fits with the strategy `recreate`, which stops the old version first")
    #expect(await host.instances.started.count == 1)
    await host.commit(
      "Less", ["fraud.yaml": manifest(version: 2, more: "resources: {cpu: 500m, memory: 1Gi}")])
    await host.settle()
    #expect(await host.instances.started.count == 2)
  }

  @Test func `one commit does not remove more models than the limit allows`() async throws {
    let host = Host()
    await host.commit(
      "Deploy",
      [
        "shared.yaml": shared, "fraud.yaml": manifest(version: 1), "spam.yaml": manifest("spam", version: 1),
      ])
    await host.settle()
    await host.commit("Oops", ["fraud.yaml": nil, "spam.yaml": nil])
    await host.settle()
    #expect(await host.split("fraud") == ["1": 100])
    #expect(await host.split("spam") == ["1": 100])
    #expect(try await reasons(host, "spam").contains("Stalled: PruneLimit"))
    await host.commit("One at a time", ["spam.yaml": manifest("spam", version: 1)])
    await host.settle()
    #expect(await host.split("fraud") == [:])
    #expect(await host.split("spam") == ["1": 100])
  }

  @Test func `a model that cannot be read says so, also beside others that are not removed`() async throws {
    let host = Host()
    let names = ["ads", "fraud", "spam"]
    let files = names.map { ("\($0).yaml", Optional(manifest($0, version: 1))) } + [("shared.yaml", shared)]
    await host.commit("Deploy", Dictionary(files, uniquingKeysWith: { first, _ in first }))
    await host.settle()
    let broken = manifest("ads", version: 1).replacing("replicas: 1", with: "replicas: many")
    await host.commit("Oops", ["ads.yaml": broken, "fraud.yaml": nil, "spam.yaml": nil])
    await host.settle()
    #expect(try await reasons(host, "ads").contains("Stalled: ManifestUnreadable"))
    #expect(try await reasons(host, "spam").contains("Stalled: PruneLimit"))
  }

  @Test func `a suspended model stays as it is, and goes on when it is resumed`() async throws {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.commit("Wait", ["fraud.yaml": manifest(version: 2, more: "suspend: true")])
    await host.settle()
    await host.run(60)
    #expect(await host.split() == ["1": 90, "2": 10])
    #expect(try await reasons(host, "fraud").contains("Reconciling: Suspended"))
    await host.commit("Go on", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.run(11)
    #expect(await host.split() == ["1": 50, "2": 50])
  }

  @Test func `with Git out of reach a rollout stays where it is, and a failing one is still taken back`()
    async throws
  {
    let host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    await host.repository.setOutage(SourceError(.unreachable, "connection refused"))
    await host.reconciler.poll()
    await host.run(60)
    #expect(await host.split() == ["1": 90, "2": 10])
    #expect(try await reasons(host, "fraud").contains("Stalled: SourceUnavailable"))
    await host.run(3, errors: [revision(of: "fraud", 2): 0.5])
    #expect(await host.split() == ["1": 100])
    await host.settle()
    #expect(await host.repository.log.count == 2)
    await host.repository.setOutage(nil)
    host.clock.advance(by: .seconds(400))
    await host.settle()
    #expect(await host.repository.log.first?.hasPrefix("Revert") == true)
  }

  @Test func `a route that somebody changed is put right, and counted`() async throws {
    let host = try await Host.withStable()
    await host.gateway.meddle("routes.json was replaced")
    await host.passes()
    #expect(await host.split() == ["1": 100])
    #expect(await host.reasons().last == "DriftCorrected")
    #expect(await host.reconciler.status().agent.corrections == 1)
  }

  @Test func `a clock that is set, in this life or between two, moves no deadline`() async throws {
    var host = try await Host.withStable()
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    host.clock.jump(by: .seconds(86_400))
    await host.run(5)
    #expect(await host.split() == ["1": 90, "2": 10])
    host.clock.jump(by: .seconds(-2 * 86_400))
    try await host.restartAgent()
    await host.settle()
    await host.run(4)
    #expect(await host.split() == ["1": 90, "2": 10])
    await host.run(2)
    #expect(await host.split() == ["1": 50, "2": 50])
    #expect(await host.reasons().filter { $0 == "ClockSet" }.count == 2)
  }

  @Test func `a killed instance is started again and counted`() async throws {
    let host = try await Host.withStable()
    let id = try #require(try await host.model().instances.first?.id)
    await host.instances.set(id, .exited("killed by signal 9"))
    await host.run(2)
    #expect(try await host.model().instances.count == 1)
    #expect(await host.split() == ["1": 100])
    #expect(try await host.model().corrections == 1)
  }

  private func digest(of version: Int) throws -> Digest {
    try #require(Digest(hex: String(repeating: String(version), count: 64)))
  }
}
