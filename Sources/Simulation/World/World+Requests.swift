import Effects
import Vocabulary

/// A part of a model's requests that goes to one backend.
struct Flow {
  let key: BackendKey
  /// Of all requests of the model in a second, this many parts of so many.
  let load: Double
  let share: (parts: Double, of: Double)
  let counter: Door.Counter
  let account: Door.Account
  let errorRate: Double
  /// Whether somebody answers behind all of its ports.
  let isHealthy: Bool
}

/// What becomes of the requests that come in all the time.
extension World {
  func serve(for duration: Duration, until end: Timestamp) {
    guard !troubles.has(.gatewayDown) else { return }
    let flows = flows ?? findFlows()
    self.flows = flows
    let seconds = Double(duration.milliseconds) / 1000
    for flow in flows {
      flow.account.requests += flow.counter.serve(
        flow.load * seconds * flow.share.parts / flow.share.of, errorRate: flow.errorRate,
        until: end + Door.requestDuration)
      if !flow.isHealthy { door.misfortunes.insert(flow.key) }
    }
  }

  /// The share of people who look at previews.
  private static let previewShare = 0.1

  /// Finds out who gets requests, and how many of each backend's ports answer.
  private func findFlows() -> [Flow] {
    let ready = Set(servers.filter(\.isReady).map(\.spec.port))
    return setting.models.filter { $0.load > 0 }.flatMap { model -> [Flow] in
      guard let route = door.routing.models[model.name] else { return [] }
      return route.shares(ofPreviews: Self.previewShare).compactMap { revision, parts, whole in
        let key = BackendKey(model: model.name, revision: revision)
        guard let counter = door.counters[key] else { return nil }
        let ports = route.backends.first { $0.revision == revision }?.ports ?? []
        let healthy = ports.isEmpty ? 0 : Double(ports.count { ready.contains($0) }) / Double(ports.count)
        let account = door.account(of: key, errorRate: nature(of: model.name, revision).errorRate)
        return Flow(
          key: key, load: model.load, share: (parts, whole), counter: counter, account: account,
          errorRate: 1 - healthy * (1 - account.errorRate), isHealthy: healthy == 1)
      }
    }
  }
}

extension ModelRoute {
  /// Which parts of the requests go where, copies and guests included.
  fileprivate func shares(ofPreviews previews: Double) -> [(to: Revision, parts: Double, of: Double)] {
    var shares = backends.filter { $0.weight > 0 }.map { ($0.revision, Double($0.weight), 100.0) }
    if let mirror, !shares.isEmpty { shares.append((mirror.revision, Double(mirror.percent), 100)) }
    if let preview { shares.append((preview.revision, previews, 1)) }
    return shares
  }
}
