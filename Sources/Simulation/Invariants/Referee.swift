import Effects
import Manifests
import Rollout
import Vocabulary

/// Watches everything that the agent does to the world, and keeps the first invariant that it breaks.
struct Referee {
  private(set) var violation: Violation?
  var watches: [ModelName: Watch]

  init(_ setting: Setting) {
    watches = Dictionary(
      setting.models.map { ($0.name, Watch()) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func blame(_ invariant: Invariant, _ message: @autoclosure () -> String, in world: World) {
    guard violation == nil else { return }
    violation = Violation(invariant: invariant, message: message(), at: world.now)
    world.note("BROKEN: \(violation?.description ?? "")")
  }
}

/// What the referee knows of one model.
struct Watch {
  /// A rollout that the journal says has begun, and not that it has ended.
  struct Open {
    var id: RolloutID
    var revision: Revision
    var commit: CommitID?
    var startedAt: Timestamp
    /// Whether a person asked for the way back to an earlier version.
    var isRestore: Bool
    var isPromoted = false
  }

  var open: Open?
  /// The revisions that completed a rollout and were not taken back, the serving one last.
  var proven: [Revision] = []
  /// The revisions that failed, and that nobody has asked for anew.
  var failed: Set<Revision> = []
  /// Whether any commit has let stable make way before the candidate starts.
  var mayRecreate = false

  /// Whether a revision is the candidate, or serves.
  func mayServe(_ revision: Revision) -> Bool { revision == proven.last || revision == open?.revision }
}
