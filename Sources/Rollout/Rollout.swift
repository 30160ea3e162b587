package import Vocabulary

/// One attempt to make a candidate stable. All of it is journalled, so that a restarted agent goes on where
/// the last one stopped.
package struct Rollout: Hashable, Codable, Sendable {
  package enum Kind: Hashable, Codable, Sendable {
    /// A commit asked for the candidate.
    case deploy
    /// A person asked to leave `from`, which had already become stable; the candidate was stable before it.
    case restore(from: Release, failure: Failure)
  }

  /// Where the attempt stands.
  package enum Stage: Hashable, Codable, Sendable {
    /// Running the step at `cursor`.
    case stepping
    /// Traffic is on its way back to stable.
    case restoring(Failure)
    /// Traffic is safe; Git still asks for the failed revision.
    case writingBack(Failure, WriteBackProgress)
    /// Traffic is safe; Git still asks for the revision, and nobody changes that but a person.
    case held(Failure)
  }

  package var id: RolloutID
  package var kind: Kind
  package var candidate: Release
  package var program: Program
  package var rules: Rules
  package var checks: [CheckState]
  package var stage: Stage
  /// Index of the current step in the program.
  package var cursor: Int
  package var startedAt: Timestamp
  package var stepStartedAt: Timestamp
  /// `nil` until the candidate can get requests.
  package var traffic: Traffic?
  /// Since when no instance of the candidate is ready though it should have traffic.
  package var unreadySince: Timestamp?
  /// Until then nothing is judged: requests that began before the last change of weights are still ending.
  package var settlesAt: Timestamp?
  /// Until then slow answers of the candidate are forgiven; `nil` before it can get requests.
  package var slowCountsFrom: Timestamp?
  /// The candidate's requests when the current step began.
  package var requestsAtStepStart = 0
  /// The release that the candidate has taken the place of, from the promotion on.
  package var displaced: Release?
  /// When the candidate became stable.
  package var promotedAt: Timestamp?
  /// What has stopped the clock of its steps; `nil` while it goes on.
  package var halt: Halt?
  /// When it fails if it is not promoted by then.
  package var deadlineAt: Timestamp?
  /// What keeps it from going on though nothing has failed, such as too few requests. In words.
  package var waitingFor: String?
  /// The person who began or ended it, when it was not a commit or a verdict.
  package var requestedBy: String?
  /// What people did to it on its way, oldest first, bounded.
  package var interventions: [Intervention] = []

  package init(
    id: RolloutID, kind: Kind, candidate: Release, program: Program, rules: Rules,
    checks: [Check], at now: Timestamp
  ) {
    self.id = id
    self.kind = kind
    self.candidate = candidate
    self.program = program
    self.rules = rules
    self.checks = checks.map(CheckState.init)
    deadlineAt = rules.progressDeadline.map { now + $0 }
    stage = .stepping
    cursor = 0
    startedAt = now
    stepStartedAt = now
  }

  /// The release whose fate this rollout decides: the candidate, or the one that a person asked to leave.
  package var subject: Release {
    switch kind {
    case .deploy: candidate
    case .restore(let from, _): from
    }
  }

  package var isPromoted: Bool { promotedAt != nil }

  /// Since when time runs or stands still for it. An agent that forgot it would begin to count anew.
  package var clocks: [Timestamp?] { [unreadySince, halt?.since, stepStartedAt] }

  /// Whether the version that it has displaced is on its way out: traffic cannot go back there in one step any more.
  package var isClosing: Bool { isPromoted && step == .stop }

  package var step: Step { program.steps[min(cursor, program.steps.count - 1)] }

  /// What the steps up to and including the current one ask of the world.
  package var stance: Stance { Stance(after: program.steps[...min(cursor, program.steps.count - 1)]) }
}

/// What a person did to a rollout.
package struct Intervention: Hashable, Codable, Sendable {
  package var at: Timestamp
  package var by: String
  /// In words, as in "ended the step …".
  package var what: String

  package init(at: Timestamp, by: String, what: String) {
    self.at = at
    self.by = by
    self.what = what
  }
}

/// Why the clock of a rollout's steps stands still. What the candidate does is judged all the same.
package struct Halt: Hashable, Codable, Sendable {
  package enum Cause: Hashable, Codable, Sendable {
    /// Something that the rollout needs cannot be reached: that is no fault of the candidate.
    case outage(Trouble)
    /// `evenkeel pause`, by this person.
    case paused(by: String)
    /// `suspend: true` in Git.
    case suspended
  }

  package var cause: Cause
  package var since: Timestamp
  /// Whether it has lasted long enough to be told.
  package var isTold = false
}

/// How far the revert in Git is.
package enum WriteBackProgress: Hashable, Codable, Sendable {
  /// To be tried now, or at `retryAt`; `trouble` says why the last try came to nothing, and `refusal` that it was for
  /// the server's own no. `tries` counts what came to nothing in the same way, in a row. `proposal` is the branch that people
  /// are asked to merge, if there is one.
  case pending(
    tries: Int, retryAt: Timestamp, trouble: String?, refusal: PushRefusal.Kind? = nil,
    proposal: RevertProposal? = nil)
  /// The revert is on a branch for people to merge; it is looked at again at `lookAt`.
  case proposed(RevertProposal, lookAt: Timestamp)
  /// The remote has our revert; the next poll sees Git ask for stable again.
  case pushed(CommitID)
  /// Somebody else had already moved the model on: nothing to write.
  case movedOn
  /// No revert can be proven safe; a person has to make one.
  case notPossible(String)
}

/// How a rollout ended, for the history.
package enum Outcome: String, Codable, Sendable {
  case promoted, rolledBack, superseded, aborted
}

/// One line of a model's history.
package struct RolloutRecord: Hashable, Codable, Sendable {
  package var id: RolloutID
  package var model: ModelName
  package var version: String
  package var revision: Revision
  package var commit: CommitID?
  package var startedAt: Timestamp
  /// `nil` while it goes on.
  package var endedAt: Timestamp?
  package var outcome: Outcome?
  package var failure: Failure?
  package var checks: [CheckReport]
  /// The agent's revert commit, once the remote has it.
  package var revert: CommitID?
  /// Who asked for it when it was not a commit.
  package var requestedBy: String?
  /// What people did to it on its way, oldest first.
  package var interventions: [Intervention]

  /// One that was promoted has its outcome from then on, unless another one is given.
  ///
  /// - Parameter subject: the release that the line is about; the rollout's own subject when `nil`.
  package init(
    _ rollout: Rollout, of model: ModelName, about subject: Release? = nil, outcome: Outcome? = nil,
    at now: Timestamp? = nil, failure: Failure? = nil
  ) {
    id = rollout.id
    self.model = model
    let subject = subject ?? rollout.subject
    version = subject.version
    revision = subject.revision
    commit = subject.commit
    startedAt = rollout.startedAt
    endedAt = outcome == nil ? rollout.promotedAt : now
    self.outcome = outcome ?? rollout.promotedAt.map { _ in .promoted }
    self.failure = failure
    checks = rollout.checks.map(\.report)
    requestedBy = rollout.requestedBy
    interventions = rollout.interventions
  }
}
