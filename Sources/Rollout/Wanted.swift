package import Vocabulary

/// What should exist for a model, and who should get its requests.
package struct Wanted: Hashable, Sendable {
  package struct Instances: Hashable, Sendable {
    package var release: Release
    package var count: Int
    /// `false` for what is only kept until its last request is answered.
    package var mayStart = true
  }

  /// How many instances of which release, stable first.
  package var instances: [Instances] = []
  /// Percent of new requests; empty means no route. They sum to 100 otherwise.
  package var weights: [Revision: Int] = [:]
  /// Percent of the requests that the candidate gets copies of.
  package var mirror = 0
  /// How people reach the candidate whatever its weight.
  package var preview: Preview?
  /// Whether the host can hold one release only: none starts while an instance of another one exists.
  package var isExclusive = false

  /// Nothing at all.
  package init() {}
}

extension ModelMachine {
  package func wanted() -> Wanted {
    var wanted = Wanted()
    guard !removing else { return wanted }
    wanted.isExclusive = isExclusive
    guard let rollout else {
      if let stable { wanted.give(all: stable, instances: replicas) }
      return wanted
    }
    switch rollout.stage {
    case .stepping where rollout.isPromoted: wantPromoted(rollout, &wanted)
    case .stepping: wantStepping(rollout, &wanted)
    case .restoring:
      if let stable { wanted.give(all: stable, instances: replicas) }
      // Until the gateway has confirmed that no request goes there any more.
      wanted.instances.append(.init(release: rollout.candidate, count: replicas, mayStart: false))
    case .writingBack, .held:
      if let stable { wanted.give(all: stable, instances: replicas) }
    }
    return wanted
  }

  private func wantStepping(_ rollout: Rollout, _ wanted: inout Wanted) {
    let stance = rollout.stance
    if let stable, stance.stableRuns {
      wanted.instances.append(.init(release: stable, count: replicas))
    }
    if stance.candidateRuns { wanted.instances.append(.init(release: rollout.candidate, count: replicas)) }
    if stance.weight > 0 { wanted.weights[rollout.candidate.revision] = stance.weight }
    if let stable, stance.weight < 100 { wanted.weights[stable.revision] = 100 - stance.weight }
    wanted.mirror = stance.mirror
    wanted.preview = stance.preview
  }

  /// The candidate is stable by now, and the release that it has taken the place of may still be kept warm.
  private func wantPromoted(_ rollout: Rollout, _ wanted: inout Wanted) {
    wanted.give(all: rollout.candidate, instances: replicas)
    if let displaced = rollout.displaced, rollout.stance.stableRuns {
      wanted.instances.append(.init(release: displaced, count: replicas))
    }
  }

  private var isExclusive: Bool {
    (rollout?.program ?? terms?.program)?.steps.contains(.stopStable) ?? false
  }
}

extension Wanted {
  fileprivate mutating func give(all release: Release, instances count: Int) {
    instances.append(.init(release: release, count: count))
    weights[release.revision] = 100
  }
}
