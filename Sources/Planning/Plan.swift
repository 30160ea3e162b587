package import Manifests
package import Rollout
package import Vocabulary

/// What the agent would do, and does, to bring what is to what Git asks for. Encodes to the JSON of
/// `evenkeel reconcile --dry-run -o json`, whose keys are a contract: every key is always there, with `null`
/// for what does not apply, besides a step's `instances`, `percent` and `seconds`.
package struct Plan: Hashable, Sendable {
  package var source: PlanSource
  /// By the model's name.
  package var changes: [Change]
  /// How many models are as Git asks for, or already on their way there.
  package var unchanged: Int
  /// The models that are left as they are though Git may ask for something else, by name.
  package var stalled: [StalledModel]
  package var diagnostics: [Diagnostic]

  package init(
    source: PlanSource, changes: [Change] = [], unchanged: Int = 0, stalled: [StalledModel] = [],
    diagnostics: [Diagnostic] = []
  ) {
    self.source = source
    self.changes = changes
    self.unchanged = unchanged
    self.stalled = stalled
    self.diagnostics = diagnostics
  }

  package var summary: PlanSummary {
    PlanSummary(
      add: changes.count { $0.kind == .add }, change: changes.count { $0.kind == .change },
      remove: changes.count { $0.kind == .remove }, unchanged: unchanged, stalled: stalled.count)
  }
}

/// Where the desired state came from. Manifests from a folder have only a path, as it was given.
package struct PlanSource: Hashable, Sendable {
  package var url: String?
  package var branch: String?
  package var commit: CommitID?
  /// The folder in the repository, or the folder on disk when there is no `url`.
  package var path: String?

  package init(url: String? = nil, branch: String? = nil, commit: CommitID? = nil, path: String?) {
    self.url = url
    self.branch = branch
    self.commit = commit
    self.path = path
  }
}

package struct PlanSummary: Hashable, Codable, Sendable {
  package var add: Int
  package var change: Int
  package var remove: Int
  package var unchanged: Int
  package var stalled: Int

  package init(add: Int, change: Int, remove: Int, unchanged: Int, stalled: Int) {
    self.add = add
    self.change = change
    self.remove = remove
    self.unchanged = unchanged
    self.stalled = stalled
  }
}

/// A model that the plan leaves alone, and why.
package struct StalledModel: Hashable, Encodable, Sendable {
  package var model: ModelName
  /// `Unreadable`, `MayBeUnreadable`, `FailedBefore`, `PruneLimit` or `CapacityExceeded`.
  package var reason: String
  package var message: String

  package init(model: ModelName, reason: String, message: String) {
    self.model = model
    self.reason = reason
    self.message = message
  }
}

/// What would happen to one model.
package struct Change: Hashable, Sendable {
  package enum Kind: String, Codable, Sendable {
    case add, change, remove
  }

  package var model: ModelName
  package var kind: Kind
  /// What serves now; when a rollout is ended by a return to stable, the candidate that is dropped.
  package var from: Release?
  package var to: Release?
  /// `false` when it applies live, with no rollout.
  package var rollout: Bool
  /// Whether what serves now stops before the candidate starts, so that nobody answers in between.
  package var stopsFirst: Bool
  package var steps: [PlannedStep]
  package var onFailure: OnFailure
  package var warnings: [PlanWarning]

  package init(
    model: ModelName, kind: Kind, from: Release?, to: Release?, rollout: Bool, stopsFirst: Bool = false,
    steps: [PlannedStep], onFailure: OnFailure = .none, warnings: [PlanWarning] = []
  ) {
    self.model = model
    self.kind = kind
    self.from = from
    self.to = to
    self.rollout = rollout
    self.stopsFirst = stopsFirst
    self.steps = steps
    self.onFailure = onFailure
    self.warnings = warnings
  }
}

/// What the agent does in Git when a step fails. Traffic is restored first in any case.
package enum OnFailure: Hashable, Sendable {
  /// Reverts these commits; none are named when the manifests are not committed yet.
  case revert([CommitID])
  /// Leaves Git as it is, and holds the model until a person decides.
  case hold
  /// There is no rollout that could fail.
  case none
}

package struct PlanWarning: Hashable, Codable, Sendable {
  /// `FailedBefore`, `RolloutInProgress`, `Downtime`, `Suspended` or `WaitsForDependency`.
  package var reason: String
  package var message: String

  package init(reason: String, message: String) {
    self.reason = reason
    self.message = message
  }
}

/// One step of a change, in the words of its model and versions.
package struct PlannedStep: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case fetch, verify, promote, stop
    case start(instances: Int)
    case weight(percent: Int)
    case mirror(percent: Int)
    case preview
    case analyze(Duration)
    case watch(Duration)
    /// `nil` waits for a person.
    case pause(Duration?)
    /// A setting that takes effect at once: route, policy, labels.
    case apply
  }

  package var kind: Kind
  package var text: String

  package init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}
