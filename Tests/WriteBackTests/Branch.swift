import Agent
import Effects
import FoundationEssentials
import GitSource
import Logging
import Manifests
import Planning
import Rollout
import TestSupport
import Testing
import Vocabulary

/// A branch of manifests in a real repository, and an agent that writes reverts to it with real network workers.
struct Branch {
  let folder: String
  let remote: GitRemote
  let repository: MirrorRepository

  /// Runs `body` with a branch that holds a runtime, a policy, and `files`.
  static func with(_ files: [String: String], _ body: (Branch) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let remote = try await GitRemote(in: folder)
      let shared = ["platform.yaml": runtime() + "---\n" + policy()]
      try await remote.commit(shared.merging(files) { $1 }.mapValues { $0 }, message: "Describe the models")
      try await remote.publish()
      try await body(Branch(folder: folder, remote: remote, agent: "test"))
    }
  }

  /// - Parameter agent: Each has a mirror of its own.
  init(
    folder: String, remote: GitRemote, agent: String, url: String? = nil,
    _ adjust: (inout MirrorRepository.Configuration) -> Void = { _ in }
  ) throws {
    self.folder = folder
    self.remote = remote
    var configuration = MirrorRepository.Configuration(
      mirror: "\(folder)/\(agent)/mirror.git", url: url ?? remote.path, branch: "main", path: "",
      author: CommitAuthor(name: "Evenkeel", email: "evenkeel@example.com"), timeout: .seconds(60),
      worker: try builtExecutable("evenkeel"))
    adjust(&configuration)
    repository = MirrorRepository(configuration, logger: Logger(label: "test"))
  }

  // MARK: What engineers do

  @discardableResult
  func commit(_ message: String, _ files: [String: String?]) async throws -> CommitID {
    let commit = CommitID(try await remote.commit(files, message: message))
    try await remote.publish()
    return commit
  }

  /// Commits what `edits` has done to branches of its own, by a merge without fast-forward.
  @discardableResult
  func merge(_ message: String, _ edits: [[String: String?]]) async throws -> CommitID {
    let work = remote.work
    let fork = try await work("rev-parse", "HEAD")
    for (number, files) in edits.enumerated() {
      try await work("switch", "--quiet", "--force-create", "topic\(number)", fork)
      try await remote.commit(files, message: "Work on topic \(number)")
    }
    try await work("switch", "--quiet", "main")
    switch edits.count {
    case 1: try await work("merge", "--quiet", "--no-ff", "-m", message, "topic0")
    case 2: try await work("merge", "--quiet", "--no-ff", "-m", message, "topic0", "topic1")
    default: try await work("merge", "--quiet", "--no-ff", "-m", message, "topic0", "topic1", "topic2")
    }
    try await remote.publish()
    return try await tip
  }

  var tip: CommitID {
    get async throws { CommitID(try await remote.bare("rev-parse", "main")) }
  }

  // MARK: What the agent does

  /// A model has failed at the tip, and goes back.
  ///
  /// - Parameters:
  ///   - good: The commit whose version of it is stable; `nil` when it has none.
  ///   - others: The commits whose versions of other models are stable; for those that are not named it is the good one.
  func revert(_ model: ModelName, to good: CommitID?, others: [ModelName: CommitID] = [:]) async throws
    -> WriteBackResult
  {
    let request = try await request(for: model, to: good, others: others)
    return await revert(request)
  }

  func revert(_ request: WriteBackRequest) async -> WriteBackResult {
    await WriteBack(
      repository: repository, clock: FixedClock(), pause: { try? await Task.sleep(for: $0) }, agent: "test",
      branch: "main", check: { _ in }
    )
    .run(request, jitter: 0.5) { request }
  }

  func request(for model: ModelName, to good: CommitID?, others: [ModelName: CommitID] = [:]) async throws
    -> WriteBackRequest
  {
    let tip = try await repository.fetch()
    var stable: [ModelName: Revision?] = [:]
    for name in try await repository.desired(at: tip).models.keys where name != model {
      stable.updateValue(try await release(name, at: others[name] ?? good ?? tip)?.revision, forKey: name)
    }
    let failed = try #require(try await release(model, at: tip))
    let failure = try failure(of: failed)
    var lastGood: Release?
    if let good { lastGood = try await release(model, at: good) }
    return WriteBackRequest(
      model: model, failed: failed, lastGood: lastGood, failure: failure,
      rollout: "01JD0000000000000000000000",
      lastGoodOfOthers: stable, tries: 0)
  }

  /// What a machine says when the artifact is not what the manifest says.
  private func failure(of release: Release) throws -> Failure {
    let now = FixedClock().now()
    var machine = ModelMachine(name: "any")
    let terms = Terms(
      program: .beside([], instances: 1), checks: [], rules: Rules(readyTimeout: .seconds(60)), replicas: 1)
    _ = machine.desire(release, under: terms, at: now)
    _ = machine.begin(at: now, id: "01")
    let observation = ModelObservation(artifact: .failed(.digestMismatch, "the digest is another"))
    guard case .failed(let record) = machine.observe(observation, at: now) else { throw NoFailure() }
    return try #require(record.failure)
  }

  private struct NoFailure: Error {}

  private func release(_ model: ModelName, at commit: CommitID) async throws -> Release? {
    try await repository.desired(at: commit).models[model].map { model in
      Release(
        revision: revision(of: model.workload), version: model.workload.artifact.version, commit: commit)
    }
  }

  // MARK: What comes of it

  /// The files of a commit, byte for byte.
  func files(at commit: CommitID) async throws -> [String: [UInt8]] {
    let folder = "\(folder)/export-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    // No attributes and no conversion of line ends come between.
    try await remote.bare(
      "--work-tree=\(folder)", "-c", "core.autocrlf=false", "checkout", "--force", commit.rawValue, "--", ".")
    var files: [String: [UInt8]] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(path)") else { continue }
      files[path] = [UInt8](data)
    }
    return files
  }

  /// The paths in which two commits differ.
  func changes(from before: CommitID, to after: CommitID) async throws -> [String] {
    try await remote.bare("diff", "--name-only", "--no-renames", before.rawValue, after.rawValue)
      .split(separator: "\n").map(String.init)
  }

  func message(of commit: CommitID) async throws -> String {
    try await remote.bare("log", "-1", "--format=%B", commit.rawValue)
  }
}

