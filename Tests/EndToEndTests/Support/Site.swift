import Foundation
import HostTarget
import Synchronization
import TestSupport
import Testing

/// A host of its own: an agent's file, a remote behind a real HTTP server, and models in folders.
final class Site: Sendable {
  let folder: String
  let remote: GitRemote
  let server: GitServer
  let gateway: Int
  let state: String
  /// Where the artifacts lie.
  let artifacts: String
  private let file: Mutex<AgentFile>
  private let lives = Mutex<[AgentProcess]>([])

  fileprivate init(in folder: String, _ remote: GitRemote, _ server: GitServer, _ file: AgentFile) throws {
    self.folder = folder
    self.remote = remote
    self.server = server
    gateway = file.gateway
    state = folder + "/state"
    artifacts = folder + "/artifacts"
    self.file = Mutex(file)
    try reconfigure { _ in }
  }

  var config: String { folder + "/agent.yaml" }

  /// What the agent and the commands get to see: nothing of the settings of whoever runs the tests.
  var environment: [String: String] {
    ["PATH": "\(projectFolder)/.venv/bin:/usr/local/bin:/usr/bin:/bin", "HOME": folder, "USER": "alex"]
  }

  /// Changes the agent's file; the next life of the agent reads it.
  func reconfigure(_ change: (inout AgentFile) -> Void) throws {
    let text = file.withLock { file in
      change(&file)
      return file.text(in: folder)
    }
    try write(text, to: config)
  }

  // MARK: The agent

  /// Starts the agent; does not wait for anything.
  @discardableResult
  func launch(_ environment: [String: String] = [:]) throws -> AgentProcess {
    try lives.withLock { lives in
      let agent = try AgentProcess(
        builtExecutable("evenkeel"), arguments: ["agent", "--config", config],
        environment: self.environment.merging(environment) { $1 },
        log: "\(folder)/agent-\(lives.count + 1).log")
      lives.append(agent)
      return agent
    }
  }

  /// Starts the agent and waits until it can be asked.
  @discardableResult
  func start() async throws -> AgentProcess {
    let agent = try launch()
    try await eventually("the agent answers", within: .seconds(30), pace: .milliseconds(50)) {
      try #require(agent.isRunning, "the agent has ended: \(agent.words())")
      return try await evenkeel("status").status == 0
    }
    return agent
  }

  /// Runs a command as a person would.
  func evenkeel(_ arguments: String...) async throws -> ProgramResult {
    try await evenkeel(arguments)
  }

  func evenkeel(_ arguments: [String]) async throws -> ProgramResult {
    let offline = ["validate", "digest", "version"].contains(arguments.first)
    return try await run(
      builtExecutable("evenkeel"), arguments + (offline ? [] : ["--config", config]),
      environment: environment, in: folder)
  }

  /// Runs a command that must work; answers what it printed.
  @discardableResult
  func ask(_ arguments: String...) async throws -> String {
    try await ask(arguments)
  }

  @discardableResult
  func ask(_ arguments: [String]) async throws -> String {
    let result = try await evenkeel(arguments)
    try #require(result.status == 0, "\(arguments): \(result.errors)")
    return result.output
  }

  // MARK: The end

  /// Ends and removes everything, and leaves no trace of the host.
  fileprivate func cleanUp() async {
    for life in lives.withLock({ $0 }) { life.discard() }
    await HostProcesses.stopAll(stateDirectory: state, grace: .zero)
  }

  /// What a failure is to be understood by.
  fileprivate func lastWords() -> String {
    lives.withLock { $0 }.map { life in
      let lines = life.words().split(separator: "\n").suffix(40).joined(separator: "\n")
      return "\(life.log):\n\(lines)"
    }.joined(separator: "\n")
  }
}

/// Runs a test on a site, and leaves no process and no file, however it ends.
func withSite(
  _ adjust: (inout AgentFile) -> Void = { _ in }, _ body: @Sendable (Site) async throws -> Void
) async throws {
  try await withTemporaryFolder { folder in
    let remote = try await GitRemote(in: folder)
    try await GitServer.serve(folder) { server in
      var file = try AgentFile(following: server)
      adjust(&file)
      try await Site(in: folder, remote, server, file).whileItLasts(body)
    }
  }
}

extension Site {
  /// Runs a part of a test with another host, whose agent follows the same remote.
  func withSecondHost(_ body: @Sendable (Site) async throws -> Void) async throws {
    var file = try AgentFile(following: server)
    file.name = "second-host"
    try await Site(in: folder + "/second", remote, server, file).whileItLasts(body)
  }

  fileprivate func whileItLasts(_ body: @Sendable (Site) async throws -> Void) async throws {
    do {
      try await body(self)
    } catch {
      Issue.record("The agent's last words:\n\(lastWords())")
      await cleanUp()
      throw error
    }
    await cleanUp()
    #expect(processes().isEmpty, "processes are left")
  }
}

/// The agent's file, as far as tests change it.
struct AgentFile: Sendable {
  var name = "test-host"
  var url: String
  var branch = "main"
  var path = "production"
  var timeout = "10s"
  /// Whether reverts are proposed on branches of their own.
  var proposes = false
  var gateway: Int
  var ports: ClosedRange<Int>
  var envoy = projectFolder + "/.venv/bin/envoy"
  /// The socket of the control API, in the site's folder.
  var socket = "agent.sock"
  /// The key that signs the agent's commits.
  var signingKey: String?
  /// Further lines of `spec.source`, of `spec.host`, and of `spec`.
  var source: [String] = []
  var host: [String] = []
  var more: [String] = []

  init(following server: GitServer) throws {
    let ports = try freePorts(60)
    url = server.url + "/config.git"
    gateway = ports.lowerBound
    self.ports = (ports.lowerBound + 1)...ports.upperBound
  }

  func text(in folder: String) -> String {
    """
    apiVersion: evenkeel.dev/v1
    kind: Agent
    metadata: {name: \(name)}
    spec:
      source:
        url: \(url)
        branch: \(branch)
        path: \(path)
        interval: 1s
        timeout: \(timeout)
        writeBack: {\(proposes ? "mode: branch, " : "")name: Evenkeel, email: evenkeel@example.com\(signingKey.map { ", signingKeyFile: \($0)" } ?? "")}
    \(source.map { "    \($0)\n" }.joined())  stateDir: \(folder)/state
      host:
        instances: process
        ports: \(ports.lowerBound)-\(ports.upperBound)
        gateway: {listen: "127.0.0.1:\(gateway)", envoy: \(envoy)}
    \(host.map { "    \($0)\n" }.joined())  api: {socket: \(folder)/\(socket)}
    \(more.map { "  \($0)\n" }.joined())
    """
  }
}

/// The package, from this file's place in it.
let projectFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path
