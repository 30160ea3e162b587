import TestSupport
import Testing

/// Models that are broken in different ways: each fails before or at its first traffic and is reverted.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct BadModelTests {
  /// A broken version, and what its failure is called and says.
  struct Trouble: Sendable {
    var model: String
    var flags = ""
    var reason: String
    /// What the revert's message has to say.
    var words: [String]
    var breaking: @Sendable (Site, inout Manifest) async throws -> Void = { _, _ in }
  }

  static let troubles = [
    Trouble(model: "mismatch", reason: "DigestMismatch", words: ["sha256:0000000"]) { _, manifest in
      manifest.digest = "sha256:" + String(repeating: "0", count: 64)
    },
    Trouble(model: "missing", reason: "ArtifactNotFound", words: ["404"]) { site, manifest in
      manifest.uri = site.server.url + "/status/404/model.tar.gz"
    },
    Trouble(model: "escape", reason: "ArtifactInvalid", words: ["../flags"]) { site, manifest in
      let archive = try await site.escapingArchive()
      (manifest.uri, manifest.digest) = ("file://\(archive)", try await site.digest(of: archive))
    },
    Trouble(
      model: "exits", flags: "--exit-with 0", reason: "Crashed",
      words: ["ended", "status 0", "cannot load exits"]),
    Trouble(
      model: "unready", flags: "--never-ready", reason: "NeverReady",
      words: ["0 of 1 instances ready after 5s", "serving unready 2 on port"]),
    Trouble(
      model: "failing", flags: "--error-share 1", reason: "CheckFailed",
      words: ["check errors:", "serving failing 2 on port"]),
  ]

  @Test func `each is taken back with its evidence, and the others serve on`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      let good = try await site.deployFirstVersions()
      try await site.underLoad(on: "failing", "exits") { tally in
        for trouble in Self.troubles { try await site.deploy(trouble) }
        var failing = ""
        for trouble in Self.troubles {
          let (rollout, revert) = try await site.waitUntilReverted(trouble.model, "2")
          #expect(rollout.failure?.reason == trouble.reason)
          let message = try await site.remote.bare("log", "-1", "--format=%B", revert)
          for words in trouble.words { #expect(message.contains(words), "\(message)") }
          if trouble.model == "failing" { failing = rollout.revision }
          try await site.waitUntilStable(trouble.model, "1")
        }
        #expect(tally.failed(besides: failing) == [:])
        measured("six bad models", tally)
      }
      #expect(
        try await site.remote.bare("rev-parse", "main^{tree}")
          == site.remote.bare("rev-parse", good + "^{tree}"))
      #expect(try await site.reverts().count == Self.troubles.count)
    }
  }

  @Test func `a first version that is bad leaves nothing behind`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      let before = try await site.remote.bare("rev-parse", "main^{tree}")
      try await site.start()
      try await site.deploy("fraud", "1", flags: "--exit-with 3")
      let (rollout, _) = try await site.waitUntilReverted("fraud", "1")
      #expect(rollout.failure?.log.contains("cannot load fraud") == true)
      #expect(try await site.remote.bare("rev-parse", "main^{tree}") == before)
      try await eventually("the model is gone", within: .seconds(20), pace: patience) {
        try await site.status().models.isEmpty
      }
      #expect(site.processes().count == 1, "only the gateway runs")

      try await site.deploy("fraud", "2")
      try await site.waitUntilStable("fraud", "2")
      #expect(try await site.infer("fraud").status == 200)
    }
  }
}

extension Site {
  /// Version 1 of every model in one commit, serving.
  fileprivate func deployFirstVersions() async throws -> String {
    var files: [String: String?] = [:]
    for trouble in BadModelTests.troubles {
      let manifest = try await manifest(trouble.model, "1") { $0.policy = "impatient" }
      files["models/\(trouble.model).yaml"] = manifest.text
    }
    let commit = try await commit(files, "Deploy first versions")
    for trouble in BadModelTests.troubles { try await waitUntilStable(trouble.model, "1") }
    return commit
  }

  fileprivate func deploy(_ trouble: BadModelTests.Trouble) async throws {
    var manifest = try await manifest(trouble.model, "2", flags: trouble.flags) { $0.policy = "impatient" }
    try await trouble.breaking(self, &manifest)
    try await commit(["models/\(trouble.model).yaml": manifest.text], "Deploy \(trouble.model) 2")
  }

  /// An archive with a file that would land beside the folder it is unpacked into.
  fileprivate func escapingArchive() async throws -> String {
    let (model, archive) = (try await artifact("escape", "2"), artifacts + "/escape.tar.gz")
    let program = "import sys, tarfile; tarfile.open(sys.argv[1], 'w:gz').add(sys.argv[2], '../flags')"
    let packed = try await run("python3", ["-c", program, archive, model + "/flags"])
    try #require(packed.status == 0, "\(packed.errors)")
    return archive
  }
}
