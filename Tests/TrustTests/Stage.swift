import Agent
import Effects
import FoundationEssentials
import GitSource
import Logging
import Manifests
import Planning
import Rollout
import Simulation
import Synchronization
import TestSupport
import Vocabulary

/// A real repository whose commits are signed, and agents that check them.
struct Stage {
  let folder: String
  let remote: GitRemote
  /// May deploy anything.
  let ann: SSHKey
  /// An agent's key, which may only revert.
  let agent: SSHKey
  let author = "ann@example.com"

  var allowed: String { folder + "/allowed" }
  var revertOnly: String { folder + "/revert-only" }

  /// - Parameter agentOptions: Of the agent's line in the file of revert-only signers.
  static func with(
    agentOptions: String = #"namespaces="git""#, _ body: (Stage) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let stage = Stage(
        folder: folder, remote: try await GitRemote(in: folder), ann: try await SSHKey("ann", in: folder),
        agent: try await SSHKey("agent", in: folder))
      try write(stage.ann.allowed(as: stage.author), to: stage.allowed)
      try write(stage.agent.allowed(as: "prod-eu-1", agentOptions), to: stage.revertOnly)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/evenkeel", withDestinationPath: builtExecutable("evenkeel"))
      try await stage.remote.work("config", "gpg.format", "ssh")
      try await body(stage)
    }
  }

  /// Writes files and commits them with a key, or without.
  @discardableResult
  func commit(
    _ message: String, _ files: [String: String?] = [:], by key: SSHKey?, at date: String? = nil
  ) async throws -> CommitID {
    for (path, text) in files {
      if let text {
        try write(text, to: "\(remote.work.folder)/models/\(path)")
      } else {
        try await remote.work("rm", "--quiet", "models/\(path)")
      }
    }
    try await remote.work("add", "--all")
    try await sign(key, at: date)("commit", "--quiet", "--allow-empty", "-m", message)
    return try await publish()
  }

  /// Runs `git` so that what it commits is signed with a key.
  func sign(_ key: SSHKey?, at date: String? = nil) async throws -> GitCommand {
    var work = remote.work
    try await work("config", "commit.gpgSign", key == nil ? "false" : "true")
    if let key { try await work("config", "user.signingKey", key.file) }
    if let date { work.environment["GIT_COMMITTER_DATE"] = date }
    return work
  }

  @discardableResult
  func publish() async throws -> CommitID {
    try await remote.publish()
    return CommitID(try await remote.work("rev-parse", "HEAD"))
  }

  /// An agent with a mirror and a journal of its own.
  ///
  /// - Parameter key: Signs its reverts.
  func host(_ name: String = "prey", signingWith key: SSHKey? = nil) -> StageHost {
    var configuration = MirrorRepository.Configuration(
      mirror: "\(folder)/\(name)/mirror", url: remote.path, branch: "main", path: "models",
      author: CommitAuthor(name: "Evenkeel", email: "evenkeel@example.com"), timeout: .seconds(60),
      worker: folder + "/evenkeel")
    configuration.signers = SignerFiles(allowed: allowed, revertOnly: revertOnly)
    configuration.signingKey = key?.file
    return StageHost(configuration)
  }

  /// Three versions by Ann, one after the other, of which an agent has seen all.
  func threeVersions() async throws -> StageHost {
    let host = host()
    try await commit("Deploy fraud 1", ["shared.yaml": shared, "fraud.yaml": manifest(1)], by: ann)
    await host.settle()
    for version in 2...3 {
      try await commit("Deploy fraud \(version)", ["fraud.yaml": manifest(version)], by: ann)
      await host.reconciler.poll()
    }
    return host
  }
}

/// A host with edges in memory but for Git.
struct StageHost {
  let gateway = MemoryGateway()
  let clock = StageClock()
  let journal = MemoryJournal()
  let reconciler: Reconciler

  init(_ configuration: MirrorRepository.Configuration) {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    reconciler = Reconciler(
      edges: Edges(
        repository: MirrorRepository(configuration, logger: logger), artifacts: MemoryArtifacts(),
        instances: MemoryInstances(), gateway: gateway, journal: journal, clock: clock,
        dice: { UInt64.random(in: .min ... .max) }, pause: { _ in }, logger: logger),
      settings: LoopSettings(
        agent: "prod-eu-1", version: "0", url: configuration.url, branch: "main", path: "models",
        ports: 20000...20099, verify: .all))
  }

  func passes() async {
    for _ in 0..<100 where await !reconciler.pass().again { return }
  }

  func settle() async {
    await reconciler.poll()
    await passes()
  }

  /// Lets ten seconds pass in which every other answer of a revision is an error.
  func fail(_ revision: Revision) async {
    for _ in 0..<10 {
      clock.advance(by: .seconds(1))
      await gateway.serve(200, to: "fraud", errors: [revision: 0.5])
      await passes()
    }
  }

  var source: StatusReport.Source { get async { await reconciler.status().source } }

  /// The version of the model that is to run.
  var desired: String? {
    get async {
      let model = await reconciler.status().models.first { $0.name == "fraud" }
      return model.map { $0.candidate?.version ?? $0.stable?.version ?? "none" }
    }
  }
}

/// The true time, plus what has passed in a test: commits are dated by the real clock.
final class StageClock: Clock, Sendable {
  private let shift = Mutex(Duration.zero)
  let boot = "boot"

  func advance(by duration: Duration) { shift.withLock { $0 += duration } }

  func now() -> Timestamp {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) + shift.withLock(\.self)
  }

  func uptime() -> Duration { .milliseconds(now().milliseconds) }
}

let shared = """
  apiVersion: evenkeel.dev/v1
  kind: ServingRuntime
  metadata: {name: stub}
  spec:
    command: [serve, $(MODEL_DIR), --port, $(PORT)]
    protocol: open-inference-v2
    ready: {path: /v2/models/$(MODEL_NAME)/ready}
  ---
  apiVersion: evenkeel.dev/v1
  kind: RolloutPolicy
  metadata: {name: careful}
  spec:
    strategy: {canary: {steps: [{weight: 10}, {analyze: {for: 1h, minRequests: 100}}]}}
    checks: [budget]
    readyTimeout: 30s
  ---
  apiVersion: evenkeel.dev/v1
  kind: Check
  metadata: {name: budget}
  spec: {errorRate: {max: 5%, versusStable: true}}

  """

func manifest(_ version: Int, _ name: String = "fraud", uri: String? = nil, replicas: Int = 1) -> String {
  """
  apiVersion: evenkeel.dev/v1
  kind: Model
  metadata: {name: \(name)}
  spec:
    artifact:
      uri: \(uri ?? "https://models.example.com/\(name)/\(version).tar.gz")
      version: "\(version)"
      digest: sha256:\(String(repeating: String(version), count: 64))
    runtime: stub
    replicas: \(replicas)
    rollout: careful

  """
}
