import Effects
import FoundationEssentials
import Vocabulary

/// The gateway's files. Envoy notices a rename over a file that it watches, and looks at all watched files of that
/// folder then; so each has a folder of its own, and their order is ours.
struct EnvoyPaths: Hashable, Sendable {
  var folder: String

  init(stateDirectory: String) { folder = stateDirectory + "/gateway" }

  var bootstrap: String { folder + "/bootstrap.json" }
  var listeners: String { folder + "/lds/listeners.json" }
  var clusters: String { folder + "/cds/clusters.json" }
  var routes: String { folder + "/rds/routes.json" }
  func file(of resource: EnvoyResource) -> String {
    switch resource {
    case .listeners: listeners
    case .clusters: clusters
    case .routes: routes
    }
  }

  /// In bytes; those of ten thousand models take a tenth of it.
  static let longestFile = 1 << 28

  var adminSocket: String { folder + "/admin.sock" }
  /// What Envoy confirmed last, for our next life.
  var record: String { folder + "/routing.json" }
  var log: LogFile { LogFile(path: folder + "/log", keptBytes: 8 << 20) }

  /// Makes the folders.
  func make() throws(FileError) {
    for folder in watched { try makeFolder(folder) }
  }

  /// What Envoy looks at by itself: once one of these is gone, it does not notice another in its place.
  var neededWhileRunning: [String] { watched + [adminSocket] }

  private var watched: [String] { ["lds", "cds", "rds"].map { "\(folder)/\($0)" } }
}

/// What Envoy has confirmed to route by, under the version that it reports. Saved after that, so a crash between
/// the two leaves a record of another version: then nothing is known, and the table is applied again.
struct RoutingRecord: Codable, Sendable {
  var version: String
  var table: RouteTable
  /// The boot of the host in which it was written: after the next one no instance runs any more.
  var boot: String

  static func load(_ path: String) -> RoutingRecord? {
    guard let bytes = readFile(path, limit: EnvoyPaths.longestFile) else { return nil }
    return try? JSONDecoder().decode(RoutingRecord.self, from: Data(bytes))
  }

  func save(_ path: String) throws {
    try replaceFile(path, with: Array(JSONEncoder().encode(self)))
  }
}

/// The part of the clusters' file that tells a new life of the agent what is in it.
struct WrittenClusters: Decodable {
  private struct Resource: Decodable {
    struct Metadata: Decodable {
      struct Filters: Decodable { var evenkeel: Names }
      struct Names: Decodable {
        var model: ModelName
        var revision: Revision
      }
      var filter_metadata: Filters
    }
    struct Assignment: Decodable {
      var endpoints: [Endpoints]
      struct Endpoints: Decodable { var lb_endpoints: [Endpoint] }
      struct Endpoint: Decodable { var endpoint: Address }
      struct Address: Decodable { var address: Socket }
      struct Socket: Decodable { var socket_address: Port }
      struct Port: Decodable { var port_value: Int }
    }
    var metadata: Metadata
    var load_assignment: Assignment
  }
  private var resources: [Resource]

  /// By the name of the cluster.
  var clusters: [String: EnvoyCluster] {
    let clusters = resources.map { resource in
      EnvoyCluster(
        model: resource.metadata.filter_metadata.evenkeel.model,
        revision: resource.metadata.filter_metadata.evenkeel.revision,
        ports: resource.load_assignment.endpoints.flatMap(\.lb_endpoints)
          .map(\.endpoint.address.socket_address.port_value))
    }
    return Dictionary(clusters.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  init?(bytes: [UInt8]) {
    guard let written = try? JSONDecoder().decode(WrittenClusters.self, from: Data(bytes)) else { return nil }
    self = written
  }
}
