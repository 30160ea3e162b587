package import Manifests
package import Vocabulary

/// All that the gateway routes, in one value: it is applied as a whole.
package struct RouteTable: Hashable, Codable, Sendable {
  /// By model name.
  package var models: [ModelName: ModelRoute]

  package init(models: [ModelName: ModelRoute] = [:]) {
    self.models = models
  }
}

package struct ModelRoute: Hashable, Codable, Sendable {
  package var route: Route
  /// Weights sum to 100. A backend of weight 0 gets no new request but stays known, with its statistics,
  /// until the requests it already has are answered. No backend with a weight: the route does not exist.
  package var backends: [Backend]
  /// Who may ask for one backend whatever its weight; the backend is one of `backends`.
  package var preview: PreviewRoute?
  /// Who gets copies of the requests, besides the one that answers them; the backend is one of `backends`.
  package var mirror: MirrorRoute?

  package init(
    route: Route, backends: [Backend], preview: PreviewRoute? = nil, mirror: MirrorRoute? = nil
  ) {
    self.route = route
    self.backends = backends
    self.preview = preview
    self.mirror = mirror
  }

  /// The split of new requests, without the backends that get none.
  package var weights: [Revision: Int] {
    backends.reduce(into: [:]) { weights, backend in
      if backend.weight > 0 { weights[backend.revision] = backend.weight }
    }
  }
}

/// Requests of the model's route that ask for the preview go to this revision and nowhere else.
package struct PreviewRoute: Hashable, Codable, Sendable {
  package var access: Preview
  package var revision: Revision

  package init(access: Preview, revision: Revision) {
    self.access = access
    self.revision = revision
  }
}

/// This revision gets a copy of this share of the model's requests. Its answers are dropped, but counted.
package struct MirrorRoute: Hashable, Codable, Sendable {
  /// Percent of the requests, 1 to 100.
  package var percent: Int
  package var revision: Revision

  package init(percent: Int, revision: Revision) {
    self.percent = percent
    self.revision = revision
  }
}

package struct Backend: Hashable, Codable, Sendable {
  package var revision: Revision
  /// Percent of new requests.
  package var weight: Int
  /// The instances' ports on 127.0.0.1, ascending.
  package var ports: [Int]

  package init(revision: Revision, weight: Int, ports: [Int]) {
    self.revision = revision
    self.weight = weight
    self.ports = ports
  }
}

/// A revision of a model behind the gateway.
package struct BackendKey: Hashable, Sendable {
  package var model: ModelName
  package var revision: Revision

  package init(model: ModelName, revision: Revision) {
    self.model = model
    self.revision = revision
  }
}

package struct BackendStatistics: Hashable, Sendable {
  /// Requests finished since the gateway first knew the backend; falls back to 0 when the gateway restarts. Errors
  /// are those answered 5xx and those that got no answer: the client gave up before one began. When the ports of the
  /// backend change, the requests go on, but the errors may begin again at 0.
  package var counts: RequestCounts
  /// Requests that are being answered now.
  package var active: Int
  /// How long requests took that the instances answered, since the gateway first knew the backend; begins again at
  /// nothing when the gateway restarts, and when the ports of the backend change. `nil` before the first, and when that
  /// was not asked. Behind `counts` by a few seconds.
  package var latency: LatencyHistogram?

  package init(counts: RequestCounts, active: Int, latency: LatencyHistogram? = nil) {
    self.counts = counts
    self.active = active
    self.latency = latency
  }
}

package struct GatewayObservation: Hashable, Sendable {
  /// What the gateway confirmed last and routes by now; `nil` when that is not known.
  package var accepted: RouteTable?
  /// `nil` when the gateway could not be asked. That is no evidence of anything.
  package var statistics: [BackendKey: BackendStatistics]?
  /// Why it does not serve, or does not accept, in words; `nil` when all is well.
  package var problem: String?
  /// What somebody else has changed about the gateway behind our back, in words; `nil` when nothing has. It goes
  /// with `accepted == nil`, and the next `apply` puts it right.
  package var drift: String?

  package init(
    accepted: RouteTable? = nil, statistics: [BackendKey: BackendStatistics]? = nil,
    problem: String? = nil, drift: String? = nil
  ) {
    self.accepted = accepted
    self.statistics = statistics
    self.problem = problem
    self.drift = drift
  }
}

/// The one door for all requests. It keeps serving when the agent is gone.
package protocol Gateway: Sendable {
  /// Starts the gateway, or adopts the one that an earlier life of the agent started.
  func start() async throws(GatewayError)

  /// Asks the gateway. Bounded by a deadline of a second.
  ///
  /// - Parameter backends: those whose latencies are wanted; they are much to read.
  func observe(latenciesOf backends: Set<BackendKey>) async -> GatewayObservation

  /// Makes this the routing, and returns once the gateway has confirmed it. On an error the last accepted
  /// table keeps serving.
  func apply(_ table: RouteTable) async throws(GatewayError)
}

extension Gateway {
  /// Asks the gateway for everything but latencies.
  package func observe() async -> GatewayObservation { await observe(latenciesOf: []) }
}
