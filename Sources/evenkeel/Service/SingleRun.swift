import Agent
import Artifacts
import Console
import Effects
import Glibc
import Logging
import Manifests
import Planning
import Rollout

/// The agent's work without the agent: until every model has settled.
struct SingleRun {
  let settings: AgentSettings
  let timeout: Duration

  /// - Returns: What was done.
  /// - Throws: when the source or the gateway cannot be had, or not everything has settled in time. What was begun
  ///   goes on with the next run, or the next agent.
  func run() async throws -> ReconcileReport {
    umask(0o077)
    let assembly = try await Assembly(settings, logger: .agent(level: .warning))
    let reconciler = assembly.reconciler
    try await reconciler.resume()
    try await assembly.gateway.start()
    let first = try await reconciler.lastSequence()
    await reconciler.poll()
    if let trouble = await reconciler.status().source.trouble { throw CommandFailure(trouble) }
    let service = AgentService(reconciler, alarm: assembly.alarm, interval: assembly.interval)
    let loop = Task { try await service.run() }
    let unsettled = await waitUntilSettled(reconciler, from: first)
    loop.cancel()
    _ = await loop.result
    await assembly.artifacts.shutdown()
    guard unsettled.isEmpty else {
      throw CommandFailure(
        "not settled within \(timeout.text): \(unsettled.joined(separator: "; ")). Models keep what they have; "
          + "run this again, or the agent, to go on")
    }
    let events = try await reconciler.events(after: first, limit: 1000, patience: .zero)
    return ReconcileReport(await reconciler.status(), events: events.map(EventReport.init))
  }

  /// Shows events as they happen. Answers what has not settled when the time is up.
  private func waitUntilSettled(_ reconciler: Reconciler, from first: Int64) async -> [String] {
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    var last = first
    while true {
      let events = (try? await reconciler.events(after: last, limit: 100, patience: .milliseconds(500))) ?? []
      for event in events { Output.message(renderText(EventReport(event), colour: false)) }
      last = events.last?.sequence ?? last
      let unsettled = await reconciler.status().models.compactMap(\.unsettled)
      if unsettled.isEmpty || clock.now >= deadline { return unsettled }
    }
  }
}

extension StatusReport.Model {
  /// What the model is on its way to, in words; `nil` when nothing more happens without a commit or a person.
  fileprivate var unsettled: String? {
    if conditions.contains(where: { $0.type == .stalled && $0.status == .yes }) { return nil }
    if let reconciling = conditions.first(where: { $0.type == .reconciling && $0.status == .yes }) {
      return "\(name): \(reconciling.message)"
    }
    return conditions.first { $0.type == .ready && $0.status == .no }.map { "\(name): \($0.message)" }
  }
}
