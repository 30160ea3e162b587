package import Manifests
package import Rollout
package import Vocabulary

/// What is, for people and other programs: the JSON of `evenkeel status -o json`, whose keys are a contract.
/// Every key is always there, with `null` for what there is not. It holds all that a dry run needs
/// (`--state FILE`); times are RFC 3339 text and durations are written as manifests write them.
package struct StatusReport: Hashable, Codable, Sendable {
  package struct Agent: Hashable, Sendable {
    package var name: String
    package var version: String
    /// What all instances together may use; `nil` when that is not known.
    package var capacity: Resources?
    /// The largest share, in percent, of the running models that one commit may remove; `nil` in a report of an
    /// earlier version.
    package var pruneLimit: Int?
    /// How often the gateway was found changed behind the agent's back and put right, since the agent started.
    package var corrections: Int

    package init(
      name: String, version: String, capacity: Resources? = nil, pruneLimit: Int? = nil, corrections: Int = 0
    ) {
      self.name = name
      self.version = version
      self.capacity = capacity
      self.pruneLimit = pruneLimit
      self.corrections = corrections
    }
  }

  /// The commit whose wishes were taken in last, and when; both `nil` before the first fetch. `trouble` says why
  /// Git cannot be read at the moment, or why its tip, `held`, is not taken in; the last wishes stay in force then.
  package struct Source: Hashable, Sendable {
    package var commit: CommitID?
    package var fetchedAt: TimeText?
    package var trouble: String?
    package var held: CommitID?

    package init(
      commit: CommitID? = nil, fetchedAt: Timestamp? = nil, trouble: String? = nil, held: CommitID? = nil
    ) {
      self.commit = commit
      self.fetchedAt = fetchedAt.map(TimeText.init)
      self.trouble = trouble
      self.held = held
    }
  }

  package struct Model: Hashable, Sendable {
    package var name: ModelName
    package var phase: Phase
    package var step: Step?
    package var stable: Release?
    package var candidate: Release?
    /// Percent of new requests by revision, as the gateway has confirmed it.
    package var weights: [Revision: Int]
    package var instances: [Instance]
    package var checks: [CheckReport]
    package var conditions: [Condition]
    package var live: LiveSettings?
    package var failures: [FailedAttempt]
    /// What one instance of stable needs; `nil` when its manifest does not say.
    package var resources: Resources?
    /// The release that stable has taken the place of, while it is kept warm.
    package var warm: Release?
    /// How often an instance ended that was to run, and was started again, since the agent started.
    package var corrections: Int
  }

  package struct Step: Hashable, Codable, Sendable {
    /// From 1.
    package var index: Int
    package var of: Int
    package var text: String

    package init(index: Int, of: Int, text: String) {
      self.index = index
      self.of = of
      self.text = text
    }
  }

  package struct Instance: Hashable, Codable, Sendable {
    package var id: InstanceID
    package var revision: Revision
    package var port: Int
    package var ready: Bool

    package init(id: InstanceID, revision: Revision, port: Int, ready: Bool) {
      self.id = id
      self.revision = revision
      self.port = port
      self.ready = ready
    }
  }

  package var agent: Agent
  package var source: Source
  package var models: [Model]

  package init(agent: Agent, source: Source, models: [Model]) {
    self.agent = agent
    self.source = source
    self.models = models
  }
}

extension StatusReport.Model {
  /// The part that the machine knows, with what was observed of the model.
  package init(
    _ machine: ModelMachine, live: LiveSettings?, resources: Resources? = nil, weights: [Revision: Int],
    instances: [StatusReport.Instance], conditions: [Condition], corrections: Int = 0
  ) {
    self.init(
      name: machine.name, phase: machine.phase, step: machine.rollout.map(StatusReport.Step.init),
      stable: machine.stable, candidate: machine.rollout?.candidate, weights: weights,
      instances: instances, checks: machine.rollout?.checks.map(\.report) ?? [], conditions: conditions,
      live: live, failures: machine.failures, resources: resources, warm: machine.warm,
      corrections: corrections)
  }
}

extension ModelMachine {
  /// The release that stable has taken the place of, while it is kept warm.
  fileprivate var warm: Release? {
    guard let rollout, case .stepping = rollout.stage, case .watch = rollout.step, rollout.stance.stableRuns
    else { return nil }
    return rollout.displaced
  }
}

extension StatusReport.Step {
  fileprivate init(_ rollout: Rollout) {
    self.init(
      index: rollout.cursor + 1, of: rollout.program.steps.count, text: rollout.step.description)
  }
}

/// What a plan needs to know of a host, from its status.
package func observedState(from report: StatusReport) -> ObservedState {
  var observed = ObservedState(capacity: report.agent.capacity)
  if let limit = report.agent.pruneLimit { observed.pruneLimit = limit }
  for model in report.models {
    observed.models[model.name] = ObservedModel(
      stable: model.stable, candidate: model.candidate, live: model.live, failures: model.failures,
      phase: model.phase, resources: model.resources, warm: model.warm)
  }
  return observed
}
