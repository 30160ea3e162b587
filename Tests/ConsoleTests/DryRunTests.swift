import FoundationEssentials
import Simulation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// `evenkeel reconcile --dry-run`, the executable itself, offline.
@Suite struct DryRunTests {
  @Test func `a pull request is compared with its base and names the commit that would be reverted`()
    async throws
  {
    try await withCheckout { git, folder in
      try write(model(version: 2), to: folder + "/models/fraud.yaml")
      let commit = try await commitAll(git, "Deploy fraud 2")
      try write("only a note\n", to: folder + "/README.md")
      try await commitAll(git, "Explain")
      let result = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD~2", "--detailed-exitcode", in: folder)
      #expect(result.code == 2)
      #expect(result.messages.isEmpty)
      #expect(result.output.hasPrefix("~ fraud  version 1 -> 2  (revision "))
      let failure =
        "    if it fails: all requests return to version 1, then \(commit.prefix(8)) is reverted in Git\n"
      #expect(result.output.contains(failure))
      #expect(result.output.hasSuffix("\n0 to add, 1 to change, 0 to remove.\n"))
    }
  }

  @Test func `the JSON has exactly the keys of the contract`() async throws {
    try await withCheckout { git, folder in
      try write(model(version: 2), to: folder + "/models/fraud.yaml")
      let commit = try await commitAll(git, "Deploy fraud 2")
      let result = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD~1", "-o", "json", in: folder)
      #expect(result.code == 0)
      let plan = try JSONDecoder().decode(PlanJSON.self, from: Data(result.output.utf8))
      #expect(plan.keys == ["source", "summary", "changes", "stalled", "diagnostics"])
      #expect(plan.source == ["url": nil, "branch": nil, "commit": commit, "path": "models"])
      #expect(
        plan.summary == ["add": 0, "change": 1, "remove": 0, "unchanged": 0, "stalled": 0])
      let change = try #require(plan.changes.first)
      #expect(
        change.keys == ["model", "change", "from", "to", "rollout", "steps", "onFailure", "warnings"])
      #expect(change.onFailure == PlanJSON.OnFailure(action: "revert", commits: [commit]))
      #expect(
        change.steps.map(\.kind) == ["fetch", "verify", "start", "weight", "pause", "promote", "stop"])
    }
  }

  @Test func `uncommitted files count, and no commit is named for them`() async throws {
    try await withCheckout { _, folder in
      try write(model(version: 2), to: folder + "/models/fraud.yaml")
      let result = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD", "-o", "json", in: folder)
      let plan = try JSONDecoder().decode(PlanJSON.self, from: Data(result.output.utf8))
      #expect(plan.source["commit"] == .some(nil))
      #expect(plan.changes.first?.onFailure == PlanJSON.OnFailure(action: "revert", commits: []))
    }
  }

  @Test func `nothing to do is exit code 0`() async throws {
    try await withCheckout { _, folder in
      let result = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "main", "--detailed-exitcode", in: folder)
      #expect(result.code == 0)
      #expect(result.output == "Nothing to do: 1 unchanged.\n")
    }
  }

  @Test func `manifests that came with the last commit are all new`() async throws {
    try await withTemporaryFolder { folder in
      let git = GitCommand(in: folder)
      try await git("init", "--quiet", "--initial-branch=main")
      try write("hello\n", to: folder + "/README.md")
      try await commitAll(git, "Begin")
      try write(sharedManifests, to: folder + "/models/shared.yaml")
      try write(model(version: 1), to: folder + "/models/fraud.yaml")
      let commit = try await commitAll(git, "Deploy fraud 1")
      let result = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD~1", in: folder)
      #expect(result.output.hasPrefix("+ fraud  version 1"))
      #expect(result.output.contains("then \(commit.prefix(8)) is reverted in Git"))
    }
  }

  @Test func `a linked work tree is a checkout like any other`() async throws {
    try await withCheckout { git, folder in
      try await git("worktree", "add", "--quiet", "other", "-b", "other")
      let result = try await evenkeel(
        "reconcile", "--dry-run", "--path", "other/models", "--base", "main", in: folder)
      #expect(result.output == "Nothing to do: 1 unchanged.\n")
    }
  }

  @Test func `a manifest with an error is exit code 1, and its model is left as it is`() async throws {
    try await withCheckout { _, folder in
      try write(
        model(version: 2).replacing("runtime:", with: "runtme:"), to: folder + "/models/fraud.yaml")
      let result = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD", "--detailed-exitcode", in: folder)
      #expect(result.code == 1)
      #expect(result.messages.contains("fraud.yaml:9:3: error: unknown field `runtme`"))
      #expect(result.output.hasSuffix("Nothing to do: 0 unchanged, 1 stalled.\n"))
    }
  }

  @Test func `with nothing to compare with it says so and shows everything as new`() async throws {
    try await withCheckout { _, folder in
      let missing = folder + "/no-agent.sock"
      let result = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--socket", missing, in: folder)
      #expect(result.code == 0)
      #expect(result.messages.hasPrefix("warning: no agent answers at \(missing), so everything is new"))
      #expect(result.output.hasSuffix("1 to add, 0 to change, 0 to remove.\n"))
    }
  }

  @Test func `a saved status is what it is compared with`() async throws {
    try await withCheckout { _, folder in
      try await ControlFixture.serve { fixture in
        await fixture.repository.commit(
          "Deploy fraud 1", ["shared.yaml": sharedManifests, "fraud.yaml": model(version: 1)])
        try await fixture.settle()
        let status = try await evenkeel(
          "status", "--socket", fixture.socket, "-o", "json", in: folder)
        #expect(status.code == 0)
        try write(status.output, to: folder + "/status.json")
      }
      let same = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--state", "status.json", in: folder)
      #expect(same.output == "Nothing to do: 1 unchanged.\n")
      let piped = try await Subprocess.run(
        .path("/bin/sh"),
        arguments: [
          "-c", "cat status.json | \"$0\" reconcile --dry-run --path models --state /dev/stdin",
          builtExecutable("evenkeel"),
        ], workingDirectory: FilePath(folder), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20)
      )
      #expect(piped.standardOutput == "Nothing to do: 1 unchanged.\n", "\(piped.standardError)")
      let missing = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--state", "none.json", in: folder)
      #expect(missing.messages == "Error: cannot read none.json: No such file or directory\n")
      try write(model(version: 2), to: folder + "/models/fraud.yaml")
      let change = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--state", "status.json", "-o", "markdown", in: folder)
      #expect(change.output.contains("| `~` | fraud | 1 | 2 | rollout |"))
    }
  }

  @Test func `the configured source is read through a mirror that does not stay`() async throws {
    try await withTemporaryFolder { folder in
      let remote = try await GitRemote(in: folder)
      try await remote.commit(["models/shared.yaml": sharedManifests, "models/fraud.yaml": model(version: 1)])
      try await remote.commit(["models/fraud.yaml": model(version: 2)])
      try await remote.publish()
      try write(agentFile(url: "file://" + remote.path, state: folder + "/state"), to: folder + "/agent.yaml")
      let temporary = folder + "/tmp"
      try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: false)
      let result = try await evenkeel(
        "reconcile", "--dry-run", "--base", "main~1", in: folder,
        environment: ["EVENKEEL_CONFIG": folder + "/agent.yaml", "TMPDIR": temporary])
      #expect(result.code == 0, "\(result.messages)")
      #expect(result.output.hasPrefix("~ fraud  version 1 -> 2"))
      let left = try FileManager.default.contentsOfDirectory(atPath: temporary)
      #expect(left.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: folder + "/state"))
      let older = try await evenkeel(
        "reconcile", "--dry-run", "--revision", "main~1", "--base", "main~1", in: folder,
        environment: ["EVENKEEL_CONFIG": folder + "/agent.yaml", "TMPDIR": temporary])
      #expect(older.output == "Nothing to do: 1 unchanged.\n")
    }
  }
}

