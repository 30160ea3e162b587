import Effects
import Manifests
import Rollout
import Vocabulary

/// Works out the routes of one model.
struct Routing {
  let machine: ModelMachine
  let wanted: Wanted
  let instances: [InstanceObservation]
  let unwanted: [InstanceObservation]

  /// The split that the machine wants, and beside it, without traffic, every other release that runs: its
  /// statistics exist before its first request and until its last answer.
  func route(by route: Route) -> ModelRoute? {
    let weights = servable
    let running = Set(instances.filter { !$0.isExited }.map(\.revision))
    let revisions = running.union(weights.keys).sorted()
    guard !revisions.isEmpty else { return nil }
    let backends = revisions.map { revision in
      Backend(
        revision: revision, weight: weights[revision] ?? 0,
        ports: ports(of: revision, routed: weights[revision] != nil || revision == guest))
    }
    var route = ModelRoute(route: route, backends: backends)
    if let candidate = machine.rollout?.candidate.revision, !weights.isEmpty, isReady(candidate) {
      route.preview = wanted.preview.map { PreviewRoute(access: $0, revision: candidate) }
      if wanted.mirror > 0 { route.mirror = MirrorRoute(percent: wanted.mirror, revision: candidate) }
    }
    return route
  }

  /// The revision that gets copies or a preview.
  private var guest: Revision? {
    wanted.mirror > 0 || wanted.preview != nil ? machine.rollout?.candidate.revision : nil
  }

  /// The weights that the machine wants. A release without a ready instance gets none of them, whatever the step
  /// says, as long as one that has been stable is there to take them.
  private var servable: [Revision: Int] {
    guard !wanted.weights.keys.allSatisfy(isReady) else { return wanted.weights }
    let proven = [machine.stable, machine.rollout?.displaced].compactMap { $0?.revision }
    let kept = wanted.instances.filter(\.mayStart).map(\.release.revision)
    guard !wanted.weights.isEmpty,
      let substitute = proven.first(where: { kept.contains($0) && isReady($0) })
    else { return wanted.weights }
    return [substitute: 100]
  }

  private func isReady(_ revision: Revision) -> Bool {
    instances.contains { $0.revision == revision && $0.condition == .ready }
  }

  /// Only instances whose model is ready, and that are to stay, get requests. If none of a routed release is ready,
  /// all that are to stay are in: an honest error of a server is better than one about a missing one.
  private func ports(of revision: Revision, routed: Bool) -> [Int] {
    let instances = instances.filter { $0.revision == revision && !$0.isExited }
    guard routed else { return instances.filter { $0.condition == .ready }.map(\.port).sorted() }
    let staying = instances.filter { instance in !unwanted.contains { $0.id == instance.id } }
    let ready = staying.filter { $0.condition == .ready }
    return (ready.isEmpty ? staying : ready).map(\.port).sorted()
  }
}
