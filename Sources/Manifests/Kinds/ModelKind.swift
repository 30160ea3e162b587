import Vocabulary

/// A `Model` document, with the names of what it refers to.
struct ModelSpec: Sendable {
  var artifact: Artifact
  var runtime: Located<String>
  var rollout: Located<String>
  var replicas: Int
  var environment: [String: String]
  var route: Located<RouteSpec>?
  var resources: Resources?
  var dependsOn: [Located<String>]
  var suspend: Bool
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
    .optional(
      "resources", resources,
      "What one instance needs. A rollout that the host cannot hold beside what runs does not begin."),
    .byDefault(
      "dependsOn", dependsOn, [], shown: "none",
      "The `Model`s that have to serve what Git asks for before a rollout of this one begins. Applies live."),
    .byDefault(
      "suspend", .boolean, false, shown: "false",
      "Whether rollouts of the model neither begin nor go on. What runs keeps running. Applies live.")
  ) { artifact, runtime, rollout, replicas, environment, route, resources, dependsOn, suspend in
    ModelSpec(
      artifact: artifact, runtime: runtime, rollout: rollout, replicas: replicas,
      environment: environment, route: route, resources: resources, dependsOn: dependsOn, suspend: suspend)
  })

private let resources = ValueType<(cpu: Int?, memory: Int?)>.object(
  .optional("cpu", .cpu, "Cores; counts as none when absent."),
  .optional("memory", .memory, "Memory; counts as none when absent.")
) { cpu, memory in (cpu, memory) }.made { written, position, reading -> Resources? in
  guard written.cpu != nil || written.memory != nil else {
    reading.report("`resources` needs `cpu`, `memory`, or both", at: position)
    return nil
  }
  return Resources(milliCPU: written.cpu ?? 0, memory: written.memory ?? 0)
}

private let dependsOn = ValueType.name.located.list().checked { names, _, reading in
  var seen: Set<String> = []
  for name in names where !seen.insert(name.value).inserted {
    reading.report("the model `\(name.value)` is listed twice", at: name.position)
  }
}

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
