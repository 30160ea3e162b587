import Foundation
import TestSupport
import Testing

/// What was there when a journey began.
struct Baseline: Sendable {
  var lastEvent = 0
  var rollouts: Set<String> = []
  var reverts = 0
  var gateway: Int32?
  /// Instances that are known to have ended, or are running.
  var instances: Set<String> = []
}

extension Site {
  func baseline() async throws -> Baseline {
    Baseline(
      lastEvent: try await control.lastEvent(),
      rollouts: Set(try await control.history(of: "fraud").rollouts.map(\.rollout)),
      reverts: try await reverts().count, gateway: try envoy(),
      instances: instanceFolders)
  }

  /// Whether this version of the model serves, nothing is on its way, all commits are known, and everything that has
  /// ended is journalled.
  func isAtRest(at version: String, since baseline: Baseline) async throws -> Bool {
    let status = try await control.status()
    guard let model = status.models.first, let stable = model.stable else { return false }
    // Our own revert has to come back from Git.
    if model.phase == "writingBack" { try await control.reconcile() }
    guard model.isStable(version), model.weights == [stable.revision: 100], model.instances.count == 1,
      model.instances.allSatisfy({ $0.ready && $0.revision == stable.revision }),
      model.conditions.filter({ $0.status == "True" }).map(\.reason) == ["Serving"]
    else { return false }
    guard try await status.source.commit == remote.bare("rev-parse", "main") else { return false }
    let new = instanceFolders.subtracting(baseline.instances)
    let ended = new.subtracting(model.instances.map(\.id))
    return ended.isSubset(of: try await endedInstances(since: baseline))
  }

  /// The instances that the journal says have ended.
  private func endedInstances(since baseline: Baseline) async throws -> Set<String> {
    let reasons: Set = ["InstanceStopped", "InstanceExited", "InstanceLost"]
    let events = try await control.events(after: baseline.lastEvent).events
    return Set(
      events.filter { reasons.contains($0.reason) }
        .compactMap { $0.message.split(separator: " ").dropFirst().first.map(String.init) })
  }

  /// - Parameter trees: The trees that the branch may have, by what they are called.
  func end(of journey: Journey, since baseline: Baseline, trees: [String: String], _ load: LoadReport)
    async throws -> JourneyEnd
  {
    let tree = try await tree()
    let model = try #require(try await control.status().models.first)
    let rollouts = try await control.history(of: "fraud").rollouts
    let processes = processes()
    let stable = processes.intersection(instances(of: model.stable?.revision ?? "")).count
    let gateways = processes.filter { $0.instance == nil }
    return JourneyEnd(
      phase: model.phase, weights: model.weights.values.sorted(),
      conditions: model.conditions.filter { $0.status == "True" }.map { "\($0.type): \($0.reason)" },
      rollouts: rollouts.filter { !baseline.rollouts.contains($0.rollout) }.map { rollout in
        "\(rollout.outcome ?? "unfinished")\(rollout.revert == nil ? "" : ", reverted")"
      },
      reverts: try await reverts().count - baseline.reverts,
      tree: trees.first { $0.value == tree }?.key ?? "another",
      processes: [
        "stable": stable, "other": processes.count - stable - gateways.count, "gateway": gateways.count,
      ],
      isSameGateway: gateways.map(\.pid) == [baseline.gateway].compactMap(\.self),
      leftovers: leftovers(), failed: load.failed(besides: journey.tolerated))
  }

  func tree() async throws -> String { try await remote.bare("rev-parse", "main^{tree}") }

  private var instanceFolders: Set<String> {
    Set((try? FileManager.default.contentsOfDirectory(atPath: state + "/instances")) ?? [])
  }

  /// Files of the agent that were to be renamed or removed, and were not.
  private func leftovers() -> [String] {
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: state)) ?? []
    return paths.filter { path in
      path.hasPrefix("artifacts/tmp/") || path.hasPrefix("mirror.aside") || path.contains("_git2_")
        || path.contains("/tmp_") || path.hasSuffix(".new") || path.hasSuffix(".lock")
    }.sorted()
  }
}
