import Effects
import FoundationEssentials
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

  @Test func `merges files as the attributes of the repository say`() async throws {
    let files = [
      ".gitattributes": "*.yaml merge=binary\n", "models/.gitattributes": "list.yaml merge=union\n",
      "models/list.yaml": lines(1...3), "models/a.yaml": lines(1...30),
    ]
    try await Fixture.with(files) { fixture in
      let bad = try await fixture.remote.commit([
        "models/list.yaml": lines(1...3, changing: 2, to: "bad")
      ])
      let binary = try await fixture.remote.commit(["models/a.yaml": lines(1...30, changing: 2, to: "bad")])
      try await fixture.remote.commit([
        "models/list.yaml": lines(1...3, changing: 2, to: "later"),
        "models/a.yaml": lines(1...30, changing: 20, to: "later"),
      ])
      try await fixture.remote.publish()
      let expected = try #require(try await gitRevert([bad], in: fixture.remote))
      #expect(try await gitRevert([binary], in: fixture.remote) == nil)
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      #expect(try await mirror.revert([CommitID(bad)], onto: tip) == .tree(TreeID(expected)))
      #expect(
        try await mirror.revert([CommitID(binary)], onto: tip) == .conflict(paths: ["models/a.yaml"]))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/state") == ["mirror.git"])
    }
  }

  @Test(arguments: ["..", ".", "../../escape", ".git"])
  func `attributes in folders that cannot be stay where they are`(folder: String) async throws {
    try await withMerge { fixture, bad in
      let git = fixture.remote.work
      let evil = try await git("rev-parse", "HEAD:a.yaml")
      let attributes = try await git("mktree", input: "100644 blob \(evil)\t.gitattributes\n")
      // `git mktree` checks names: the bytes of the tree are written as they are.
      let script = """
        { git cat-file tree HEAD^{tree}; printf '40000 %s\\0' "$1"; printf "$(echo $2 | sed 's/../\\\\x&/g')"; } \
          | git hash-object -t tree --literally -w --stdin
        """
      let made = try await run("bash", ["-c", script, "bash", folder, attributes], in: git.folder)
      let tree = made.output.trimmingPrefix(while: \.isWhitespace).prefix(40)
      #expect(tree.count == 40, "\(made.errors)")
      let tip = try await git("commit-tree", String(tree), "-p", "HEAD", "-m", "Hostile")
      try await git("update-ref", "refs/heads/main", tip)
      try await fixture.remote.publish()
      let mirror = fixture.mirror()
      #expect(try await mirror.fetch() == CommitID(tip))
      _ = await complaint { _ = try await mirror.revert([bad], onto: CommitID(tip)) }
      _ = try await mirror.desired(at: CommitID(tip))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/state") == ["mirror.git"])
      let found = try FileManager.default.subpathsOfDirectory(atPath: fixture.folder)
      #expect(!found.contains { $0.hasSuffix(".gitattributes") })
    }
  }

  @Test func `needs no git while nobody has touched the files of the commit`() async throws {
    try await Fixture.with(["models/a.yaml": "a: 1\n", "models/b.yaml": "b: 1\n"]) { fixture in
      let change = try await fixture.remote.commit(["models/a.yaml": "a: 2\n"])
      let addition = try await fixture.remote.commit(["new/c.yaml": "c\n"])
      let removal = try await fixture.remote.commit(["models/b.yaml": nil])
      try await fixture.remote.commit(["models/d.yaml": "d: 1\n"])
      try await fixture.remote.publish()
      let mirror = fixture.mirror { $0.git = "/nowhere/git" }
      let tip = try await mirror.fetch()
      for commits in [[change], [addition], [removal], [removal, addition, change]] {
        let expected = try #require(try await gitRevert(commits, in: fixture.remote))
        #expect(
          try await mirror.revert(commits.map { CommitID($0) }, onto: tip) == .tree(TreeID(expected)))
      }
    }
  }

  /// A repository in which a revert has to merge a file line by line.
  private func withMerge(_ body: (Fixture, _ bad: CommitID) async throws -> Void) async throws {
    try await Fixture.with(["a.yaml": lines(1...30)]) { fixture in
      let bad = try await fixture.remote.commit(["a.yaml": lines(1...30, changing: 2, to: "bad")])
      try await fixture.remote.commit(["a.yaml": lines(1...30, changing: 20, to: "later")])
      try await fixture.remote.publish()
      try await body(fixture, CommitID(bad))
    }
  }

  @Test func `says that git is missing when a revert needs it`() async throws {
    try await withMerge { fixture, bad in
      let mirror = fixture.mirror { $0.git = "/nowhere/git" }
      let tip = try await mirror.fetch()
      let error = await complaint { _ = try await mirror.revert([bad], onto: tip) }
      #expect(error?.kind == .mirror)
      #expect(error?.message.contains("git (2.38 or later) cannot be run") == true)
    }
  }

  @Test func `does not wait for a git that never ends`() async throws {
    try await withMerge { fixture, bad in
      let git = fixture.folder + "/git"
      try write("#!/bin/sh\nsleep 1000 & wait # \(git)\n", to: git)
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: git)
      let tip = try await fixture.mirror().fetch()
      let mirror = fixture.mirror(timeout: .seconds(1)) { $0.git = git }
      let error = await complaint { _ = try await mirror.revert([bad], onto: tip) }
      #expect(error?.kind == .timedOut)
      #expect(error?.message.contains("git did not end after 1 s") == true)
      try await eventually("the child is gone") { commandLines(containing: git).isEmpty }
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
