import Effects
import FoundationEssentials
import GitSource
import Manifests
import TestSupport
import Testing
import Vocabulary

@Suite struct FetchTests {
  @Test func `mirrors a repository by its path and by a file URL`() async throws {
    try await Fixture.with { fixture in
      let tip = try await fixture.remote.work("rev-parse", "HEAD")
      for url in [fixture.remote.path, "file://" + fixture.remote.path] {
        let mirror = fixture.mirror(url)
        #expect(try await mirror.mirroredTip() == nil)
        #expect(try await mirror.fetch() == CommitID(tip))
        #expect(try await mirror.mirroredTip() == CommitID(tip))
        #expect(try await mirror.commit(named: "main") == CommitID(tip))
      }
    }
  }

  @Test func `mirrors a repository over http and follows its branch`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        let first = try await mirror.fetch()
        let second = try await fixture.remote.commit(["models/a.yaml": "a: 2\n"], message: "Second")
        try await fixture.remote.publish()
        #expect(try await mirror.mirroredTip() == first)
        #expect(try await mirror.fetch() == CommitID(second))
        #expect(try await mirror.file("models/a.yaml", at: CommitID(second)) == Array("a: 2\n".utf8))
        #expect(try await mirror.file("models/a.yaml", at: first) == Array("a: 1\n".utf8))
        #expect(try await mirror.file("models/none.yaml", at: first) == nil)
      }
    }
  }

  @Test func `transfers nothing when the tip is already in the mirror`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        let tip = try await mirror.fetch()
        let before = server.requests().count
        #expect(try await mirror.fetch() == tip)
        let poll = server.requests().dropFirst(before)
        #expect(Array(poll) == ["GET /config.git/info/refs?service=git-upload-pack"])
      }
    }
  }

  @Test func `follows a branch that was rewritten`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      _ = try await mirror.fetch()
      try await fixture.remote.work("commit", "--quiet", "--amend", "-m", "Rewritten")
      try await fixture.remote.publish()
      let tip = try await fixture.remote.work("rev-parse", "HEAD")
      #expect(try await mirror.fetch() == CommitID(tip))
    }
  }

  @Test func `names commits by branch, tag, short id and ancestry`() async throws {
    try await Fixture.with { fixture in
      let first = try await fixture.remote.work("rev-parse", "HEAD")
      try await fixture.remote.work("tag", "-a", "v1", "-m", "Version 1")
      let second = try await fixture.remote.commit(["models/a.yaml": "a: 2\n"])
      try await fixture.remote.work("push", "--quiet", "--tags", "origin", "main")
      let mirror = fixture.mirror()
      _ = try await mirror.fetch()
      for (name, commit) in [
        ("main", second), ("v1", first), (String(first.prefix(10)), first), ("main~1", first),
        ("HEAD", second),
      ] {
        #expect(try await mirror.commit(named: name) == CommitID(commit), "\(name)")
      }
      let unknown = await complaint { _ = try await mirror.commit(named: "v2") }
      #expect(unknown?.kind == .notFound)
      #expect(unknown?.message.contains("v2 names no commit") == true)
    }
  }

  @Test func `survives being opened again`() async throws {
    try await Fixture.with { fixture in
      let tip = try await fixture.mirror().fetch()
      let again = fixture.mirror()
      #expect(try await again.mirroredTip() == tip)
      #expect(try await again.filesRead(at: tip) == ["models/a.yaml", "models/b.yaml"])
      let mode = try FileManager.default.attributesOfItem(atPath: fixture.folder + "/state/mirror.git")
      #expect(mode[.posixPermissions] as? Int == 0o700)
    }
  }

  @Test func `replaces a mirror of another remote`() async throws {
    try await Fixture.with { fixture in
      _ = try await fixture.mirror().fetch()
      let other = try await GitRemote(in: fixture.folder, name: "other")
      let tip = try await other.commit(["c.yaml": "c: 1\n"])
      try await other.publish()
      let mirror = fixture.mirror(other.path)
      #expect(try await mirror.mirroredTip() == nil)
      #expect(try await mirror.fetch() == CommitID(tip))
      #expect(try await mirror.history(from: CommitID(tip), downTo: nil, limit: 10).count == 1)
    }
  }

  @Test(arguments: ["config", "HEAD", "objects", "evenkeel-url"])
  func `replaces a mirror that has lost`(part: String) async throws {
    try await Fixture.with { fixture in
      let tip = try await fixture.mirror().fetch()
      try FileManager.default.removeItem(atPath: fixture.folder + "/state/mirror.git/" + part)
      let mirror = fixture.mirror()
      #expect(try await mirror.fetch() == tip)
      #expect(try await mirror.filesRead(at: tip) == ["models/a.yaml", "models/b.yaml"])
    }
  }

  @Test func `replaces a mirror whose objects are damaged while it is open`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      let packs = fixture.folder + "/state/mirror.git/objects/pack"
      for pack in try FileManager.default.contentsOfDirectory(atPath: packs) {
        try FileManager.default.removeItem(atPath: packs + "/" + pack)
      }
      #expect(try await fixture.mirror().fetch() == tip)
      #expect(try await fixture.mirror().filesRead(at: tip) == ["models/a.yaml", "models/b.yaml"])
    }
  }

  @Test func `is not led astray by the configuration of the host`() async throws {
    try await Fixture.with { fixture in
      let elsewhere = fixture.folder + "/elsewhere"
      try write(
        "[url \"\(elsewhere)\"]\n  insteadOf = \(fixture.remote.path)\n", to: fixture.folder + "/.gitconfig")
      // The worker as it would run in a home with that configuration, and told so by every variable there is.
      let worker = fixture.folder + "/worker"
      try write(
        """
        #!/bin/sh
        export HOME=\(fixture.folder) XDG_CONFIG_HOME=\(fixture.folder) GIT_CONFIG_GLOBAL=\(fixture.folder)/.gitconfig
        exec \(builtExecutable("evenkeel")) "$@"
        """, to: worker)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: worker)
      let tip = try await fixture.remote.work("rev-parse", "HEAD")
      #expect(try await fixture.mirror(worker: worker).fetch() == CommitID(tip))
    }
  }

  @Test func `keeps the number of packs small over many fetches`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror(path: "models") { $0.maximumPacks = 3 }
      let first = try await mirror.fetch()
      _ = try await mirror.desired(at: first)
      for number in 1...10 {
        let tip = try await fixture.remote.commit(["models/a.yaml": "number: \(number)\n"])
        try await fixture.remote.publish()
        #expect(try await mirror.fetch() == CommitID(tip))
        _ = try await mirror.desired(at: CommitID(tip))
        #expect(await mirror.lastRead == ReadCounts(blobsRead: 1))
      }
      let folder = fixture.folder + "/state/mirror.git"
      try await eventually("there are few packs") {
        _ = try await mirror.fetch()
        let packs = try FileManager.default.contentsOfDirectory(atPath: folder + "/objects/pack")
        return packs.count { $0.hasSuffix(".pack") } <= 3
      }
      #expect(try await mirror.file("a.yaml", at: first) == Array("a: 1\n".utf8))
      try await GitCommand(in: folder)("fsck", "--strict")
    }
  }

  @Test func `cleans up what a killed worker left`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      _ = try await mirror.fetch()
      let state = fixture.folder + "/state/mirror.git"
      try write("", to: state + "/refs/heads/main.lock")
      try write("half a pack", to: state + "/objects/pack/pack_git2_abc123")
      let next = try await fixture.remote.commit(["models/a.yaml": "a: 2\n"])
      try await fixture.remote.publish()
      #expect(try await mirror.fetch() == CommitID(next))
      #expect(!FileManager.default.fileExists(atPath: state + "/objects/pack/pack_git2_abc123"))
    }
  }
}
