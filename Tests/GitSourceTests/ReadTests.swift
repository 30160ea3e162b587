import Effects
import FoundationEssentials
import GitSource
import Manifests
import TestSupport
import Testing
import Vocabulary

@Suite struct ReadTests {
  @Test func `reads only the manifests of the configured folder, by paths relative to it`() async throws {
    try await Fixture.with([
      "environments/prod/a.yaml": "not a resource\n", "environments/prod/deep/er/b.yml": "not a resource\n",
      "environments/prod/README.md": "text", "environments/prod/.github/workflow.yaml": "on: push\n",
      "environments/prod/.hidden.yaml": "x: 1\n", "environments/test/c.yaml": "not a resource\n",
    ]) { fixture in
      let mirror = fixture.mirror(path: "./environments/prod/")
      let tip = try await mirror.fetch()
      let state = try await mirror.desired(at: tip)
      #expect(Set(state.diagnostics.map(\.file)) == ["a.yaml", "deep/er/b.yml"])
      #expect(await mirror.lastRead.blobsRead == 2)
    }
  }

  @Test func `says that the configured folder is missing, or is none`() async throws {
    try await Fixture.with { fixture in
      for path in ["environments/prod", "models/a.yaml", "../models"] {
        let mirror = fixture.mirror(path: path)
        let tip = try await mirror.fetch()
        let error = await complaint { _ = try await mirror.desired(at: tip) }
        #expect(error?.kind == .notFound)
        #expect(error?.message.contains("no folder \(path) in commit \(tip.short)") == true)
      }
    }
  }

  @Test func `reads nothing when nothing changed, and only what changed when something did`() async throws {
    var files: [String: String] = [:]
    for number in 0..<30 { files["group-\(number % 3)/model-\(number).yaml"] = "number: \(number)\n" }
    try await Fixture.with(files) { fixture in
      let mirror = fixture.mirror()
      let first = try await mirror.fetch()
      _ = try await mirror.desired(at: first)
      #expect(await mirror.lastRead == ReadCounts(blobsRead: 30))
      _ = try await mirror.desired(at: first)
      #expect(await mirror.lastRead == ReadCounts())

      try await fixture.remote.commit(["README.md": "no manifest\n"])
      try await fixture.remote.commit(["group-1/model-1.yaml": "number: one\n"])
      try await fixture.remote.publish()
      let second = try await mirror.fetch()
      _ = try await mirror.desired(at: second)
      #expect(await mirror.lastRead == ReadCounts(blobsRead: 1))
      _ = try await mirror.desired(at: first)
      #expect(await mirror.lastRead == ReadCounts())
    }
  }

  @Test func `warns of links and submodules and follows neither`() async throws {
    try await Fixture.with { fixture in
      let work = fixture.remote.work
      try FileManager.default.createSymbolicLink(
        atPath: work.folder + "/models/link.yaml", withDestinationPath: "/etc/passwd")
      let head = try await work("rev-parse", "HEAD")
      try await work("add", "--all")
      try await work("update-index", "--add", "--cacheinfo", "160000,\(head),models/module")
      try await work("commit", "--quiet", "-m", "Link")
      try await fixture.remote.publish()
      let mirror = fixture.mirror()
      let state = try await mirror.desired(at: try await mirror.fetch())
      let skipped = state.diagnostics.filter { $0.message.hasPrefix("skipped") }
      #expect(skipped.map(\.file) == ["models/link.yaml", "models/module"])
      #expect(skipped.allSatisfy { $0.severity == .warning })
    }
  }

  @Test func `refuses a manifest that is too large, and takes nothing for deleted`() async throws {
    try await Fixture.with(["big.yaml": String(repeating: "# filler\n", count: 200), "a.yaml": "x\n"]) {
      fixture in
      let mirror = fixture.mirror { $0.limits.bytesPerFile = 1024 }
      let state = try await mirror.desired(at: try await mirror.fetch())
      #expect(state.unattributed.contains("big.yaml"))
      #expect(state.diagnostics.contains { $0.file == "big.yaml" && $0.severity == .error })
    }
  }

