import Effects
import Manifests
import Rollout
import Vocabulary

/// Watches everything that the agent does to the world, and keeps the first invariant that it breaks.
struct Referee {
  private(set) var violation: Violation?
  let watches: [ModelName: Watch]
  /// All of them in a fixed order, so that the same life is always blamed for the same.
  let all: [Watch]
  /// Their models.
  let names: [ModelName]
  /// The reverts that the remote has taken, by the rollout that each answers.
  var reverts: [RolloutID: CommitID] = [:]
  /// Which version of each model was the last good one when the agent wrote a commit.
  var goodWhenWritten: [CommitID: [ModelName: Revision]] = [:]
  /// The branch that the revert of a rollout was proposed on.
  var proposed: [RolloutID: String] = [:]
  /// The policy that each rollout began under.
  var policies: [RolloutID: Policy] = [:]
  /// Every instance that was ever started.
  var started: Set<InstanceID> = []
  /// What the model of the command that is being carried out was permitted before.
  var beforeCommand: (isPushedOn: Bool, retries: Int, rollbacks: Int)?
  /// Whether a person's command is being carried out.
  var isSteering = false
  /// By how much the clock was set since the last complete pass.
  var unseenJumps = Duration.zero
  /// Whether the last pass saw no counts.
  var lacksCounts = false
  /// Whether an agent has started since then.
  var hasRestarted = false
  /// Whether the branch was ever set back, so that a revert may have vanished from it.
  var isSetBack = false
  /// The commits that a person has accepted after the branch was rewritten.
  var accepted: Set<CommitID> = []
  /// When the last complete pass was.
  var lastPass: Timestamp?
  /// Whether anything has happened since the last complete pass that the rules are about.
  var hasNews = true
  /// Whether the routes have been looked at since.
  var hasCheckedRoutes = false

  init(_ setting: Setting) {
    names = setting.models.map(\.name)
    all = names.map(Watch.init)
    watches = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func blame(_ invariant: Invariant, _ message: @autoclosure () -> String, in world: World) {
    guard violation == nil else { return }
    violation = Violation(invariant: invariant, message: message(), at: world.now)
    world.note("BROKEN: \(violation?.description ?? "")")
  }

  /// A new agent begins: it knows what the journal says, and nothing else.
  mutating func agentStarts() {
    hasRestarted = true
    for name in names {
      watches[name]?.crashLoops = [:]
      watches[name]?.open?.forgetCrashes()
    }
  }

  /// Something happens to a model.
  mutating func touch(_ name: ModelName) {
    watches[name]?.quiet = nil
    hasNews = true
  }
}
