import Vocabulary

/// All routes of files that are not at odds, counted by path and host, so that routes can come and go one by one and a
/// new one is compared with paths instead of routes. What overlaps is said in ``RouteIndex``.
struct RouteCensus: Sendable {
  /// Routes under one condition about hosts.
  private struct Paths: Sendable {
    /// How many have exactly this path.
    var at: [String: Int] = [:]
    /// How many have a path below this one.
    var below: [String: Int] = [:]

    mutating func count(_ path: String, _ change: Int) {
      at.add(change, to: path)
      for above in pathsAbove(path) { below.add(change, to: above) }
    }

    func meets(_ path: String) -> Bool {
      at[path] != nil || below[path] != nil || pathsAbove(path).contains { at[$0] != nil }
    }
  }

  private var ofAnyHost = Paths()
  private var ofHosts = Paths()
  private var byHost: [String: Paths] = [:]

  mutating func insert(_ route: Route) { count(route, 1) }

  mutating func remove(_ route: Route) { count(route, -1) }

  /// Whether some route overlaps this one.
  func meets(_ route: Route) -> Bool {
    if ofAnyHost.meets(route.prefix) { return true }
    guard let host = route.host else { return ofHosts.meets(route.prefix) }
    return byHost[host]?.meets(route.prefix) ?? false
  }

  private mutating func count(_ route: Route, _ change: Int) {
    guard let host = route.host else { return ofAnyHost.count(route.prefix, change) }
    ofHosts.count(route.prefix, change)
    byHost[host, default: Paths()].count(route.prefix, change)
    if byHost[host]?.at.isEmpty == true { byHost[host] = nil }
  }
}

extension [String: Int] {
  /// A count of nothing is no entry.
  mutating func add(_ change: Int, to key: String) {
    let count = self[key, default: 0] + change
    self[key] = count == 0 ? nil : count
  }
}
