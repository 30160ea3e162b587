import Effects
import Manifests
import Vocabulary

/// Which request goes where.
extension EnvoyConfiguration {
  /// All routes. A route whose clusters are unknown is rejected, rather than answered 503.
  func routes(_ table: RouteTable, id: String) -> EnvoyFile {
    let all = table.models.flatMap { entries(of: $0.key, $0.value) }
    let everywhere = all.filter { $0.host == nil }
    let named = Dictionary(grouping: all.filter { $0.host != nil }) { $0.host ?? "" }
    // Envoy looks into one virtual host only, so those of a host name also have the routes for any host.
    let ofNames = named.sorted { $0.key < $1.key }.map { virtualHost($0.key, $0.value + everywhere) }
    let virtualHosts = [virtualHost(nil, everywhere)] + ofNames
    let configuration: JSON = [
      "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
      "name": .string(Self.routesName),
      "validate_clusters": true,
      "ignore_port_in_host_matching": true,
      "virtual_hosts": .array(virtualHosts),
    ]
    return EnvoyFile(id: id, resources: [configuration])
  }

  /// What a model answers on one host name.
  private struct Entry {
    /// How an entry came to be, in the order in which those of one path are asked: nobody's preview takes the requests
    /// of a model that has the name for itself, and a preview comes before what is answered on every name.
    enum Rank: Int { case ownHost, previewHost, anyHost }

    /// In lower case; `nil` for any.
    var host: String?
    var rank: Rank
    /// Without a slash at its end.
    var prefix: String
    var model: ModelName
    var routes: [JSON]

    /// The longest prefix first.
    static func comesFirst(_ left: Entry, _ right: Entry) -> Bool {
      let (long, short) = (left.prefix.utf8.count, right.prefix.utf8.count)
      if long != short { return long > short }
      if left.rank != right.rank { return left.rank.rawValue < right.rank.rawValue }
      return left.model < right.model
    }
  }

  private func entries(of model: ModelName, _ route: ModelRoute) -> [Entry] {
    let prefix = route.route.prefix
    let trimmed = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
    let paths = match(trimmed)
    let host = route.route.host?.lowercased()
    var own = Entry(
      host: host, rank: host == nil ? .anyHost : .ownHost, prefix: trimmed, model: model, routes: [])
    var found: [Entry] = []
    if let preview = route.preview {
      let backends = route.backends.filter { $0.revision == preview.revision }
      switch preview.access {
      case .header(let name):
        let carried: JSON = [["name": .string(name), "present_match": true]]
        let asked = paths + [("headers", carried)]
        own.routes.append(self.route(asked, model, backends.map { ($0, 100) }))
      case .host(let name):
        let only = self.route(paths, model, backends.map { ($0, 100) })
        found.append(
          Entry(
            host: name.lowercased(), rank: .previewHost, prefix: trimmed, model: model, routes: [only]))
      }
    }
    own.routes += main(paths, model, route)
    return found + (own.routes.isEmpty ? [] : [own])
  }

  /// The routes by weight. Where there is a mirror, they come twice: with it for what can be copied, and without.
  private func main(_ paths: [(String, JSON)], _ model: ModelName, _ route: ModelRoute) -> [JSON] {
    let split = route.backends.filter { $0.weight > 0 }.map { ($0, $0.weight) }
    guard !split.isEmpty else { return [] }
    let plain = self.route(paths, model, split)
    guard let mirror = route.mirror,
      route.backends.contains(where: { $0.revision == mirror.revision && !$0.ports.isEmpty })
    else { return [plain] }
    let policies = ("request_mirror_policies", JSON.array([policy(model, mirror)]))
    return copiable.map { self.route(paths + [("headers", $0)], model, split, [policies]) } + [plain]
  }

  /// The requests that are copied: those that fit whole into Envoy's buffers. Of longer ones, and of those that do not
  /// say how long they are, Envoy would send the copy as it reads the request, and read no faster than the copy is
  /// taken: a candidate that stops to read would hold up the client.
  private var copiable: [JSON] {
    [
      [["name": "content-length", "range_match": ["start": 0, "end": .number(Self.longestCopy + 1)]]],
      [
        ["name": "content-length", "present_match": true, "invert_match": true],
        ["name": ":method", "string_match": ["safe_regex": ["regex": "GET|HEAD"]]],
      ],
    ]
  }

  /// In bytes of the body; with the head it is less than the buffer of a connection (1 MiB).
  static let longestCopy = 1_000_000

  private func policy(_ model: ModelName, _ mirror: MirrorRoute) -> JSON {
    [
      "cluster": .string(EnvoyCluster.name(model, mirror.revision)),
      "runtime_fraction": [
        "default_value": ["numerator": .number(mirror.percent), "denominator": "HUNDRED"]
      ],
      // A server may look at the name; the copy is to be like the request.
      "disable_shadow_host_suffix_append": true,
      "trace_sampled": false,
    ]
  }

  private func virtualHost(_ host: String?, _ entries: [Entry]) -> JSON {
    let nothing: JSON = [
      "match": ["prefix": "/"],
      "direct_response": ["status": 404, "body": ["inline_string": "No model has this route.\n"]],
    ]
    return [
      "name": .string(host ?? "any"),
      "domains": [.string(host ?? "*")],
      "routes": .array(entries.sorted(by: Entry.comesFirst).flatMap(\.routes) + [nothing]),
    ]
  }

  /// To these backends by their weights. Where not one has an instance the gateway says so itself, so that nobody is
  /// charged with it.
  private func route(
    _ match: [(String, JSON)], _ model: ModelName, _ split: [(Backend, Int)], _ more: [(String, JSON)] = []
  ) -> JSON {
    guard split.contains(where: { !$0.0.ports.isEmpty }) else {
      let body: JSON = ["inline_string": .string("No instance of \(model) is running.\n")]
      return ["match": .object(match), "direct_response": ["status": 503, "body": body]]
    }
    let backends = split.map { backend, weight -> JSON in
      [
        "name": .string(EnvoyCluster.name(model, backend.revision)),
        "weight": .number(weight),
        "response_headers_to_add": [
          header("x-evenkeel-model", model.rawValue), header("x-evenkeel-revision", backend.revision.short),
        ],
      ]
    }
    let action: [(String, JSON)] = [
      ("timeout", seconds(settings.requestTimeout)),
      // Copies have the default priority, and limits of their own.
      ("priority", "HIGH"),
      ("weighted_clusters", ["clusters": .array(backends)]),
    ]
    return ["match": .object(match), "route": .object(action + more)]
  }

  /// By whole path segments; the empty prefix is every path.
  private func match(_ prefix: String) -> [(String, JSON)] {
    prefix.isEmpty ? [("prefix", "/")] : [("path_separated_prefix", .string(prefix))]
  }

  private func header(_ name: String, _ value: String) -> JSON {
    [
      "header": ["key": .string(name), "value": .string(value)],
      "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    ]
  }
}