extension WriteBackResult {
  /// The commit that was pushed.
  var commit: CommitID? {
    if case .pushed(let commit) = self { commit } else { nil }
  }

  /// Why there is no revert, and what to do.
  var refusal: String? {
    if case .notPossible(let reason) = self { reason } else { nil }
  }
}

struct FixedClock: Clock {
  func now() -> Timestamp { Timestamp(milliseconds: 1_800_000_000_000) }
  func uptime() -> Duration { .seconds(1000) }
  var boot: String { "test" }
}

// MARK: Documents

func model(
  _ name: String, _ version: Int, runtime: String = "python", policy: String = "quick", comment: String = ""
)
  -> String
{
  """
  \(comment.isEmpty ? "" : "# \(comment)\n")apiVersion: evenkeel.dev/v1
  kind: Model
  metadata: {name: \(name)}
  spec:
    artifact:
      uri: file:///models/\(name)/\(version)   # by the training job
      version: "\(version)"
      digest: sha256:\(String(repeating: String(version % 10), count: 64))
      format: pickle
    runtime: \(runtime)
    rollout: \(policy)

  """
}

func runtime(_ name: String = "python", flag: String = "--old") -> String {
  """
  apiVersion: evenkeel.dev/v1
  kind: ServingRuntime
  metadata: {name: \(name)}
  spec: {command: [serve, "\(flag)", $(MODEL_DIR)], protocol: open-inference-v2, ready: {path: /ready}}

  """
}

func policy(_ name: String = "quick", weight: Int = 10) -> String {
  """
  apiVersion: evenkeel.dev/v1
  kind: RolloutPolicy
  metadata: {name: \(name)}
  spec: {strategy: {canary: {steps: [{weight: \(weight)}]}}}

  """
}
