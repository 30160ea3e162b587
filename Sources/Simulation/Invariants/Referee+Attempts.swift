import Effects
import Manifests
import Rollout
import Vocabulary

/// Invariant 5: attempts and intents.
extension Referee {
  mutating func checkBeginning(of open: Watch.Open, _ record: RolloutRecord, in world: World) {
    let name = record.model
    guard let watch = watches[name] else { return }
    if watch.quiet != nil {
      blame(.neighbours, "\(name) begins a rollout, and nothing happened to it", in: world)
    }
    if open.isRestore {
      if watch.rollbacks == 0 { blame(.attempts, "\(name) goes back unasked", in: world) }
      watches[name]?.rollbacks = 0
      return
    }
    if watch.open?.attempt == open.attempt {
      blame(.attempts, "\(name) \(record.version) begins again while it is under way", in: world)
    }
    if watch.failedAttempts.contains(open.attempt) || hasFailedUnderAnotherName(open, watch, name, in: world)
    {
      if watch.retries == 0 {
        blame(.attempts, "\(name) \(record.version) is tried again unasked after it failed", in: world)
      }
      watches[name]?.retries = 0
    }
    checkIntroduction(of: open, record, in: world)
  }

  /// The commit that the attempt is named after asks for the revision, and the one before it did not.
  private mutating func checkIntroduction(of open: Watch.Open, _ record: RolloutRecord, in world: World) {
    guard let commit = open.attempt.commit else { return }
    let name = record.model
    if world.branch.revision(of: name, at: commit) != open.revision {
      blame(
        .attempts, "\(name) \(record.version) is not what commit \(commit.short) asks for", in: world)
    }
  }

  /// Whether the same wish has failed, named after another of the commits that have expressed it without a break.
  private func hasFailedUnderAnotherName(
    _ open: Watch.Open, _ watch: Watch, _ name: ModelName, in world: World
  ) -> Bool {
    guard let tip = world.ledger.source?.commit, world.branch.revision(of: name, at: tip) == open.revision
    else {
      return false
    }
    let introductions = world.branch.introductions(of: name, at: tip)
    return watch.failedAttempts.contains { attempt in
      attempt.revision == open.revision && attempt.commit.map(introductions.contains) ?? false
    }
  }

  // MARK: Instances

  /// The agent is about to start an instance.
  mutating func starts(_ spec: InstanceSpec, in world: World) {
    let name = spec.model
    if world.ledger.instances[spec.id] != spec {
      blame(.attempts, "\(spec.id) is started, and its intent is not journalled", in: world)
    }
    watches[name]?.stopped.remove(spec.revision)
    if !started.insert(spec.id).inserted {
      blame(.attempts, "\(spec.id) is started a second time", in: world)
    }
    if watches[name]?.quiet != nil {
      blame(.neighbours, "\(spec.id) is started, and nothing happened to \(name)", in: world)
    }
    if watches[name]?.failed.contains(spec.revision) == true {
      blame(.failedStaysOut, "\(spec.id) is started after its version failed", in: world)
    }
    let version = world.branch.versions[spec.revision] ?? 0
    if !world.shelf.isStored(Resolution.digest(name, version)) {
      blame(.traffic, "\(spec.id) is started from an artifact that is not verified", in: world)
    }
    let running = world.servers.count {
      $0.isRunning && $0.spec.model == name && $0.spec.revision == spec.revision
    }
    let wanted = world.ledger.models[name]?.machine.replicas ?? 0
    if running >= wanted {
      blame(.attempts, "\(spec.id) is started although \(running) of \(wanted) run", in: world)
    }
    checkSeparation(of: spec, in: world)
    checkPause(before: spec, in: world)
  }

  /// Where only one version fits, nothing starts before the other is gone.
  private mutating func checkSeparation(of spec: InstanceSpec, in world: World) {
    guard let watch = watches[spec.model], watch.fitsOneOnly, watch.asked?.live.policy.strategy == .recreate
    else { return }
    let others = world.servers.filter {
      !$0.isGone && $0.spec.model == spec.model && $0.spec.revision != spec.revision
    }
    if let other = others.first {
      blame(.admission, "\(spec.id) is started beside \(other.spec.id) under recreate", in: world)
    }
  }

  // MARK: Intent before effect

  /// The weight of a candidate is the one that the journal says.
  mutating func checkIntent(of route: ModelRoute, _ name: ModelName, in world: World) {
    guard let candidate = watches[name]?.open?.revision, candidate != watches[name]?.proven.last,
      let wanted = world.ledger.models[name]?.machine.wanted()
    else { return }
    var version: String { world.version(of: candidate) }
    let weight = route.weights[candidate] ?? 0
    checkShare(weight, route, name, in: world)
    if weight > 0, weight != wanted.weights[candidate] {
      blame(.attempts, "\(name) \(version) gets \(weight) % before that is journalled", in: world)
    }
    if let mirror = route.mirror, mirror.percent != wanted.mirror {
      blame(
        .attempts, "\(name) \(version) gets \(mirror.percent) % copies before that is journalled", in: world)
    }
    if route.preview != nil, wanted.preview == nil {
      blame(.attempts, "\(name) \(version) gets a preview before that is journalled", in: world)
    }
  }

  /// A candidate gets no other share than one that its policy speaks of.
  private mutating func checkShare(_ weight: Int, _ route: ModelRoute, _ name: ModelName, in world: World) {
    guard let open = watches[name]?.open else { return }
    let version = world.version(of: open.revision)
    let shares = open.isFirst || open.isRestore ? Shares() : open.policy.strategy.shares
    if weight > 0, weight < 100, !shares.weights.contains(weight) {
      blame(.evidence, "\(name) \(version) gets \(weight) %, of which its policy says nothing", in: world)
    }
    if let mirror = route.mirror, mirror.percent != shares.mirror {
      blame(
        .evidence, "\(name) \(version) gets \(mirror.percent) % copies, and \(shares.mirror) % are asked for",
        in: world)
    }
    if let preview = route.preview, preview.access != shares.preview {
      blame(.evidence, "\(name) \(version) gets a preview that nobody asked for", in: world)
    }
  }

  /// At rest every journalled intent is a running instance, and every instance has its intent.
  mutating func checkIntents(in world: World) {
    for server in world.servers where !server.isGone {
      if world.ledger.instances[server.spec.id] == nil {
        blame(.attempts, "\(server.spec.id) runs, and the journal does not know it", in: world)
      }
    }
    for id in world.ledger.instances.keys.sorted() where world.server(id)?.isGone != false {
      blame(.attempts, "the journal has an intent to run \(id), which is gone", in: world)
    }
  }
}

/// How much of the traffic a strategy may give to a candidate before all of it.
struct Shares {
  var weights: [Int] = []
  var mirror = 0
  var preview: Preview?
}

extension Policy.Strategy {
  var shares: Shares {
    switch self {
    case .recreate: return Shares()
    case .canary(let steps):
      return Shares(weights: steps.compactMap { if case .weight(let weight) = $0 { weight } else { nil } })
    case .blueGreen(let settings): return Shares(preview: settings.preview?.access)
    case .shadow(let shadow):
      var shares = shadow.then?.shares ?? Shares()
      shares.mirror = shadow.percent
      return shares
    }
  }
}
