import Foundation
import TestSupport
import Testing

/// The command line against a real agent, and without one.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct CommandLineTests {
  @Test func `a dry run against the agent, or its saved status, tells what a commit would do`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      let commit = try await site.deploy("fraud", "1")
      let stable = try #require(try await site.waitUntilStable("fraud", "1").stable)
      let settled = try await site.evenkeel("reconcile", "--dry-run", "--detailed-exitcode", "-o", "json")
      #expect(settled.status == 0, "\(settled)")
      #expect(try JSONObject(settled.output)["source"].text("commit") == commit)
      #expect(try JSONObject(settled.output)["summary"].number("unchanged") == 1)
      #expect(
        try JSONObject(try await site.ask("reconcile", "-o", "json")).keys == ["source", "models", "events"])

      let next = try await site.manifest("fraud", "2")
      try write(next.text, to: site.remote.work.folder + "/production/models/fraud.yaml")
      let saved = site.folder + "/status.json"
      try write(try await site.ask("status", "-o", "json"), to: saved)
      let dryRun = [
        "reconcile", "--dry-run", "--path", site.remote.work.folder + "/production", "-o", "json",
      ]
      let live = try await site.ask(dryRun)
      try expectContract(of: live, from: stable)
      #expect(try await site.ask(dryRun + ["--state", saved]) == live)
      let detailed = try await site.evenkeel(dryRun + ["--detailed-exitcode"])
      #expect(detailed.status == 2)
      #expect(try await site.model("fraud")?.isStable("1") == true, "nothing was done")
      #expect(try await site.remote.bare("rev-parse", "main") == commit)
    }
  }

  /// The keys are those that others build on.
  private func expectContract(of output: String, from stable: Status.Release) throws {
    let plan = try JSONObject(output)
    #expect(plan.keys == ["source", "summary", "changes", "stalled", "diagnostics"])
    #expect(try plan["source"].keys == ["url", "branch", "commit", "path"])
    #expect(try plan["summary"].keys == ["add", "change", "remove", "unchanged", "stalled"])
    #expect(try plan["summary"].number("change") == 1)
    let change = try plan.list("changes")[0]
    let keys: Set = ["model", "change", "from", "to", "rollout", "steps", "onFailure", "warnings"]
    #expect(change.keys == keys)
    #expect(try change.text("change") == "change")
    #expect(try change["from"].text("revision") == stable.revision)
    #expect(try change["to"].text("version") == "2")
    #expect(try change["onFailure"].keys == ["action", "commits"])
    let kinds = try change.list("steps").map { try $0.text("kind") }
    #expect(
      kinds == ["fetch", "verify", "start", "weight", "analyze", "weight", "analyze", "promote", "stop"])
  }

  @Test func `one pass without an agent rolls out, and the agent takes over from it`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.deploy("fraud", "1")
      let first = try await site.evenkeel("reconcile", "--timeout", "60")
      #expect(first.status == 0, "\(first)")
      #expect(try await site.infer("fraud").status == 200, "what was started serves on")
      try await site.underLoad(on: "fraud") { tally in
        try await site.deploy("fraud", "2")
        let second = try await site.evenkeel("reconcile", "--timeout", "60", "-o", "json")
        #expect(second.status == 0, "\(second)")
        #expect(second.output.contains("\"Promoted\""))
        let running = site.processes()
        try await tally.goesOn()
        try await site.start()
        try await site.waitUntilStable("fraud", "2")
        #expect(site.processes().isSubset(of: running), "nothing was started again")
        #expect(tally.failed() == [:])
        measured("passes without an agent", tally)
      }
    }
  }

  @Test func `artifacts come as a plain file, and as archives over http`() async throws {
    try await withSite { site in
      try await site.describePlatform()
      try await site.start()
      var file = try await site.manifest("plain", "1")
      let plain = try await site.artifact("plain", "1", as: .file)
      (file.uri, file.digest) = ("file://\(plain)", try await site.digest(of: plain))
      try await FileServer.serve(site.artifacts) { url in
        var files: [String: String?] = ["models/plain.yaml": file.text]
        for (name, packing) in [("tarred", Packing.tarGzip), ("zipped", .zip)] {
          let archive = try await site.artifact(name, "1", as: packing)
          var manifest = try await site.manifest(name, "1")
          manifest.uri = "\(url)/\(URL(filePath: archive).lastPathComponent)"
          manifest.digest = try await site.digest(of: manifest.uri)
          files["models/\(name).yaml"] = manifest.text
        }
        try await site.commit(files, "Deploy three models")
        for name in ["plain", "tarred", "zipped"] {
          try await site.waitUntilStable(name, "1")
          #expect(try await site.infer(name).status == 200)
        }
      }
    }
  }
}
