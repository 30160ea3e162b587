import Effects
import Manifests
import Vocabulary

/// A backend as a cluster of Envoy: one revision of one model with the ports of its instances.
struct EnvoyCluster: Hashable, Sendable {
  var model: ModelName
  var revision: Revision
  var ports: [Int]

  var key: BackendKey { BackendKey(model: model, revision: revision) }

  /// Its name in Envoy. No dot is in it, since dots separate the parts of a statistic's name; model names have no
  /// underscore, so no two backends have the same.
  var name: String { Self.name(model, revision) }

  static func name(_ model: ModelName, _ revision: Revision) -> String { "\(model)_\(revision.short)" }
}

extension RouteTable {
  /// Every backend, also those without traffic, by the name of its cluster.
  var clusters: [String: EnvoyCluster] {
    var clusters: [String: EnvoyCluster] = [:]
    for (model, route) in models {
      for backend in route.backends {
        let cluster = EnvoyCluster(model: model, revision: backend.revision, ports: backend.ports)
        clusters[cluster.name] = cluster
      }
    }
    return clusters
  }

  /// The names of those that requests or copies of them are sent to.
  var reachedClusters: Set<String> {
    var names: Set<String> = []
    for (model, route) in models {
      let special = [route.preview?.revision, route.mirror?.revision]
      for backend in route.backends where backend.weight > 0 || special.contains(backend.revision) {
        names.insert(EnvoyCluster.name(model, backend.revision))
      }
    }
    return names
  }
}

/// What Envoy reads, as JSON: pure functions of what is wanted. Field names are those of its v3 API
/// (envoyproxy/envoy, api/envoy/config and api/envoy/extensions).
struct EnvoyConfiguration: Sendable {
  var settings: GatewaySettings
  var paths: EnvoyPaths

  /// The part that does not change while Envoy runs.
  var bootstrap: JSON {
    [
      "node": ["id": "gateway", "cluster": "evenkeel"],
      "admin": ["address": ["pipe": ["path": .string(paths.adminSocket), "mode": 0o600]]],
      "dynamic_resources": [
        "cds_config": source(paths.clusters), "lds_config": source(paths.listeners),
      ],
      // Without a bound, connections that only stay open would exhaust the file descriptors.
      "overload_manager": [
        "resource_monitors": [
          [
            "name": "envoy.resource_monitors.global_downstream_max_connections",
            "typed_config": [
              "@type":
                "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
              "max_active_downstream_connections": 50_000,
            ],
          ]
        ]
      ],
    ]
  }

  /// The one listener. It never changes while Envoy runs, since that would cut connections.
  func listeners(id: String) -> EnvoyFile {
    let listener: JSON = [
      "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
      "name": "gateway",
      "address": [
        "socket_address": ["address": .string(settings.host), "port_value": .number(settings.port)]
      ],
      // With it, somebody else's process could share the port and take part of the requests unnoticed.
      "enable_reuse_port": false,
      "filter_chains": [
        [
          "filters": [
            [
              "name": "envoy.filters.network.http_connection_manager",
              "typed_config": connectionManager,
            ]
          ]
        ]
      ],
    ]
    return EnvoyFile(id: id, resources: [listener])
  }

  static let statisticsPrefix = "gateway"
  static let routesName = "models"

  private var connectionManager: JSON {
    [
      "@type":
        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      "stat_prefix": .string(Self.statisticsPrefix),
      "rds": ["route_config_name": .string(Self.routesName), "config_source": source(paths.routes)],
      // No client is trusted to steer Envoy through x-envoy headers: a client that asks for retries would hide the
      // errors that verdicts are made of.
      "use_remote_address": true,
      "internal_address_config": ["unix_sockets": false],
      "normalize_path": true,
      "request_headers_timeout": "10s",
      "stream_idle_timeout": seconds(settings.requestTimeout),
      "access_log": [unansweredRequests],
      "http_filters": [
        [
          "name": "envoy.filters.http.router",
          "typed_config": [
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
          ],
        ]
      ],
    ]
  }

