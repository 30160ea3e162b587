import Effects
import FoundationEssentials
import GitSource
import Logging
import Manifests
import Planning
import Vocabulary

/// What a dry run wants, and where its history can be read.
struct DesiredSide {
  var state: DesiredState
  var source: PlanSource
  /// Where other commits can be read; `nil` for a folder that is in no repository.
  var reader: (any ManifestReader)?
  /// The commit that `state` is; `nil` when files differ from it.
  var commit: CommitID?
}

extension DesiredSide {
  /// The manifests of a folder on disk, committed or not.
  ///
  /// - Parameter needsRepository: Whether another commit has to be read besides.
  static func folder(_ folder: String, needsRepository: Bool) async throws -> DesiredSide {
    guard isFolder(folder) == true else { throw CommandFailure("there is no folder \(folder)") }
    var manifests = ManifestFolder()
    try manifests.add(folder: folder)
    var side = DesiredSide(state: manifests.desired(), source: PlanSource(path: folder))
    let repository: LocalRepository
    do throws(SourceError) {
      repository = try LocalRepository(containing: folder)
    } catch {
      if needsRepository { throw error }
      return side
    }
    side.reader = repository
    // A commit is named only if it says exactly what the files say.
    if let head = await repository.head(), try await repository.desired(at: head) == side.state {
      side.commit = head
      side.source.commit = head
    }
    return side
  }

  /// The manifests of the configured source, at its tip or another commit. The mirror is a temporary one: the agent's
  /// own belongs to the agent.
  ///
  /// - Parameter mirror: A folder that the caller removes.
  static func source(_ settings: AgentSettings.Source, revision: String?, mirror: String) async throws
    -> DesiredSide
  {
    let repository = MirrorRepository(
      .init(settings, mirror: mirror), logger: Logger(label: "evenkeel") { _ in SwiftLogNoOpLogHandler() }
    )
    let tip = try await repository.fetch()
    let commit = if let revision { try await repository.commit(named: revision) } else { tip }
    return DesiredSide(
      state: try await repository.desired(at: commit),
      source: PlanSource(url: settings.url, branch: settings.branch, commit: commit, path: settings.path),
      reader: repository, commit: commit)
  }
}
