import Agent
import Effects
import FoundationEssentials
import Glibc
import HostTarget
import Manifests
import TestSupport
import Vocabulary

extension Scenario {
  /// From the moment in which the loop decides that a rollout has failed to the last request that reaches the
  /// candidate, under constant requests. Beside it what Envoy alone needs: from the rename of a routes file that takes
  /// a backend's traffic away to the last request that reaches the backend.
  static let failedVerdict = Scenario(name: "failed-verdict") { scale in
    try await ProbeHost.run { host in
      let sequence = try await host.reconciler.lastSequence()
      await host.deploy("good")
      try await host.runAgent(until: ["Promoted"], after: sequence)
      let script = host.folder + "/probe.py"
      return try await withCompanion([script, "serve", host.folder + "/notes", yardstick]) { port in
        try await withCompanion([script, "ask", "\(host.port)"]) { _ in
          let (ours, theirs) = try await byTurns(rounds: scale.rollouts) { round in
            try await failRollout(on: host, round)
          } theirs: { _ in
            try await renameRoutes(on: host, port)
          }
          return [
            Figure(
              work: "failed verdict to last request", unit: .seconds, ours: ours,
              beside: ("renamed routes file", theirs), bar: .most(0.05))
          ]
        }
      }
    }
  }
}

/// The backend that the agent does not know.
private let yardstick = "yardstick"

/// Deploys a bad version and waits until Git asks for the good one again.
private func failRollout(on host: ProbeHost, _ round: Int) async throws -> Double {
  let version = "bad-\(round)"
  let sequence = try await host.reconciler.lastSequence()
  await host.deploy(version)
  // By then its server has stopped, so what it noted last is final.
  try await host.runAgent(until: ["InstanceStopped"], after: sequence)
  let last = try host.lastArrival(at: version)
  let verdict = host.journal.verdictAt
  try await host.runAgent(until: ["GitAgrees"], after: sequence)
  return Double(max(0, last - verdict)) / 1e9
}

/// Takes the traffic of a backend away as anybody could with Envoy alone: by renaming a file. The agent's loop does not
/// run at this time; the gateway is given its own routes back afterwards.
private func renameRoutes(on host: ProbeHost, _ port: Int) async throws -> Double {
  guard let before = await host.gateway.observe().accepted, let probe = before.models["probe"],
    let stable = probe.backends.first(where: { $0.weight == 100 }),
    let other = Revision(hex: String(repeating: "f", count: 64))
  else { throw BenchmarkFailure("the gateway does not serve the stable version alone") }
  func table(_ weight: Int) -> RouteTable {
    let backends = [
      Backend(revision: stable.revision, weight: 100 - weight, ports: stable.ports),
      Backend(revision: other, weight: weight, ports: [port]),
    ]
    return RouteTable(models: ["probe": ModelRoute(route: probe.route, backends: backends)])
  }
  let routes = host.folder + "/state/gateway/rds/routes.json"
  try await host.gateway.apply(table(0))
  let wanted = try String(contentsOfFile: routes, encoding: .utf8)
  try await host.gateway.apply(table(50))
  let applied = monotonicNanoseconds()
  try await eventually("the other backend gets requests") {
    (try? host.lastArrival(at: yardstick)) ?? 0 > applied
  }
  try Data(wanted.utf8).write(to: URL(filePath: routes + ".new"))
  let renamed = monotonicNanoseconds()
  guard rename(routes + ".new", routes) == 0 else { throw BenchmarkFailure("\(routes) cannot be renamed") }
  let last = try await lastArrival(on: host, quietFor: 300_000_000)
  try await host.gateway.apply(before)
  return Double(max(0, last - renamed)) / 1e9
}

/// The last request that reached the other backend, once there was none for some nanoseconds.
private func lastArrival(on host: ProbeHost, quietFor quiet: Int64) async throws -> Int64 {
  try await eventually("the other backend gets no request any more") {
    try monotonicNanoseconds() - host.lastArrival(at: yardstick) > quiet
  }
  return try host.lastArrival(at: yardstick)
}
