import FoundationEssentials
import TestSupport
import Testing

/// The executable itself.
@Suite struct CommandLineTests {
  @Test func `validate shows every error with its place and a caret, and exits with 1`() async throws {
    try await withTemporaryFolder { folder in
      try write(sharedManifests, to: folder + "/models/shared.yaml")
      let broken = model(version: 1).replacing("version: \"1\"", with: "version: 1\n    verson: \"1\"")
      try write(broken, to: folder + "/models/fraud.yaml")
      let result = try await evenkeel("validate", "models", in: folder)
      #expect(result.code == 1)
      #expect(result.output.contains("models/fraud.yaml:8:5: error: unknown field `verson`"))
      #expect(result.output.contains("did you mean `version`?"))
      #expect(result.messages.hasSuffix("no warnings\n"))
    }
  }

  @Test func `validate passes healthy manifests and the agent's file`() async throws {
    try await withTemporaryFolder { folder in
      try write(sharedManifests, to: folder + "/models/shared.yaml")
      try write(model(version: 1), to: folder + "/models/fraud.yaml")
      try write(
        agentFile(url: "https://git.example.com/config.git", state: "/var/lib/evenkeel"),
        to: folder + "/agent.yaml")
      let result = try await evenkeel("validate", "models", "agent.yaml", in: folder)
      #expect(result.code == 0, "\(result.output)")
      #expect(result.output.isEmpty)
      #expect(result.messages == "3 files, 1 model: no errors, no warnings\n")
    }
  }

  @Test func `validate finds what is wrong with the agent's file`() async throws {
    try await withTemporaryFolder { folder in
      try write("kind: Agent # ours\napiVersion: evenkeel.dev/v1\nspec: {}\n", to: folder + "/agent.yaml")
      let result = try await evenkeel("validate", "agent.yaml", "-o", "json", in: folder)
      #expect(result.code == 1)
      #expect(result.output.contains("\"severity\" : \"error\""))
      #expect(!result.output.contains("does not belong"))
    }
  }

