import Manifests
import Rollout
import Vocabulary

/// What the referee knows of one model.
final class Watch {
  let name: ModelName

  init(_ name: ModelName) { self.name = name }

  /// A rollout that the journal says has begun, and not that it has ended.
  struct Open {
    var id: RolloutID
    var attempt: Attempt
    var startedAt: Timestamp
    /// The policy that it began under, and with how many instances.
    var policy: Policy
    /// Whether a person asked for the way back to an earlier version.
    var isRestore: Bool
    /// Whether there was no version before it.
    var isFirst: Bool
    /// Whether a person has sent it on.
    var isPushedOn = false
    /// Whether the gateway told old counts when it began: which requests came before nobody could see.
    var beganByOldCounts = false
    /// The requests that its revision had answered when it began.
    var requestsBefore: Int
    /// How long its clock stood still.
    var halted = Duration.zero
    /// How much of that was for a reason that holds in every step, and whether there is one now.
    var stoodStill = Duration.zero
    var standsStill = false
    /// How much of its time an agent cannot know: it died in a halt, or the host was started anew after its clock was set.
    var uncertain = Duration.zero
    /// How long the agent has been able to see it, without halts, besides the time it waited for a person.
    var watched = Duration.zero
    /// How much of that its instances should have been ready in, and were not, at a stretch.
    var unready = Duration.zero
    /// When an instance of it last became ready, seen or not.
    var becameReadyAt: Timestamp?
    /// When it was last seen as ready as it had to be.
    var lastReadyAt: Timestamp
    /// What the last pass has seen of it.
    var sight: Sight?
    /// How often one of its instances has ended by itself.
    var crashes = 0
    /// How many of these an agent of today cannot know.
    var forgottenCrashes = 0

    var revision: Revision { attempt.revision }

    mutating func forgetCrashes() { forgottenCrashes = crashes }
  }

  /// What a pass sees of a rollout.
  enum Sight: Hashable {
    /// The clock of its steps stands still.
    case halted
    case waitingForPerson
    /// - Parameter isReady: whether as many instances are ready as its step needs.
    case going(isReady: Bool)
  }

  /// A version that its successor's policy keeps running for a while.
  struct Warm {
    var revision: Revision
    var until: Timestamp
  }

  /// How often instances have ended by themselves shortly after each other, as far as the agent knows.
  struct CrashLoop {
    var count = 0
    var lastAt: Timestamp
  }

  /// What must not change as long as nothing happens to the model.
  struct Quiet {
    var servers: [InstanceID]
    var revision: Revision
  }

  // MARK: What Git asks for, as of the commit that the journal names

  /// What the last commit in which the model could be read says.
  var asked: DesiredModel?
  /// Whether Git no longer has the model, and it may go.
  var isLeaving = false
  /// Whether any commit has let stable make way before the candidate starts.
  var mayRecreate = false

  // MARK: Rollouts

  var open: Open?
  /// The revisions that completed a rollout and were not taken back, the serving one last.
  var proven: [Revision] = []
  /// The revisions of which the agent has stopped an instance, and has started none since.
  var stopped: Set<Revision> = []
  /// How often instances of each revision have ended by themselves.
  var crashes: [Revision: Int] = [:]
  var crashLoops: [Revision: CrashLoop] = [:]
  var warm: Warm?
  /// Whether the last rollout began under `recreate` beside a version before it: two versions do not fit.
  var fitsOneOnly = false
  /// The revisions that failed, and that nobody has asked for anew.
  var failed: Set<Revision> = []
  /// The attempts that failed.
  var failedAttempts: Set<Attempt> = []
  /// The same by every commit that an agent may have taken them from: some ask for the same one after the other.
  var namesOfFailed: Set<Attempt> = []
  /// Attempts that a person may have asked to be made once more.
  var retries = 0
  /// Whether a person was told that the failed attempt is made once more, and it has not been.
  var isOwedRetry = false
  /// How often a person may have asked for an earlier version.
  var rollbacks = 0
  /// Whether a person has paused the model; `nil` when nobody knows whether the command came through.
  var isPaused: Bool? = false
  var quiet: Quiet?

  var isOpen: Bool { open != nil }

  /// Whether a revision is the candidate, or serves.
  func mayServe(_ revision: Revision) -> Bool { revision == proven.last || revision == open?.revision }

  /// Whether rollouts may neither begin nor go on.
  var isStopped: Bool { isPaused == true || asked?.live.suspend == true }
}
