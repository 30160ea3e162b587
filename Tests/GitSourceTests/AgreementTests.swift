import Effects
import FoundationEssentials
import GitSource
import Manifests
import TestSupport
import Testing
import Vocabulary

/// What we fetch, walk and read is what the command line's `git` fetches, walks and reads, in the same random repositories.
@Suite struct AgreementTests {
  @Test func `a fetch brings the tip that git ls-remote names, and every object that it reaches`()
    async throws
  {
    try await withRandomHistories(1..<40) { stage in
      let remote = stage.fixture.remote
      let tip = try await stage.mirror.fetch()
      let listed = try await remote.bare("ls-remote", remote.path, "refs/heads/main")
      #expect(listed == "\(tip)\trefs/heads/main")
      let mirror = GitCommand(in: stage.fixture.folder + "/state/mirror.git")
      let objects = ["rev-list", "--objects", "--no-object-names", tip.rawValue]
      let ours = try await mirror(objects[0], objects[1], objects[2], objects[3])
      let theirs = try await remote.bare(objects[0], objects[1], objects[2], objects[3])
      #expect(Set(ours.split(separator: "\n")) == Set(theirs.split(separator: "\n")))
      try await mirror("fsck", "--connectivity-only", "--no-dangling")
    }
  }

  @Test func `a walk through history is git log --first-parent, with the trees of the folder`() async throws {
    try await withRandomHistories(1..<30) { stage in
      let mirror = stage.fixture.mirror(path: "models")
      _ = try await mirror.fetch()
      for history in stage.histories {
        let tip = CommitID(stage.ids[history.tip, default: ""])
        let walk = try await mirror.history(from: tip, downTo: nil, limit: 1000)
        let log = try await stage.fixture.remote.bare("log", "--first-parent", "--format=%H %P", tip.rawValue)
        #expect(
          walk.map { ([$0.id] + $0.parents).map(\.rawValue).joined(separator: " ") }
            == log.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") })
        for commit in walk {
          let entry = try await stage.fixture.remote.bare("ls-tree", commit.id.rawValue, "models")
          let folder = entry.hasPrefix("040000") ? String(entry.dropFirst(12).prefix(40)) : nil
          #expect(commit.manifests?.rawValue == folder, "\(commit.subject)")
        }
      }
    }
  }

  @Test func `the files that are read are those of git ls-tree, and links and submodules are named`()
    async throws
  {
    try await withRandomHistories(1..<25) { stage in
      _ = try await stage.mirror.fetch()
      for commit in stage.histories.flatMap(\.commits) {
        let id = CommitID(stage.ids[commit.mark, default: ""])
        let listing = try await stage.fixture.remote.bare("ls-tree", "-r", "-z", id.rawValue)
        // MODE TYPE ID, a tab, and a path that may have tabs of its own.
        let expected = listing.split(separator: "\0").map { line in
          (line.prefix(6), String(line.drop { $0 != "\t" }.dropFirst()))
        }
        let state = try await stage.mirror.desired(at: id)
        let warned = state.diagnostics.filter { $0.message.hasPrefix("skipped") }.map(\.file)
        #expect(Set(warned) == Set(expected.filter { $0.0 == "120000" || $0.0 == "160000" }.map(\.1)))
        let manifests = expected.filter { $0.0.hasPrefix("100") }.map(\.1)
          .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
        // None of the random texts is a manifest, so each is complained about; a blank one is not.
        let blank = manifests.filter { commit.tree[$0]?.text.allSatisfy(\.isWhitespace) != false }
        let read = Set(state.diagnostics.filter { $0.severity == .error }.map(\.file))
        #expect(read == Set(manifests).subtracting(blank), "\(commit.story)")
        for (mode, path) in expected {
          let bytes = mode.hasPrefix("100") ? commit.tree[path].map { Array($0.text.utf8) } : nil
          #expect(try await stage.mirror.file(path, at: id) == bytes)
        }
      }
    }
  }

  @Test func `what is read change by change is what is read at once`() async throws {
    try await withRandomHistories(1..<25) { stage in
      _ = try await stage.mirror.fetch()
      for commit in stage.histories.flatMap(\.commits) {
        let id = CommitID(stage.ids[commit.mark, default: ""])
        let atOnce = try await stage.fixture.mirror().desired(at: id)
        #expect(try await stage.mirror.desired(at: id) == atOnce, "\(commit.story)")
      }
    }
  }
}