  @Test func `refuses a tree with too many, too deep or too many bytes of manifests`() async throws {
    try await Fixture.with(["a/b/c/d.yaml": "x\n", "e.yaml": "y\n", "f.yaml": "z\n"]) { fixture in
      let adjustments: [@Sendable (inout ManifestLimits) -> Void] = [
        { $0.files = 2 }, { $0.folders = 3 }, { $0.depth = 2 }, { $0.bytesInTotal = 5 },
      ]
      for adjust in adjustments {
        let mirror = fixture.mirror { adjust(&$0.limits) }
        let tip = try await mirror.fetch()
        #expect(await complaint { _ = try await mirror.desired(at: tip) }?.kind == .tooLarge)
      }
    }
  }

  @Test func `walks first parents newest first, with the tree of the manifests`() async throws {
    try await Fixture.with(["environments/prod/a.yaml": "1\n"]) { fixture in
      let work = fixture.remote.work
      let first = try await work("rev-parse", "HEAD")
      try await work("checkout", "--quiet", "-b", "side")
      let side = try await fixture.remote.commit(["environments/prod/b.yaml": "1\n"], message: "Side")
      try await work("checkout", "--quiet", "main")
      let second = try await fixture.remote.commit(["README.md": "x"], message: "Second\n\nWith a body")
      try await work("merge", "--quiet", "--no-ff", "-m", "Merge side", "side")
      let merge = try await work("rev-parse", "HEAD")
      try await fixture.remote.publish()

      let mirror = fixture.mirror(path: "environments/prod")
      let tip = try await mirror.fetch()
      let all = try await mirror.history(from: tip, downTo: nil, limit: 100)
      #expect(all.map(\.id.rawValue) == [merge, second, first])
      #expect(all.map(\.subject) == ["Merge side", "Second", "First"])
      #expect(all[0].parents.map(\.rawValue) == [second, side])
      for commit in all {
        let tree = try await work("rev-parse", "\(commit.id):environments/prod")
        #expect(commit.manifests?.rawValue == tree)
      }
      #expect(all[1].manifests == all[2].manifests)
      #expect(try await mirror.history(from: tip, downTo: CommitID(first), limit: 100).count == 2)
      #expect(try await mirror.history(from: tip, downTo: nil, limit: 1).count == 1)
      let elsewhere = try await fixture.mirror(path: "none").history(from: tip, downTo: nil, limit: 1)
      #expect(elsewhere[0].manifests == nil)
    }
  }

  @Test func `says that a commit is not in the mirror, and that nothing was fetched yet`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let unknown = CommitID(String(repeating: "ab", count: 20))
      #expect(await complaint { _ = try await mirror.desired(at: unknown) }?.kind == .mirror)
      _ = try await mirror.fetch()
      for id in [unknown, CommitID("main"), CommitID("")] {
        #expect(await complaint { _ = try await mirror.desired(at: id) }?.kind == .notFound)
      }
    }
  }

  @Test func `says that the mirror is damaged, and the next fetch repairs it`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror(path: "models")
      let first = try await mirror.fetch()
      let tree = try await fixture.remote.work("rev-parse", "HEAD:models")
      let parent = try await mirror.tree(of: first, replacing: ["a.yaml": Array("a: 3\n".utf8)])
      let ours = try await mirror.commit(parent, onto: first, message: "x", at: Timestamp(milliseconds: 0))
      // A loose file of that commit is lost.
      let blob = try await fixture.remote.work("hash-object", "--stdin", input: "a: 3\n")
      let loose = "\(fixture.folder)/state/mirror.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
      try FileManager.default.removeItem(atPath: loose)
      #expect(await complaint { _ = try await mirror.desired(at: ours) }?.kind == .mirror)
      #expect(try await mirror.fetch() == first)
      #expect(await complaint { _ = try await mirror.desired(at: ours) }?.kind == .notFound)
      #expect(try await mirror.filesRead(at: first) == ["a.yaml", "b.yaml"])
      #expect(!tree.isEmpty)
    }
  }
}
