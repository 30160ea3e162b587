package import Vocabulary

/// What Git asks for: every model that can be read, fully resolved, and every complaint about the rest.
package struct DesiredState: Equatable, Sendable {
  /// The models that can be read, with runtime, policy and checks resolved.
  package var models: [ModelName: DesiredModel]
  /// Models that are named in a document with errors. They keep running what they run.
  package var unreadable: Set<ModelName>
  /// Files with a document that could not be attributed to any resource (broken YAML, no name).
  /// While there is one, a model that is missing from `models` may be in it: nothing is removed.
  package var unattributed: Set<String>
  /// All diagnostics, ordered by file, line and column.
  package var diagnostics: [Diagnostic]

  package init(
    models: [ModelName: DesiredModel] = [:], unreadable: Set<ModelName> = [],
    unattributed: Set<String> = [], diagnostics: [Diagnostic] = []
  ) {
    self.models = models
    self.unreadable = unreadable
    self.unattributed = unattributed
    self.diagnostics = diagnostics
  }
}

extension DesiredState {
  /// The models that an earlier state does not have, or has otherwise.
  package func changes(since earlier: DesiredState?) -> [DesiredModel] {
    guard let earlier else { return Array(models.values) }
    return models.values.filter { $0 != earlier.models[$0.name] }
  }

  /// What it says about these models, and of what may be about any.
  package func only(_ names: Set<ModelName>) -> DesiredState {
    DesiredState(
      models: names.reduce(into: [:]) { $0[$1] = models[$1] }, unreadable: unreadable.intersection(names),
      unattributed: unattributed)
  }
}

/// One model as Git asks for it.
package struct DesiredModel: Hashable, Codable, Sendable {
  package var name: ModelName
  /// Everything that decides what runs; its digest is the revision.
  @Shared package var workload: Workload
  /// Everything that applies live, with no rollout.
  @Shared package var live: LiveSettings
  /// The file that holds the Model document, relative to the configured path.
  package var file: String

  package init(name: ModelName, workload: Workload, live: LiveSettings, file: String) {
    self.name = name
    self.workload = workload
    self.live = live
    self.file = file
  }
}

/// Everything that decides what runs. A change of any of it is a new revision.
package struct Workload: Hashable, Codable, Sendable {
  package var artifact: Artifact
  @Shared package var runtime: Runtime
  /// The model's own environment; it wins over the runtime's.
  package var environment: [String: String]
  /// What one instance needs; `nil` when the manifest does not say.
  package var resources: Resources?

  package init(
    artifact: Artifact, runtime: Runtime, environment: [String: String], resources: Resources? = nil
  ) {
    self.init(
      artifact: artifact, runtime: Shared(wrappedValue: runtime), environment: environment,
      resources: resources)
  }

  /// With a runtime that other workloads have, too.
  package init(
    artifact: Artifact, runtime: Shared<Runtime>, environment: [String: String], resources: Resources?
  ) {
    self.artifact = artifact
    _runtime = runtime
    self.environment = environment
    self.resources = resources
  }
}

/// The bytes of a model: where they come from and what they must hash to.
package struct Artifact: Hashable, Codable, Sendable {
  /// `file:`, `http:` or `https:`.
  package var uri: String
  /// What people call this version; free text, unique only by convention.
  package var version: String
  package var digest: Digest
  /// A label such as `sklearn` or `onnx`.
  package var format: String?

  package init(uri: String, version: String, digest: Digest, format: String? = nil) {
    self.uri = uri
    self.version = version
    self.digest = digest
    self.format = format
  }
}

/// How a model server is started and asked whether its model is ready: a resolved `ServingRuntime`.
package struct Runtime: Hashable, Codable, Sendable {
  package var name: String
  /// Program and arguments, with `$(NAME)` still unexpanded.
  package var command: [String]
  /// Environment, with `$(NAME)` still unexpanded.
  package var environment: [String: String]
  /// The wire protocol, `open-inference-v2`.
  package var servingProtocol: String
  /// The path that answers 200 once the *model* is loaded, with `$(NAME)` still unexpanded.
  package var readyPath: String
  /// How long a server may take to stop before it is killed.
  package var terminationGrace: Duration

  package init(
    name: String, command: [String], environment: [String: String], servingProtocol: String,
    readyPath: String, terminationGrace: Duration
  ) {
    self.name = name
    self.command = command
    self.environment = environment
    self.servingProtocol = servingProtocol
    self.readyPath = readyPath
    self.terminationGrace = terminationGrace
  }
}

/// What applies to a running model at once.
package struct LiveSettings: Hashable, Codable, Sendable {
  package var replicas: Int
  package var route: Route
  @Shared package var policy: Policy
  package var labels: [String: String]
  /// The models that have to be ready before a rollout of this one begins, by name.
  package var dependsOn: [ModelName]
  /// Whether rollouts neither begin nor go on.
  package var suspend: Bool

  package init(
    replicas: Int, route: Route, policy: Policy, labels: [String: String] = [:],
    dependsOn: [ModelName] = [], suspend: Bool = false
  ) {
    self.init(
      replicas: replicas, route: route, policy: Shared(wrappedValue: policy), labels: labels,
      dependsOn: dependsOn, suspend: suspend)
  }

  /// With a policy that other models have, too.
  package init(
    replicas: Int, route: Route, policy: Shared<Policy>, labels: [String: String], dependsOn: [ModelName],
    suspend: Bool
  ) {
    self.replicas = replicas
    self.route = route
    _policy = policy
    self.labels = labels
    self.dependsOn = dependsOn
    self.suspend = suspend
  }
}

/// Which requests of the gateway belong to a model.
package struct Route: Hashable, Codable, Sendable {
  /// The host name asked for; `nil` is any.
  package var host: String?
  /// The path prefix, compared by whole path segments.
  package var prefix: String

  package init(host: String? = nil, prefix: String) {
    self.host = host
    self.prefix = prefix
  }
}
