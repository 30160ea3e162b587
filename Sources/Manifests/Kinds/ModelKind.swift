import Vocabulary

/// A `Model` document, with the names of what it refers to.
struct ModelSpec: Sendable {
  var artifact: Artifact
  var runtime: Located<String>
  var rollout: Located<String>
  var replicas: Int
  var environment: [String: String]
  var route: Located<RouteSpec>?
}

/// A route as written; the rest of it follows from the model's name.
struct RouteSpec: Sendable {
  var host: String?
  var prefix: String?
}

let modelKind = Kind(
  "Model", "A named, served model: the unit that is rolled out.",
  spec: .object(
    .required("artifact", artifact, "The bytes of the model."),
    .required("runtime", ValueType.name.located, "The `ServingRuntime` that serves it."),
    .required(
      "rollout", ValueType.name.located, "The `RolloutPolicy` by which a new revision becomes stable."),
    .byDefault("replicas", .integer(1...100), 1, shown: "1", "How many instances run. Applies live."),
    .byDefault(
      "env", .environment, [:], shown: "none",
      "Environment of the instances; wins over the runtime's. `$(NAME)` is expanded."),
    .optional("route", route.located, "Which requests of the gateway belong to the model. Applies live."),
    notYet: [
      UnsupportedField("resources", "Limits of CPU and memory."),
      UnsupportedField("dependsOn", "Models that must be ready first."),
      UnsupportedField("suspend", "Whether changes of the model wait."),
    ]
  ) { artifact, runtime, rollout, replicas, environment, route in
    ModelSpec(
      artifact: artifact, runtime: runtime, rollout: rollout, replicas: replicas,
      environment: environment, route: route)
  })

private let artifact: ValueType<Artifact> = .object(
  .required("uri", .artifactURI, "Where the bytes are fetched: a file, a folder or an archive."),
  .required("version", .line, "What people call the version. Quote numbers."),
  .required(
    "digest", .digest, "What the bytes must hash to; `evenkeel digest PATH` prints it."),
  .optional("format", .line, "What the bytes are, such as `sklearn` or `onnx`; for people.")
) { uri, version, digest, format in
  Artifact(uri: uri, version: version, digest: digest, format: format)
}

private let route: ValueType<RouteSpec> = .object(
  .optional("host", .host, "The host name that requests ask for; any when absent."),
  .optional(
    "prefix", .routePrefix,
    "The path that requests start with, compared by whole segments; `/v2/models/NAME` when absent.")
) { host, prefix in RouteSpec(host: host, prefix: prefix) }
