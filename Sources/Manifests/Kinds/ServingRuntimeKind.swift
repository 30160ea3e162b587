/// A `ServingRuntime` document.
struct RuntimeSpec: Sendable {
  var command: [String]
  var environment: [String: String]
  var servingProtocol: String
  var readyPath: String
  var terminationGrace: Duration
}

let servingRuntimeKind = Kind(
  "ServingRuntime", "How a model server is started and asked whether its model is ready.",
  spec: .object(
    .required("command", command, "The program and its arguments. `$(NAME)` is expanded."),
    .byDefault("env", .environment, [:], shown: "none", "Environment of the server. `$(NAME)` is expanded."),
    .byDefault(
      "protocol", .choice(["open-inference-v2"]), "open-inference-v2", shown: "open-inference-v2",
      "The wire protocol that the server speaks."),
    .required("ready", ready, "How the server is asked whether its model is ready."),
    .byDefault(
      "terminationGrace", .duration(from: .zero, to: .seconds(3600)), .seconds(30), shown: "30s",
      "How long the server may take to stop before it is killed.")
  ) { command, environment, servingProtocol, readyPath, terminationGrace in
    RuntimeSpec(
      command: command, environment: environment, servingProtocol: servingProtocol,
      readyPath: readyPath, terminationGrace: terminationGrace)
  })

private let command = ValueType.template.list(atLeast: 1).checked { command, position, reading in
  if command.first == "" { reading.report("the program of `command` must not be empty", at: position) }
}

private let ready: ValueType<String> = .object(
  .required(
    "path", .pathTemplate, "The path that answers 200 once the model is loaded. `$(NAME)` is expanded.")
)