  /// Counts, by the name of the cluster, the requests that ended without a status: their client gave up before the
  /// head of an answer came. A cluster's own counters have them nowhere (`upstream_rq_cancelled` and
  /// `upstream_rq_tx_reset` stay as they are), so a server that hangs would look like one without requests.
  /// What the route's timeout ended has the status 504, and an answer that was broken off has its own status.
  private var unansweredRequests: JSON {
    [
      "name": "envoy.access_loggers.stats",
      "filter": [
        "status_code_filter": [
          // The key is compulsory; nothing sets it.
          "comparison": ["op": "EQ", "value": ["default_value": 0, "runtime_key": "evenkeel.unanswered"]]
        ]
      ],
      "typed_config": [
        "@type": "type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config",
        "stat_prefix": "unanswered",
        "counters": [
          [
            "stat": [
              "name": "requests",
              "tags": [["name": "backend", "value_format": "%UPSTREAM_CLUSTER%"]],
            ],
            "value_fixed": 1,
          ]
        ],
      ],
    ]
  }

  /// What the name of a cluster's counter of unanswered requests begins with.
  static let unansweredPrefix = "unanswered.requests.backend."

  /// All clusters, with their ports in-line.
  func clusters(_ clusters: some Collection<EnvoyCluster>, id: String) -> EnvoyFile {
    EnvoyFile(id: id, resources: clusters.sorted { $0.name < $1.name }.map(cluster))
  }

  private func cluster(_ cluster: EnvoyCluster) -> JSON {
    let endpoints = cluster.ports.map { port -> JSON in
      ["endpoint": ["address": ["socket_address": ["address": "127.0.0.1", "port_value": .number(port)]]]]
    }
    return [
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      "name": .string(cluster.name),
      "type": "STATIC",
      "connect_timeout": seconds(settings.connectTimeout),
      "lb_policy": "LEAST_REQUEST",
      "load_assignment": [
        "cluster_name": .string(cluster.name),
        "endpoints": [["lb_endpoints": .array(endpoints)]],
      ],
      "circuit_breakers": [
        "thresholds": [
          // Limits that protect a fleet would only turn a burst on this host into errors of the model.
          threshold("HIGH", 65_536),
          // Copies have the default priority. Unbounded, those to a server that hangs would take the memory and the
          // descriptors that clients need.
          threshold("DEFAULT", Self.mirrorLimit),
        ]
      ],
      // Idle connections are given up before the servers do it (uvicorn: after 5 s). Otherwise a request now and
      // then meets a connection that is just being closed, and fails, as nothing is tried again.
      "typed_extension_protocol_options": [
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": [
          "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          "common_http_protocol_options": ["idle_timeout": "2s"],
          "explicit_http_config": ["http_protocol_options": .object([])],
        ]
      ],
      // For our next life: which backend this is.
      "metadata": [
        "filter_metadata": [
          "evenkeel": [
            "model": .string(cluster.model.rawValue), "revision": .string(cluster.revision.description),
          ]
        ]
      ],
    ]
  }

  private func threshold(_ priority: String, _ limit: Int) -> JSON {
    [
      "priority": .string(priority), "max_connections": .number(limit),
      "max_pending_requests": .number(limit), "max_requests": .number(limit),
    ]
  }

  /// How many connections with copies a release may have, and how many copies may wait for one. More are answered 503
  /// at once, which counts.
  static let mirrorLimit = 1000

  private func source(_ path: String) -> JSON {
    ["resource_api_version": "V3", "path_config_source": ["path": .string(path)]]
  }

  /// A duration as protobuf's JSON mapping writes it.
  func seconds(_ duration: Duration) -> JSON {
    let milliseconds = duration.milliseconds
    let fraction = String(1000 + milliseconds % 1000).dropFirst()
    return .string("\(milliseconds / 1000).\(fraction)s")
  }
}