/// What a host refuses, by what is known of it.
@Suite struct DryRunLimitTests {
  private static let need = "  resources: {memory: 3Gi}\n"

  /// The agent's file of a host with this much memory that loses one of ten models at most.
  private func hostFile(memory: String, in folder: String) throws -> String {
    let file = agentFile(url: "file://\(folder)", state: folder + "/state")
      .replacing("    ports:", with: "    capacity: {cpu: 4, memory: \(memory)}\n    ports:")
      .replacing("  api:", with: "  pruneLimit: 10%\n  api:")
    try write(file, to: folder + "/agent.yaml")
    return folder + "/agent.yaml"
  }

  @Test func `the agent's file says what a rollout has to fit into`() async throws {
    try await withCheckout { git, folder in
      try write(model(version: 1) + Self.need, to: folder + "/models/fraud.yaml")
      try await commitAll(git, "Say what it needs")
      try write(model(version: 2) + Self.need, to: folder + "/models/fraud.yaml")
      let small = try hostFile(memory: "4Gi", in: folder)
      let refused = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD", "--config", small, in: folder)
      #expect(
        refused.output.hasPrefix(
          "! fraud  version 2 does not fit: not enough memory (6144 MiB needed, 4096 MiB there); it fits with"
        ),
        "\(refused)")
      let unknown = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD", in: folder)
      #expect(unknown.output.contains("start 1 instance of version 2 beside version 1, with 3Gi of memory"))
      let large = try hostFile(memory: "8Gi", in: folder)
      let fits = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD", "--config", large, in: folder)
      #expect(fits.output.hasSuffix("0 to add, 1 to change, 0 to remove.\n"))
    }
  }

  @Test func `more models than the limit are kept, and the limit is the host's`() async throws {
    try await withCheckout { git, folder in
      for name in ["a", "b", "c"] {
        try write(model(version: 1).replacing("fraud", with: name), to: folder + "/models/\(name).yaml")
      }
      try await commitAll(git, "Add three")
      for name in ["a", "b"] { try FileManager.default.removeItem(atPath: folder + "/models/\(name).yaml") }
      let usual = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD", in: folder)
      #expect(usual.output.hasSuffix("0 to add, 0 to change, 2 to remove, 2 unchanged.\n"))
      let host = try hostFile(memory: "4Gi", in: folder)
      let kept = try await evenkeel(
        "reconcile", "--dry-run", "--path", "models", "--base", "HEAD", "-o", "json", "--config", host,
        in: folder)
      let plan = try JSONDecoder().decode(PlanJSON.self, from: Data(kept.output.utf8))
      #expect(plan.summary == ["add": 0, "change": 0, "remove": 0, "unchanged": 2, "stalled": 2])
    }
  }
}

