import Effects
import GitSource
import TestSupport
import Testing
import Vocabulary

@Suite struct RevertTests {
  /// The tree that the command line's `git revert` comes to; `nil` when it meets a conflict.
  private func gitRevert(_ commits: [String], mainline: Bool = false, in remote: GitRemote) async throws
    -> String?
  {
    let tip = try await remote.work("rev-parse", "HEAD")
    var tree: String? = nil
    do {
      for commit in commits {
        if mainline {
          try await remote.work("revert", "--no-edit", "-m", "1", commit)
        } else {
          try await remote.work("revert", "--no-edit", commit)
        }
      }
      tree = try await remote.work("rev-parse", "HEAD^{tree}")
    } catch is GitCommand.Failure {
      try await remote.work("revert", "--abort")
    }
    try await remote.work("reset", "--quiet", "--hard", tip)
    return tree
  }

  private func lines(_ range: ClosedRange<Int>, changing line: Int? = nil, to text: String = "") -> String {
    range.map { $0 == line ? text : "line \($0)" }.joined(separator: "\n") + "\n"
  }

  @Test func `reverts one commit, and several onto each other, as git revert does`() async throws {
    try await Fixture.with(["deep/a.yaml": lines(1...20), "b.yaml": "b\n"]) { fixture in
      let remote = fixture.remote
      let one = try await remote.commit(["deep/a.yaml": lines(1...20, changing: 3, to: "changed")])
      let two = try await remote.commit(["deep/new.yaml": "new\n", "b.yaml": nil])
      try await remote.commit(["c.yaml": "later\n"])
      try await remote.publish()
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      for commits in [[one], [two], [two, one]] {
        let expected = try #require(try await gitRevert(commits, in: remote))
        let attempt = try await mirror.revert(commits.map { CommitID($0) }, onto: tip)
        #expect(attempt == .tree(TreeID(expected)))
      }
    }
  }

  @Test func `reverts a merge against its first parent`() async throws {
    try await Fixture.with(["a.yaml": "a\n"]) { fixture in
      let work = fixture.remote.work
      try await work("checkout", "--quiet", "-b", "side")
      try await fixture.remote.commit(["models/side.yaml": "side\n", "a.yaml": "side\n"])
      try await work("checkout", "--quiet", "main")
      try await fixture.remote.commit(["b.yaml": "b\n"])
      try await work("merge", "--quiet", "--no-ff", "-m", "Merge", "side")
      let merge = try await work("rev-parse", "HEAD")
      try await fixture.remote.commit(["c.yaml": "later\n"])
      try await fixture.remote.publish()
      let expected = try #require(try await gitRevert([merge], mainline: true, in: fixture.remote))
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      #expect(try await mirror.revert([CommitID(merge)], onto: tip) == .tree(TreeID(expected)))
    }
  }

  @Test func `follows a file that was renamed since`() async throws {
    try await Fixture.with(["models/a.yaml": lines(1...30)]) { fixture in
      let bad = try await fixture.remote.commit(["models/a.yaml": lines(1...30, changing: 7, to: "bad")])
      try await fixture.remote.work("mv", "models/a.yaml", "models/renamed.yaml")
      try await fixture.remote.commit([:], message: "Rename")
      try await fixture.remote.publish()
      let expected = try #require(try await gitRevert([bad], in: fixture.remote))
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      #expect(try await mirror.revert([CommitID(bad)], onto: tip) == .tree(TreeID(expected)))
    }
  }

  @Test func `names the paths of a conflict`() async throws {
    try await Fixture.with(["models/a.yaml": "version: 1\n", "b.yaml": "b\n"]) { fixture in
      let bad = try await fixture.remote.commit(["models/a.yaml": "version: 2\n", "b.yaml": "bad\n"])
      try await fixture.remote.commit(["models/a.yaml": "version: 3\n"])
      try await fixture.remote.publish()
      #expect(try await gitRevert([bad], in: fixture.remote) == nil)
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      #expect(try await mirror.revert([CommitID(bad)], onto: tip) == .conflict(paths: ["models/a.yaml"]))
    }
  }

  @Test func `reverts the very first commit to nothing`() async throws {
    try await Fixture.with(["a.yaml": "a\n"]) { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      let empty = try await fixture.remote.work("hash-object", "-t", "tree", "--stdin")
      #expect(try await mirror.revert([tip], onto: tip) == .tree(TreeID(empty)))
    }
  }

  @Test func `replaces, adds and deletes files as git does, and keeps modes`() async throws {
    try await Fixture.with([
      "env/prod/run.yaml": "old\n", "env/prod/gone/only.yaml": "x\n", "env/prod/keep.yaml": "k\n",
      "README.md": "r\n",
    ]) { fixture in
      let work = fixture.remote.work
      try await work("update-index", "--chmod=+x", "env/prod/run.yaml")
      try await work("commit", "--quiet", "-m", "Make it executable")
      try await work("reset", "--quiet", "--hard")
      try await fixture.remote.publish()
      let mirror = fixture.mirror(path: "env/prod")
      let tip = try await mirror.fetch()
      let tree = try await mirror.tree(
        of: tip,
        replacing: [
          "run.yaml": Array("new\n".utf8), "gone/only.yaml": nil, "never/was.yaml": nil,
          "deep/er/new.yaml": Array("n\n".utf8),
        ])
      try write("new\n", to: work.folder + "/env/prod/run.yaml")
      try write("n\n", to: work.folder + "/env/prod/deep/er/new.yaml")
      try await work("rm", "--quiet", "env/prod/gone/only.yaml")
      try await work("add", "--all")
      #expect(try await work("write-tree") == tree.rawValue)
      let listing = try await GitCommand(in: fixture.folder + "/state/mirror.git")(
        "ls-tree", "-r", tree.rawValue)
      #expect(listing.contains("100755 blob"))
      #expect(!listing.contains("gone"))
    }
  }

  @Test(arguments: ["../escape.yaml", ".git/config", "a/../../b.yaml", "", "a//.git/hooks/x"])
  func `writes no tree that Git would not check out`(path: String) async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      let ours = try await mirror.tree(of: tip, replacing: ["ours.yaml": [1]])
      let error = await complaint { _ = try await mirror.tree(of: tip, replacing: [path: [1]]) }
      #expect(error?.message.contains("is no path that a manifest can have") == true)
      // That was no damage: what only the mirror has is still there after the next fetch.
      #expect(try await mirror.fetch() == tip)
      _ = try await mirror.commit(ours, onto: tip, message: "x", at: Timestamp(milliseconds: 0))
    }
  }

  @Test func `commits as the agent, at the given time`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      let tree = try await mirror.tree(of: tip, replacing: ["models/a.yaml": Array("a: 0\n".utf8)])
      let message = "Revert \"Deploy\"\n\nBecause.\n\nEvenkeel-Model: a\n"
      let commit = try await mirror.commit(
        tree, onto: tip, message: message, at: Timestamp(milliseconds: 1_767_225_600_999))
      let git = GitCommand(in: fixture.folder + "/state/mirror.git")
      #expect(
        try await git("cat-file", "commit", commit.rawValue) == """
          tree \(tree)
          parent \(tip)
          author Evenkeel <evenkeel@example.com> 1767225600 +0000
          committer Evenkeel <evenkeel@example.com> 1767225600 +0000

          \(message.dropLast())
          """)
      #expect(try await mirror.mirroredTip() == tip)
    }
  }
}
