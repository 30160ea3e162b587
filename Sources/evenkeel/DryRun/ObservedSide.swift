import Console
import Effects
import FoundationEssentials
import Manifests
import Planning
import Vocabulary

/// The largest status that is read: some thousand times that of a busy host.
private let largestStatus = 64 << 20

/// What a dry run compares with.
struct ObservedSide {
  var state: ObservedState
  /// The commit that it is, when it is one: the walk through the history ends there.
  var base: CommitID?
}

extension ObservedSide {
  /// The state of a host on which everything that a commit asks for is stable. How large that host is, only its
  /// agent's file can say.
  static func base(_ revision: String, of desired: DesiredSide, _ settings: AgentSettings?) async throws
    -> ObservedSide
  {
    guard let reader = desired.reader else {
      throw CommandFailure("--base needs a Git repository, and there is none")
    }
    let commit = try await reader.commit(named: revision)
    let state = ObservedState(settledOn: try await reader.desired(at: commit))
    return ObservedSide(state: state.within(settings), base: commit)
  }

  /// A saved `status -o json`.
  static func saved(_ path: String) throws -> ObservedSide {
    let data: Data
    do throws(CommandFailure) {
      data = try streamContents(of: path, limit: largestStatus)
    } catch {
      throw CommandFailure("cannot read \(path): \(error)")
    }
    do {
      let status = try JSONDecoder().decode(StatusReport.self, from: data)
      return ObservedSide(state: observedState(from: status))
    } catch {
      throw CommandFailure("\(path) is not what `evenkeel status -o json` writes: \(error)")
    }
  }

  /// What runs now, by the running agent. Without one, nothing, and a warning: a dry run in CI has no host.
  static func agent(_ connection: ConnectionOptions, _ settings: AgentSettings?) async throws
    -> ObservedSide
  {
    let nothing = ObservedSide(state: ObservedState().within(settings))
    let hasConfig = isFolder(connection.configPath) == false
    guard connection.isExplicit || hasConfig else {
      Output.warning(
        "nothing to compare with, so everything is new: give --base REV, --state FILE, or a running agent")
      return nothing
    }
    let client = try connection.client()
    do throws(ControlClientError) {
      return ObservedSide(state: observedState(from: try await client.status()))
    } catch {
      guard case .notRunning(let socket) = error else { throw error }
      Output.warning(
        "no agent answers at \(socket), so everything is new: give --base REV or --state FILE to compare with"
      )
      return nothing
    }
  }
}

extension ObservedState {
  /// The same on a host whose limits are in its agent's file, when that was read.
  fileprivate func within(_ settings: AgentSettings?) -> ObservedState {
    guard let settings else { return self }
    var state = self
    state.capacity = settings.host.capacity
    state.pruneLimit = settings.pruneLimit
    return state
  }
}
