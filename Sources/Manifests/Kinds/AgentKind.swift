import Vocabulary
import YAML

let agentKind = Kind(
  "Agent", "The agent's own file. It stands on the host, never in the configuration repository.",
  spec: ValueType<AgentSpec>.object(
    .required("source", source, "The Git repository that says what should run."),
    .byDefault(
      "stateDir", .absolutePath, "/var/lib/evenkeel", shown: "/var/lib/evenkeel",
      "The folder for the journal, the mirror, artifacts and logs. One agent owns it."),
    .nested("host", host, "How models run on this host."),
    .nested("api", api, "How commands reach the agent."),
    .byDefault(
      "pruneLimit", .percent(0...100), AgentSettings.defaultPruneLimit,
      shown: "\(AgentSettings.defaultPruneLimit)%",
      "The largest share of the running models that one commit may remove; one model it may always remove. More are "
        + "kept until a person has looked."),
    .optional(
      "maxParallelRollouts", .integer(1...1000),
      "How many rollouts may be under way at once; as many as there are when absent."),
    notYet: [UnsupportedField("prometheus", "Where Prometheus checks are asked.")]
  ) { source, stateDirectory, host, socket, pruneLimit, maxParallelRollouts in
    AgentSpec(
      source: source, stateDirectory: stateDirectory, host: host, socket: socket, pruneLimit: pruneLimit,
      maxParallelRollouts: maxParallelRollouts)
  })

/// The `spec` of an `Agent` document.
struct AgentSpec: Sendable {
  var source: AgentSettings.Source
  var stateDirectory: String
  var host: AgentSettings.Host
  var socket: String
  var pruneLimit: Int
  var maxParallelRollouts: Int?
}

private let source: ValueType<AgentSettings.Source> = ValueType<LocatedSource>.object(
  .required("url", ValueType<String>.sourceURL.located, "The repository."),
  .byDefault("branch", .branch, "main", shown: "main", "The branch that is followed and written back to."),
  .byDefault("path", .repositoryPath, "", shown: "the whole repository", "The folder with the manifests."),
  .byDefault(
    "interval", .duration(from: .seconds(1), to: day), .seconds(30), shown: "30s",
    "How often the remote is asked."),
  .byDefault(
    "timeout", .duration(from: .seconds(1), to: .seconds(3600)), .seconds(60), shown: "60s",
    "How long a network operation may go on without getting any further. Only a fetch gets further, by each KiB that "
      + "arrives: a first clone may take half an hour."),
  .optional(
    "caFile", .absolutePath,
    "Certificates, in PEM, of the authorities that may vouch for an `https:` server. They take the place of the "
      + "host's own."),
  .optional("auth", sourceAuth.located, "Credentials, each in a file of its own."),
  .optional("verify", verification.located, "Which commits must be signed, and by whom; none when absent."),
  .nested("writeBack", writeBack, "How reverts get into Git, and who they are by.")
) { url, branch, path, interval, timeout, caFile, auth, verify, writeBack in
  LocatedSource(
    source: AgentSettings.Source(
      url: url.value, branch: branch, path: path, interval: interval, timeout: timeout, caFile: caFile,
      auth: auth?.value, verify: verify?.value ?? AgentSettings.Verification(), writeBack: writeBack),
    url: url.position, auth: auth?.position, verify: verify?.position)
}.made { located, _, reading in
  checkAccess(Located(value: located.source, position: located.url), auth: located.auth, &reading)
  if let position = located.verify { checkVerification(of: located.source, at: position, &reading) }
  return located.source
}

/// A source and where the parts of it stand that have to go together.
private struct LocatedSource: Sendable {
  var source: AgentSettings.Source
  var url: Position
  var auth: Position?
  var verify: Position?
}

private let writeBack: ValueType<AgentSettings.WriteBack> = .object(
  .byDefault(
    "mode", .word(), AgentSettings.WriteBack.Mode.push, shown: "push",
    "`push`: reverts are pushed to the branch; `branch`: each to a branch of its own, `evenkeel/revert/MODEL-COMMIT`, for "
      + "people to merge."),
  .byDefault("name", .personName, "Evenkeel", shown: "Evenkeel", "The name of author and committer."),
  .byDefault("email", .email, "evenkeel@localhost", shown: "evenkeel@localhost", "Their mail address."),
  .optional(
    "signingKeyFile", .absolutePath,
    "The SSH private key that signs the commits, without a passphrase. Only the agent's user may read the file."
  )
) { mode, name, email, key in
  AgentSettings.WriteBack(name: name, email: email, signingKeyFile: key, mode: mode)
}

extension ValueType where Value == String {
  /// Git delimits the parts of an identity by angle brackets.
  fileprivate static let personName = text("name", mustBe: "a name on one line without `<` and `>`") { text in
    isIdentityPart(text) && text.contains { $0 != " " } ? text : nil
  }

  fileprivate static let email = text("mail address", mustBe: "a mail address") { text in
    isIdentityPart(text) && text.contains("@") && !text.contains(" ") ? text : nil
  }
}

private func isIdentityPart(_ text: String) -> Bool {
  isPrintable(text) && !text.contains { $0 == "<" || $0 == ">" }
}

private let host: ValueType<AgentSettings.Host> = .object(
  .byDefault(
    "instances", .choice(["process"], notYet: ["systemd"]), "process", shown: "process",
    "What an instance is: a supervised child process."),
  .byDefault(
    "ports", .portRange, 20000...20999, shown: "20000-20999", "The ports that instances listen on."),
  .nested("gateway", gateway, "The proxy that splits the traffic."),
  .optional(
    "capacity", capacity, "What all instances together may use; what the machine has when absent.")
) { _, ports, gateway, capacity in
  // There is one kind of instance yet, so nothing to remember.
  AgentSettings.Host(ports: ports, gateway: gateway, capacity: capacity)
}

private let capacity: ValueType<Resources> = .object(
  .required("cpu", .cpu, "Cores."), .required("memory", .memory, "Memory.")
) { cpu, memory in Resources(milliCPU: cpu, memory: memory) }

private let gateway: ValueType<AgentSettings.Gateway> = .object(
  .byDefault(
    "listen", .listenAddress, ListenAddress(host: "127.0.0.1", port: 8000), shown: "127.0.0.1:8000",
    "Where requests arrive."),
  .byDefault("envoy", .program, "envoy", shown: "envoy, found on PATH", "The Envoy program.")
) { listen, envoy in AgentSettings.Gateway(listen: listen, envoy: envoy) }

private let api: ValueType<String> = .object(
  .byDefault(
    "socket", .socketPath, "/run/evenkeel/agent.sock", shown: "/run/evenkeel/agent.sock",
    "The unix socket of the control API.")
)
