import Agent
import Effects
import Planning
import Rollout
import Simulation
import Testing
import Vocabulary

/// Every strategy through the loop, over in-memory edges.
@Suite struct StrategyStoryTests {
  private let bad = revision(of: "fraud", 2)

  private func host(_ policy: String) async throws -> Host {
    let host = Host()
    await host.commit(
      "Deploy fraud 1",
      [
        "shared.yaml": shared, "policy.yaml": policyDocument(policy),
        "fraud.yaml": manifest(version: 1, policy: "special"),
      ])
    await host.settle()
    #expect(try await host.model().phase == .stable)
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2, policy: "special")])
    await host.settle()
    return host
  }

  @Test func `blue-green shows the new version to those who ask, and then to everybody`() async throws {
    let host = try await host(
      """
        strategy:
          blueGreen:
            preview: {header: x-preview, analyze: {for: 10s, minRequests: 20}}
            analyze: {for: 10s}
            keepStableFor: 60s
        checks: [budget]
      """)
    let preview = await host.gateway.accepted?.models["fraud"]?.preview
    #expect(preview == PreviewRoute(access: .header("x-preview"), revision: bad))
    await host.run(12)
    #expect(await host.split() == ["1": 100], "nobody has asked for the preview yet")
    #expect(await host.gateway.servePreview(30, of: "fraud"))
    await host.run(1)
    #expect(await host.split() == ["2": 100])
    #expect(await host.gateway.accepted?.models["fraud"]?.preview == nil)
    await host.run(11)
    #expect(try await host.model().phase == .watching)
    #expect(try await host.model().stable?.version == "2")
    #expect(Set(try await host.model().instances.map(\.revision)).count == 2, "version 1 is warm")
    await host.run(62)
    #expect(try await host.model().phase == .stable)
    #expect(try await host.model().instances.map(\.revision) == [bad])
  }

  @Test func `an instance that is too many gets no previews any more before it is stopped`() async throws {
    let host = try await host(
      "  strategy: {blueGreen: {preview: {header: x-preview, analyze: {for: 10s, minRequests: 20}}}}")
    func ports() async -> [Int] {
      let backends = await host.gateway.accepted?.models["fraud"]?.backends ?? []
      return backends.first { $0.revision == bad }?.ports ?? []
    }
    await host.commit("Two", ["fraud.yaml": manifest(version: 2, replicas: 2, policy: "special")])
    await host.settle()
    await host.run(2)
    #expect(await ports().count == 2)
    await host.commit("One", ["fraud.yaml": manifest(version: 2, replicas: 1, policy: "special")])
    await host.settle()
    #expect(await ports().count == 1)
    await host.run(40)
    #expect(try await host.model().instances.count { $0.revision == bad } == 1)
  }

  @Test func `a late failure in the window is one route change, and then a revert`() async throws {
    var host = try await host(
      "  strategy: {blueGreen: {}}\n  checks: [budget]\n  rollbackWindow: 60s")
    #expect(try await host.model().phase == .watching)
    try await host.restartAgent()
    await host.settle()
    let starts = await host.instances.started.count
    await host.run(3, errors: [bad: 0.5])
    #expect(await host.split() == ["1": 100])
    #expect(await host.instances.started.count == starts, "nothing was started for it")
    await host.settle()
    #expect(await host.repository.log.first?.hasPrefix("Revert \"Deploy fraud 2\"") == true)
    #expect(try await host.model().phase == .stable)
    let history = try await host.reconciler.history(of: "fraud", limit: 9)
    #expect(history.map(\.outcome) == [.rolledBack, .promoted])
  }

  @Test func `a shadow gets copies, is judged by them, and its failure is reverted`() async throws {
    let host = try await host(
      "  strategy: {shadow: {percent: 20, analyze: {for: 10s, minRequests: 50}}}\n  checks: [budget]")
    let mirror = await host.gateway.accepted?.models["fraud"]?.mirror
    #expect(mirror == MirrorRoute(percent: 20, revision: bad))
    #expect(await host.split() == ["1": 100])
    await host.run(5, errors: [bad: 0.5])
    #expect(await host.gateway.accepted?.models["fraud"]?.mirror == nil)
    await host.settle()
    #expect(await host.repository.log.first?.hasPrefix("Revert \"Deploy fraud 2\"") == true)
  }

  @Test func `a shadow that is good stops, and waits until somebody promotes it`() async throws {
    let host = try await host(
      "  strategy: {shadow: {percent: 20, analyze: {for: 10s, minRequests: 50}}}\n  checks: [budget]")
    await host.run(13)
    #expect(try await host.model().instances.map(\.revision) == [revision(of: "fraud", 1)])
    #expect(await host.split() == ["1": 100])
    let done = try await host.reconciler.steer("fraud", .promote(full: false, step: nil), by: "ann")
    guard case .done = done else {
      Issue.record("\(done)")
      return
    }
    await host.run(3)
    #expect(await host.split() == ["2": 100])
    #expect(try await host.model().phase == .stable)
  }

  @Test func `recreate never has two versions at once`() async throws {
    let host = Host()
    await host.commit(
      "Deploy fraud 1",
      [
        "shared.yaml": shared,
        "policy.yaml": policyDocument("  strategy: {recreate: {}}\n  checks: [budget]"),
        "fraud.yaml": manifest(version: 1, policy: "special"),
      ])
    await host.settle()
    await host.instances.setFate(of: bad, .starting)
    await host.commit("Deploy fraud 2", ["fraud.yaml": manifest(version: 2, policy: "special")])
    await host.settle()
    await host.run(1)
    #expect(try await host.model().instances.map(\.revision) == [bad])
    await host.run(121)
    #expect(try await host.model().instances.map(\.revision) == [revision(of: "fraud", 1)])
    #expect(await host.split() == ["1": 100])
    await host.settle()
    #expect(await host.repository.log.first?.hasPrefix("Revert \"Deploy fraud 2\"") == true)
    let tables = await host.gateway.appliedTables
    #expect(tables.allSatisfy { ($0.models["fraud"]?.backends.filter { !$0.ports.isEmpty }.count ?? 0) <= 1 })
  }

  @Test func `a failure that is to be held leaves Git alone until somebody decides`() async throws {
    let host = try await host(
      """
        strategy: {canary: {steps: [{weight: 10}, {analyze: {for: 10s}}]}}
        checks: [budget]
        onFailure: hold
      """)
    await host.run(3, errors: [bad: 0.5])
    await host.settle()
    #expect(try await host.model().phase == .held)
    #expect(await host.repository.log.count == 2)
    let again = try await host.reconciler.steer("fraud", .retry, by: "ann")
    #expect(again == .done("fraud 2: ann has it tried once more"))
    await host.passes()
    #expect(await host.split() == ["1": 90, "2": 10])
    await host.run(3, errors: [bad: 0.5])
    _ = try await host.reconciler.steer("fraud", .rollback(to: nil, reason: nil), by: "ann")
    await host.settle()
    #expect(await host.repository.log.first?.hasPrefix("Revert \"Deploy fraud 2\"") == true)
  }

  @Test func `a queued commit has its turn after the one before it`() async throws {
    let host = try await host(
      """
        strategy: {canary: {steps: [{weight: 10}, {analyze: {for: 10s}}]}}
        supersede: queue
      """)
    await host.commit("Deploy fraud 3", ["fraud.yaml": manifest(version: 3, policy: "special")])
    await host.settle()
    #expect(await host.split() == ["1": 90, "2": 10])
    await host.run(12)
    #expect(await host.split() == ["2": 90, "3": 10])
    await host.run(12)
    #expect(await host.split() == ["3": 100])
    let history = try await host.reconciler.history(of: "fraud", limit: 9)
    #expect(history.map(\.outcome) == [.promoted, .promoted, .promoted])
  }
}

/// A policy named `special` with this `spec`.
func policyDocument(_ spec: String) -> String {
  """
  apiVersion: evenkeel.dev/v1
  kind: RolloutPolicy
  metadata: {name: special}
  spec:
  \(spec)
  """
}
