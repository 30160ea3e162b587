import Agent
import Effects
import FoundationEssentials
import Manifests
import Planning
import Rollout
import Vocabulary

/// Where a dry run takes its two sides from.
struct DryRun {
  var path: String?
  var revision: String?
  var base: String?
  var state: String?
  var connection: ConnectionOptions

  /// Finds out what would happen. Nothing is changed: all that is written is a temporary mirror, and it is removed.
  func plan() async throws -> Plan {
    if let path {
      let settings = connection.namesConfig ? try connection.settings() : nil
      return try await compare(.folder(path, needsRepository: base != nil), settings)
    }
    let settings = try connection.settings()
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "evenkeel-dry-run-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await compare(
      .source(settings.source, revision: revision, mirror: folder + "/mirror"), settings)
  }

  /// - Parameter settings: the agent's file, when it was read.
  private func compare(_ desired: DesiredSide, _ settings: AgentSettings?) async throws -> Plan {
    let observed = try await observedSide(for: desired, settings)
    let commits = try await introductions(of: desired, since: observed)
    return Planning.plan(desired.state, against: observed.state, from: desired.source) { name, _ in
      commits[name]
    }
  }

  private func observedSide(for desired: DesiredSide, _ settings: AgentSettings?) async throws
    -> ObservedSide
  {
    if let base { return try await .base(base, of: desired, settings) }
    if let state { return try .saved(state) }
    return try await .agent(connection, settings)
  }

  /// The commits that a failure of a changed model would revert.
  private func introductions(of desired: DesiredSide, since observed: ObservedSide) async throws
    -> [ModelName: CommitID]
  {
    guard let reader = desired.reader, let commit = desired.commit else { return [:] }
    let revisions = desired.state.models.mapValues { Planning.revision(of: $0.workload) }
    let changed = revisions.filter { observed.state.models[$0.key]?.stable?.revision != $0.value }
    guard !changed.isEmpty else { return [:] }
    return try await History(repository: reader)
      .introductions(of: changed, at: commit, after: observed.base)
  }
}
