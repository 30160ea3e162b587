import Vocabulary

/// All routes, arranged so that overlaps are found without comparing every pair.
///
/// Two routes overlap when one path is the other or starts with its segments, and the hosts are equal or one of
/// them is any host. A path has few segments, so each route looks at the paths above it and once at what lies
/// below it.
struct RouteIndex {
  /// Up to two models; two are enough to name one that is not the asking model itself.
  private struct Pair {
    var first: Int?
    var second: Int?

    mutating func insert(_ model: Int) {
      if first == nil { first = model } else if second == nil, first != model { second = model }
    }

    func other(than model: Int) -> Int? { first == model ? second : first }
  }

  private struct Models {
    var all = Pair()
    var withAnyHost = Pair()
    var byHost: [String: Pair] = [:]

    mutating func insert(_ model: Int, host: String?) {
      all.insert(model)
      if let host { byHost[host, default: Pair()].insert(model) } else { withAnyHost.insert(model) }
    }

    /// Some model other than the asking one whose host meets this host.
    func meeting(_ host: String?, otherThan model: Int) -> Int? {
      guard let host else { return all.other(than: model) }
      return withAnyHost.other(than: model) ?? byHost[host]?.other(than: model)
    }
  }

  /// Models by exactly their path.
  private var at: [String: Models] = [:]
  /// Models by each path above theirs.
  private var below: [String: Models] = [:]

  /// Models go by their index; one without a route has errors and is left out.
  init(_ routes: [Route?]) {
    for case (let model, let route?) in zip(routes.indices, routes) { insert(model, route) }
  }

  /// Adds a route; a model may have several.
  mutating func insert(_ model: Int, _ route: Route) {
    at[route.prefix, default: Models()].insert(model, host: route.host)
    for path in pathsAbove(route.prefix) {
      below[path, default: Models()].insert(model, host: route.host)
    }
  }

  /// Some other model whose route overlaps this model's.
  func overlap(of model: Int, _ route: Route) -> Int? {
    if let other = at[route.prefix]?.meeting(route.host, otherThan: model) { return other }
    if let other = below[route.prefix]?.meeting(route.host, otherThan: model) { return other }
    for path in pathsAbove(route.prefix) {
      if let other = at[path]?.meeting(route.host, otherThan: model) { return other }
    }
    return nil
  }
}

/// Whether any two routes could overlap, by their paths alone. In most repositories none can, and then there is
/// no need for an index with hosts.
func mayOverlap(_ prefixes: [String]) -> Bool {
  let distinct = Set(prefixes)
  guard distinct.count == prefixes.count else { return true }
  // Siblings share what is above them, so looking each path up once is enough.
  var free: Set<String> = []
  for prefix in prefixes {
    for path in pathsAbove(prefix) where free.insert(path).inserted {
      if distinct.contains(path) { return true }
    }
  }
  return false
}

/// The paths that a path starts with, by whole segments: `/`, `/v2` and `/v2/models` for `/v2/models/a`.
func pathsAbove(_ path: String) -> [String] {
  guard path != "/" else { return [] }
  var paths = ["/"]
  for index in path.utf8.indices.dropFirst() where path.utf8[index] == UInt8(ascii: "/") {
    paths.append(String(path[..<index]))
  }
  return paths
}
