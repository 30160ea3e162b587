package import Effects
package import Manifests
package import Vocabulary

/// Artifacts that are there as soon as somebody asks, unless told otherwise.
package actor MemoryArtifacts: ArtifactStore {
  private var answers: [Digest: ArtifactStatus] = [:]
  package private(set) var requested: Set<Digest> = []

  package init() {}

  package func answer(_ status: ArtifactStatus?, for digest: Digest) { answers[digest] = status }

  package func request(_ artifact: Artifact) async -> ArtifactStatus {
    requested.insert(artifact.digest)
    return answers[artifact.digest] ?? .stored(folder: "/store/\(artifact.digest.short)")
  }

  /// The next try has the same answer: it is the world that was told, not the store.
  package func forgetFailure(of artifact: Artifact) async {}
}

/// Instances that only exist as records. They are ready at once, unless told otherwise.
package actor MemoryInstances: InstanceDriver {
  private var observations: [InstanceID: InstanceObservation] = [:] {
    didSet { listed = nil }
  }
  /// All of them in order, as they were last answered; `nil` once one has changed.
  private var listed: [InstanceObservation]?
  package private(set) var started: [InstanceSpec] = []
  /// The condition that instances of a revision have after their start.
  private var fates: [Revision: InstanceCondition] = [:]
  private var startErrors: [Revision: InstanceError] = [:]

  package init() {}

  // MARK: What tests and simulations do to it

  package func setFate(of revision: Revision, _ condition: InstanceCondition) {
    fates[revision] = condition
  }

  package func failStarts(of revision: Revision, with error: InstanceError?) {
    startErrors[revision] = error
  }

  package func set(_ id: InstanceID, _ condition: InstanceCondition) {
    observations[id]?.condition = condition
  }

  // MARK: InstanceDriver

  package func adopt(_ journalled: [InstanceSpec]) async {
    let known = Set(journalled.map(\.id))
    observations = observations.filter { known.contains($0.key) }
    for spec in journalled where observations[spec.id] == nil {
      observations[spec.id] = Self.observation(of: spec, .lost)
    }
  }

  package func observe() async -> [InstanceObservation] {
    if let listed { return listed }
    let fresh = observations.values.sorted { $0.id < $1.id }
    listed = fresh
    return fresh
  }

  package func start(_ spec: InstanceSpec) async throws(InstanceError) {
    if let error = startErrors[spec.revision] { throw error }
    guard observations[spec.id] == nil else { return }
    started.append(spec)
    observations[spec.id] = Self.observation(of: spec, fates[spec.revision] ?? .ready)
  }

  package func stop(_ id: InstanceID) async {
    observations[id]?.condition = .exited("stopped")
  }

  package func forget(_ id: InstanceID) async {
    observations[id] = nil
  }

  package func logTail(of id: InstanceID, lines: Int) async -> [String] {
    ["last words of \(id)"]
  }

  private static func observation(of spec: InstanceSpec, _ condition: InstanceCondition)
    -> InstanceObservation
  {
    InstanceObservation(
      id: spec.id, model: spec.model, revision: spec.revision, port: spec.port,
      metricsPort: spec.metricsPort, pid: nil, condition: condition)
  }
}

/// A gateway that accepts every table, unless told otherwise, and answers requests in its head.
package actor MemoryGateway: Gateway {
  package private(set) var accepted: RouteTable? = RouteTable()
  package private(set) var appliedTables: [RouteTable] = []
  private var statistics: [BackendKey: BackendStatistics] = [:]
  private var refusal: GatewayError?
  private var isSilent = false
  private var drift: String?
  private var lateRequest: BackendKey?

  package init() {}

  // MARK: What tests and simulations do to it

  package func refuse(with error: GatewayError?) { refusal = error }

  /// A silent gateway serves, and does not answer the agent.
  package func setSilent(_ silent: Bool) { isSilent = silent }

  /// Requests arrive, split by the accepted weights as evenly as whole numbers allow; `errors` says which
  /// share of a revision's answers is an error, and `times` how long each of its answers takes, 10 ms otherwise.
  package func serve(
    _ requests: Int, to model: ModelName, errors: [Revision: Double] = [:], times: [Revision: Duration] = [:]
  ) {
    let route = accepted?.models[model]
    for (revision, weight) in route?.weights ?? [:] {
      count(
        requests * weight / 100, errors[revision] ?? 0, times[revision],
        BackendKey(model: model, revision: revision))
    }
    if let mirror = route?.mirror {
      let key = BackendKey(model: model, revision: mirror.revision)
      count(requests * mirror.percent / 100, errors[mirror.revision] ?? 0, times[mirror.revision], key)
    }
  }

  /// Requests that ask for the preview; `false` when there is none.
  package func servePreview(_ requests: Int, of model: ModelName, errors: Double = 0) -> Bool {
    guard let preview = accepted?.models[model]?.preview else { return false }
    count(requests, errors, nil, BackendKey(model: model, revision: preview.revision))
    return true
  }

  private func count(_ requests: Int, _ errors: Double, _ time: Duration?, _ key: BackendKey) {
    let time = time ?? .milliseconds(10)
    var backend = statistics[key] ?? BackendStatistics(counts: RequestCounts(), active: 0)
    backend.counts.requests += requests
    backend.counts.errors += Int(Double(requests) * errors)
    var latency = backend.latency ?? LatencyHistogram()
    latency.add(.init(from: time, to: time + .milliseconds(1), count: requests))
    backend.latency = latency
    statistics[key] = backend
  }

  /// Somebody changes the routes behind the agent's back; what that was, in words.
  package func meddle(_ what: String) { (accepted, drift) = (nil, what) }

  /// A request reaches this backend right before the next change of routes.
  package func expectLateRequest(for key: BackendKey) { lateRequest = key }

  package func setActive(_ count: Int, _ key: BackendKey) {
    statistics[key, default: BackendStatistics(counts: RequestCounts(), active: 0)].active = count
  }

  // MARK: Gateway

  package func start() async throws(GatewayError) {}

  package func observe(latenciesOf backends: Set<BackendKey>) async -> GatewayObservation {
    GatewayObservation(
      accepted: accepted, statistics: isSilent ? nil : statistics(latenciesOf: backends),
      problem: isSilent ? "the gateway does not answer" : nil, drift: drift)
  }

  package func apply(_ table: RouteTable) async throws(GatewayError) {
    if let refusal { throw refusal }
    if let lateRequest { setActive(1, lateRequest) }
    lateRequest = nil
    (accepted, drift) = (table, nil)
    appliedTables.append(table)
  }

  private func statistics(latenciesOf backends: Set<BackendKey>) -> [BackendKey: BackendStatistics] {
    var found = statistics
    for key in found.keys where !backends.contains(key) { found[key]?.latency = nil }
    return found
  }
}