func agentFile(url: String, state: String) -> String {
  """
  apiVersion: evenkeel.dev/v1
  kind: Agent
  metadata: {name: test-host}
  spec:
    source: {url: "\(url)", path: models}
    stateDir: "\(state)"
    host:
      instances: process
      ports: 20000-20099
      gateway: {listen: "127.0.0.1:8000", envoy: /usr/bin/envoy}
    api: {socket: "\(state)/agent.sock"}

  """
}

/// The part of a plan that is compared, with the names of all keys.
private struct PlanJSON: Decodable {
  struct OnFailure: Decodable, Equatable {
    var action: String
    var commits: [String]
  }
  struct Step: Decodable {
    var kind: String
    var text: String
  }
  struct Change: Decodable {
    var keys: Set<String>
    var steps: [Step]
    var onFailure: OnFailure

    private enum CodingKeys: String, CodingKey { case steps, onFailure }

    init(from decoder: any Decoder) throws {
      keys = Set(try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue))
      let container = try decoder.container(keyedBy: CodingKeys.self)
      steps = try container.decode([Step].self, forKey: .steps)
      onFailure = try container.decode(OnFailure.self, forKey: .onFailure)
    }
  }

  var keys: Set<String>
  var source: [String: String?]
  var summary: [String: Int]
  var changes: [Change]

  private enum CodingKeys: String, CodingKey { case source, summary, changes }

  init(from decoder: any Decoder) throws {
    keys = Set(try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue))
    let container = try decoder.container(keyedBy: CodingKeys.self)
    source = try container.decode([String: String?].self, forKey: .source)
    summary = try container.decode([String: Int].self, forKey: .summary)
    changes = try container.decode([Change].self, forKey: .changes)
  }
}

private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
