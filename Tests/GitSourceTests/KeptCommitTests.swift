import Effects
import GitSource
import TestSupport
import Testing
import Vocabulary

@Suite struct KeptCommitTests {
  @Test func `knows what descends from what, also over merges and rewritten branches`() async throws {
    try await Fixture.with { fixture in
      let work = fixture.remote.work
      let root = try await work("rev-parse", "HEAD")
      try await work("checkout", "--quiet", "-b", "side")
      let side = try await fixture.remote.commit(["side.yaml": "side\n"])
      try await work("checkout", "--quiet", "main")
      let main = try await fixture.remote.commit(["main.yaml": "main\n"])
      try await work("merge", "--quiet", "--no-ff", "-m", "Merge", "side")
      try await fixture.remote.publish()
      let mirror = fixture.mirror()
      let merge = try await mirror.fetch()
      for ancestor in [root, side, main, merge.rawValue] {
        #expect(try await mirror.descends(merge, from: CommitID(ancestor)))
      }
      #expect(try await !mirror.descends(CommitID(side), from: CommitID(main)))
      #expect(try await !mirror.descends(CommitID(root), from: merge))
      let unknown = CommitID(String(repeating: "1", count: 40))
      #expect(try await !mirror.descends(merge, from: unknown))
      #expect(await complaint { _ = try await mirror.descends(unknown, from: merge) }?.kind == .notFound)
    }
  }

  @Test func `the commit in force stays readable when the branch is rewritten and packs are written anew`()
    async throws
  {
    try await Fixture.with { fixture in
      let work = fixture.remote.work
      let root = try await work("rev-parse", "HEAD")
      let inForce = CommitID(try await fixture.remote.commit(["models/a.yaml": "a: 2\n"]))
      try await fixture.remote.publish()
      let mirror = fixture.mirror { $0.maximumPacks = 0 }
      #expect(try await mirror.fetch() == inForce)
      try await mirror.keep(inForce)
      try await work("reset", "--quiet", "--hard", root)
      let tip = CommitID(try await fixture.remote.commit(["models/a.yaml": "a: 3\n"]))
      try await fixture.remote.publish()
      try await fixture.remote.bare("gc", "--quiet", "--prune=now")
      #expect(try await mirror.fetch() == tip)
      let other = fixture.mirror()
      #expect(try await other.filesRead(at: inForce) == ["models/a.yaml", "models/b.yaml"])
      #expect(try await !other.descends(tip, from: inForce))
    }
  }
}