  @Test(arguments: [[], ["-o", "json"]])
  func `validate fails for a folder without a manifest`(_ options: [String]) async throws {
    try await withTemporaryFolder { folder in
      try write(sharedManifests, to: folder + "/models/shared.yaml")
      try write("nothing\n", to: folder + "/model/notes.txt")
      let result = try await evenkeel("validate", "models", "model", in: folder, then: options)
      #expect(result.code == 1)
      #expect(
        result.messages.hasSuffix(
          "error: there is no manifest in model: no file whose name ends in .yaml or .yml\n"))
    }
  }

  @Test(arguments: ["ftp://models.example.com/m", "s3://bucket/m", "mlflow:/m/1"])
  func `digest says which URIs it can fetch`(_ uri: String) async throws {
    try await withTemporaryFolder { folder in
      let result = try await evenkeel("digest", uri, in: folder)
      #expect(result.code == 1)
      let scheme = uri.prefix { $0 != ":" }
      #expect(
        result.messages == "Error: only file:, http: and https: URIs are supported, not \(scheme):\n")
    }
  }

  @Test func `digest takes a file with a colon in its name`() async throws {
    try await withTemporaryFolder { folder in
      try write("hello\n", to: folder + "/model:1")
      let result = try await evenkeel("digest", "model:1", "-o", "json", in: folder)
      #expect(result.code == 0)
      let json = try JSONDecoder().decode([String: String].self, from: Data(result.output.utf8))
      #expect(
        json == [
          "artifact": "model:1",
          "digest": "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
        ])
    }
  }

  @Test func `digest prints the digest first`() async throws {
    try await withTemporaryFolder { folder in
      try write("hello\n", to: folder + "/model.bin")
      let digest = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
      for artifact in ["model.bin", folder + "/model.bin", "file://" + folder + "/model.bin"] {
        let result = try await evenkeel("digest", artifact, in: folder)
        #expect(result.output == "\(digest)  \(artifact)\n")
        #expect(result.code == 0)
      }
      let missing = try await evenkeel("digest", "missing.bin", in: folder)
      #expect(missing.code == 1)
      #expect(missing.output.isEmpty)
    }
  }

  @Test(arguments: [
    ["status"], ["history", "fraud"], ["events"], ["promote", "fraud"], ["abort", "fraud"],
    ["rollback", "fraud"],
  ])
  func `without an agent a command says where it looked and what to do`(_ command: [String]) async throws {
    try await withTemporaryFolder { folder in
      let socket = folder + "/agent.sock"
      let result = try await evenkeel(
        command[0], in: folder, then: command.dropFirst() + ["--socket", socket])
      #expect(result.code == 1)
      #expect(result.output.isEmpty)
      #expect(result.messages.contains("no agent answers at \(socket)"))
    }
  }

  @Test func `without an agent's file a command says how to name one`() async throws {
    try await withTemporaryFolder { folder in
      let result = try await evenkeel("status", "--config", folder + "/agent.yaml", in: folder)
      #expect(result.code == 1)
      #expect(
        result.messages.contains("cannot read the agent's file \(folder)/agent.yaml: there is no such file"))
    }
  }

  @Test(arguments: [
    ["reconcile", "--base", "main"], ["reconcile", "--dry-run", "--base", "a", "--state", "b"],
    ["reconcile", "-o", "markdown"], ["history"], ["no-such-command"], ["status", "-o", "yaml"],
  ])
  func `wrong usage is exit code 64`(_ arguments: [String]) async throws {
    try await withTemporaryFolder { folder in
      let result = try await evenkeel(arguments[0], in: folder, then: arguments.dropFirst())
      #expect(result.code == 64)
      #expect(result.output.isEmpty)
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions are generated for a shell`(_ shell: String) async throws {
    try await withTemporaryFolder { folder in
      let result = try await evenkeel("--generate-completion-script", shell, in: folder)
      #expect(result.code == 0)
      #expect(result.output.contains("reconcile"))
    }
  }

  @Test func `version prints the version`() async throws {
    try await withTemporaryFolder { folder in
      let result = try await evenkeel("version", in: folder)
      #expect(result.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
      let json = try await evenkeel("version", "-o", "json", in: folder)
      let version = try JSONDecoder().decode([String: String].self, from: Data(json.output.utf8))
      #expect(version["version"].map { $0 + "\n" } == result.output)
      #expect(version.count == 1)
    }
  }

  @Test func `a person on call sees and steers a rollout`() async throws {
    try await ControlFixture.serve { fixture in
      try await fixture.deployTwoVersions()
      let folder = String(fixture.socket.dropLast("/run/agent.sock".count))
      func ask(_ arguments: String...) async throws -> CommandResult {
        try await evenkeel(
          arguments[0], in: folder, then: arguments.dropFirst() + ["--socket", fixture.socket])
      }
      let status = try await ask("status")
      #expect(status.output.contains("fraud  stepping 5/7  1 -> 2   ██████████████████▒▒ 10 %  1/1 + 1/1"))
      #expect(status.output.contains("Reconciling=True Progressing: version 2: step 5 of 7"))
      let detail = try await ask("status", "fraud")
      #expect(detail.output.contains("step 5 of 7: pause until promoted by hand"))
      let promote = try await ask("promote", "fraud")
      #expect(promote.code == 0)
      try await fixture.settle()
      // The version before has stopped by now, and with it the rollout is over.
      try await fixture.settle()
      let history = try await ask("history", "fraud")
      #expect(history.output.contains("promoted"))
      let events = try await ask("events", "--limit", "1000", "-o", "json")
      #expect(events.output.contains("PromotedByHand"))
      let again = try await ask("promote", "fraud")
      #expect(again.code == 1)
      #expect(again.messages == "Error: fraud has no rollout under way\n")
    }
  }
}
