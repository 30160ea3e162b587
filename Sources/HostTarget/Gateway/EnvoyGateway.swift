package import Effects
import Glibc
package import Logging
import Vocabulary

/// Envoy as the gateway, configured by files alone.
///
/// It runs in a session of its own and keeps serving when the agent is gone; the next life of the agent adopts it.
/// A configuration is in force once Envoy's own statistics report our version of it; what it rejects is taken back,
/// so that the files on the disk are always what it would start with again.
package actor EnvoyGateway: Gateway {
  let settings: GatewaySettings
  let paths: EnvoyPaths
  let configuration: EnvoyConfiguration
  let admin: EnvoyAdmin
  let marker: Marker
  let onChange: @Sendable () -> Void
  let logger: Logger
  let clock = ContinuousClock()

  /// Envoy, while it runs.
  var process: ProcessIdentity?
  /// Why it does not serve, or did not do what it was asked.
  var problem: String?
  var supervisor: Task<Void, Never>?
  /// What the clusters' file has, by the name of the cluster.
  var clusters: [String: EnvoyCluster] = [:]
  /// Whether Envoy has confirmed exactly `clusters`.
  var clustersConfirmed = false
  /// What Envoy has confirmed to route by; `nil` when that is not known.
  var record: RoutingRecord?
  /// What it is being asked to route by.
  var pending: RoutingRecord?
  /// Envoy's files as we left them.
  var left: [EnvoyResource: LeftFile] = [:]
  /// What somebody else has changed, until Envoy has confirmed ours again.
  var disturbed: Set<EnvoyResource> = []
  /// Counts the beginnings and ends of changes and of Envoy's lives. What was asked of Envoy before one of them says
  /// nothing about what is here after it.
  var epoch = 0
  /// How many changes are under way.
  private var changesUnderWay = 0
  /// How many rejections of this Envoy process have been dealt with.
  var rejectionsSeen: [EnvoyResource: Int] = [:]
  /// Unanswered requests from before a cluster was removed, by its name. Envoy drops a cluster's own counters with
  /// it but keeps this one, and a cluster that comes back begins at zero.
  var unansweredBefore: [String: Int] = [:]
  private var filesWritten = 0
  /// What the versions of this life begin with.
  let life = String(UInt64.random(in: 0...UInt64.max), radix: 16)
  /// Starts and changes happen one at a time, although each of them waits.
  private var lastTurn: Task<Void, Never>?

  /// A gateway for one state directory; nothing runs until `start`.
  ///
  /// - Parameters:
  ///   - stateDirectory: Its folder `gateway` has Envoy's files; also tells this Envoy from those of other agents.
  ///   - onChange: Called whenever the gateway starts or stops to serve, on no particular thread.
  /// - Throws: When the folder cannot be made, or its path is too long for the socket in it.
  package init(
    settings: GatewaySettings, stateDirectory: String, logger: Logger,
    onChange: @escaping @Sendable () -> Void
  ) throws(GatewayError) {
    do {
      try makeFolder(stateDirectory)
      let state = canonicalPath(stateDirectory)
      paths = EnvoyPaths(stateDirectory: state)
      marker = Marker(.gateway, stateDirectory: state)
      try paths.make()
    } catch {
      throw GatewayError(.unreachable, "the folder of the gateway cannot be used: \(error)")
    }
    let longest = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
    guard paths.adminSocket.utf8.count <= longest else {
      throw GatewayError(
        .rejected,
        "\(paths.adminSocket) is too long for a unix socket (\(longest) bytes): choose a shorter stateDir")
    }
    self.settings = settings
    configuration = EnvoyConfiguration(settings: settings, paths: paths)
    admin = EnvoyAdmin(socket: paths.adminSocket)
    self.logger = logger
    self.onChange = onChange
  }

  deinit {
    supervisor?.cancel()
  }

  // MARK: - Gateway

  package func start() async throws(GatewayError) {
    try await inTurn { gateway in await gateway.startNow() }
  }

  package func apply(_ table: RouteTable) async throws(GatewayError) {
    try await inTurn { gateway in await gateway.applyNow(table) }
  }

  package func observe(latenciesOf backends: Set<BackendKey>) async -> GatewayObservation {
    guard process != nil else {
      return GatewayObservation(problem: problem ?? "the gateway has not been started")
    }
    let begun = epoch
    let watched = backends.map { EnvoyCluster.name($0.model, $0.revision) }
    guard let statistics = await admin.requests(latenciesOf: watched) else {
      return GatewayObservation(problem: problem ?? "the gateway does not answer on \(paths.adminSocket)")
    }
    for (name, count) in statistics.unanswered where clusters[name] == nil { unansweredBefore[name] = count }
    let drift = begun == epoch && changesUnderWay == 0 ? drift(in: statistics) : nil
    let version = statistics.version(of: .routes)
    let accepted = drift == nil ? [record, pending].compactMap(\.self).first { $0.version == version } : nil
    return GatewayObservation(
      accepted: accepted?.table, statistics: requests(of: clusters.values, in: statistics),
      problem: problem, drift: drift)
  }

  /// Ends Envoy and the supervision of it: for taking the host out of service. Routing is kept on the disk.
  package func stop() async {
    supervisor?.cancel()
    await supervisor?.value
    supervisor = nil
    let leader = process
    process = nil
    problem = "the gateway was stopped"
    await end(leader, marker: marker, grace: .seconds(5))
    onChange()
  }

  // MARK: - Helpers

  private func requests(
    of clusters: some Sequence<EnvoyCluster>, in statistics: EnvoyStatistics
  ) -> [BackendKey: BackendStatistics] {
    var found: [BackendKey: BackendStatistics] = [:]
    let allUnanswered = statistics.unanswered
    for cluster in clusters {
      let prefix = "cluster.\(cluster.name).upstream_rq_"
      // `completed` has every request that was answered, by the server or, when the server refused the connection,
      // broke it off or took too long, by Envoy with a 503 or 504; each of them once. Requests that the client
      // gave up before that are in `unanswered` only. The counters are read one after the other, hence the bounds.
      let answered = statistics.number(prefix + "completed")
      let errors = min(answered, statistics.number(prefix + "5xx"))
      let unanswered = max(
        0, allUnanswered[cluster.name, default: 0] - unansweredBefore[cluster.name, default: 0])
      found[cluster.key] = BackendStatistics(
        counts: RequestCounts(requests: answered + unanswered, errors: errors + unanswered),
        active: statistics.number(prefix + "active"), latency: statistics.latencies[cluster.name])
    }
    return found
  }

  /// What no other writing of a file has had.
  func nextID() -> String {
    filesWritten += 1
    return "\(life)-\(filesWritten)"
  }

  /// Waits for the turns before, then runs. A turn that has begun is not cancelled with its caller: half of a
  /// change would be worse than all of it.
  private func inTurn(
    _ body: @escaping @Sendable (EnvoyGateway) async -> Result<Void, GatewayError>
  ) async throws(GatewayError) {
    let before = lastTurn
    let turn = Task {
      await before?.value
      beginChange()
      defer { endChange() }
      return await body(self)
    }
    lastTurn = Task { _ = await turn.value }
    try await turn.value.get()
  }

  private func beginChange() {
    epoch += 1
    changesUnderWay += 1
  }

  private func endChange() {
    epoch += 1
    changesUnderWay -= 1
  }
}
