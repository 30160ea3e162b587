import Agent
import Planning
import Rollout
import Simulation
import Testing
import Vocabulary

/// A candidate whose answers are right, and too slow.
@Suite struct LatencyStoryTests {
  private let slow = revision(of: "fraud", 2)

  private func host(check: String) async throws -> Host {
    let host = Host()
    let policy = shared.replacing("errorRate: {max: 5%, versusStable: true}", with: "latency: \(check)")
    await host.commit("Deploy fraud 1", ["shared.yaml": policy, "fraud.yaml": manifest(version: 1)])
    await host.settle()
    await host.run(10)
    #expect(try await host.model().phase == .stable)
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2)])
    await host.settle()
    return host
  }

  @Test(arguments: ["{max: 250ms}", "{versusStable: {ratio: 2}}", "{max: 10s, versusStable: {ratio: 1}}"])
  func `a slow candidate fails its latency check and is reverted`(check: String) async throws {
    let host = try await host(check: check)
    await host.run(20, times: [slow: .milliseconds(300)])
    #expect(await host.split() == ["1": 100])
    await host.settle()
    #expect(await host.repository.text(of: "fraud.yaml") == manifest(version: 1))
    let message = try #require(await host.repository.log.first).replacing("\n", with: " ")
    #expect(message.contains("check budget: "))
    #expect(message.contains(" requests took longer than "))
    let record = try #require(try await host.reconciler.history(of: "fraud", limit: 1).first)
    #expect(record.outcome == .rolledBack)
    #expect(record.failure?.reason == .checkFailed)
  }

  @Test func `a version as quick as stable is promoted`() async throws {
    let host = try await host(check: "{max: 250ms, versusStable: {ratio: 1}}")
    await host.run(40)
    #expect(await host.split() == ["2": 100])
    #expect(try await host.model().stable?.version == "2")
  }

  @Test func `evidence outlives a restart of the agent`() async throws {
    var host = try await host(check: "{max: 250ms}")
    await host.run(22)
    #expect(await host.split() == ["1": 50, "2": 50])
    await host.gateway.serve(4, to: "fraud", times: [slow: .milliseconds(300)])
    await host.passes()
    #expect(await host.split() == ["1": 50, "2": 50])
    try await host.restartAgent()
    await host.run(1, times: [slow: .milliseconds(300)])
    #expect(await host.split() == ["1": 100])
  }
}
