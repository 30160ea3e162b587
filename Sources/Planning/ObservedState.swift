package import Manifests
package import Rollout
package import Vocabulary

/// What is, as far as a plan needs to know it: from the agent's own records, from a saved status, or from
/// another commit of the configuration repository.
package struct ObservedState: Hashable, Sendable {
  package var models: [ModelName: ObservedModel]
  /// What all instances together may use; `nil` when that is not known, and then nothing is refused for it.
  package var capacity: Resources?
  /// The largest share, in percent, of the running models that one commit may remove.
  package var pruneLimit: Int

  package init(
    models: [ModelName: ObservedModel] = [:], capacity: Resources? = nil,
    pruneLimit: Int = AgentSettings.defaultPruneLimit
  ) {
    self.models = models
    self.capacity = capacity
    self.pruneLimit = pruneLimit
  }

  /// The state of a host on which everything that `base` asks for is stable: what a pull request is compared
  /// with. A model that cannot be read in `base` is not in it, for nobody knows what of it runs.
  package init(settledOn base: DesiredState) {
    self.init(
      models: base.models.mapValues { model in
        let release = Release(
          revision: revision(of: model.workload), version: model.workload.artifact.version, commit: nil)
        return ObservedModel(stable: release, live: model.live, resources: model.workload.resources)
      })
  }
}

/// One model as it is.
package struct ObservedModel: Hashable, Sendable {
  /// The last release that completed a rollout.
  package var stable: Release?
  /// The release of the rollout that is under way, or that has failed and is being taken back.
  package var candidate: Release?
  /// What applies at the moment; `nil` when that is not known, and then nothing is said about it.
  package var live: LiveSettings?
  package var failures: [FailedAttempt]
  package var phase: Phase
  /// What one instance of stable needs; `nil` when its manifest does not say, or it is not known.
  package var resources: Resources?
  /// The release that stable has taken the place of, while it is kept warm.
  package var warm: Release?

  package init(
    stable: Release? = nil, candidate: Release? = nil, live: LiveSettings? = nil,
    failures: [FailedAttempt] = [], phase: Phase = .stable, resources: Resources? = nil, warm: Release? = nil
  ) {
    self.stable = stable
    self.candidate = candidate
    self.live = live
    self.failures = failures
    self.phase = phase
    self.resources = resources
    self.warm = warm
  }

  /// Whether anything of it runs or is on its way. Of a model that is gone only its failures are known.
  var exists: Bool { stable != nil || candidate != nil }

  /// The release that a rollout is carrying forward, as opposed to one that has failed already.
  var underWay: Release? {
    switch phase {
    case .fetching, .verifying, .starting, .stepping, .promoting:
      candidate?.revision == stable?.revision ? nil : candidate
    case .watching, .stable, .restoring, .writingBack, .held, .removing: nil
    }
  }
}
