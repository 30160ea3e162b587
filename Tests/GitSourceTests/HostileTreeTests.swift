import Effects
import FoundationEssentials
import GitSource
import TestSupport
import Testing
import Vocabulary

/// Trees that end every walk without bounds: of time, of memory, or of stack. Each test is about coming to an end at all.
@Suite struct HostileTreeTests {
  private let lines = (1...30).map { "line \($0)\n" }

  private func file(_ line: Int, _ text: String) -> String {
    var lines = lines
    lines[line] = text + "\n"
    return lines.joined()
  }

  /// Commits a tree beside the files of another commit, in the mirror alone.
  private func commit(_ tree: String, onto parent: CommitID, in git: GitCommand) async throws -> CommitID {
    let files = try await git("ls-tree", parent.rawValue)
    let root = try await git("mktree", input: files + "\n040000 tree \(tree)\thostile\n")
    return CommitID(try await git("commit-tree", root, "-p", parent.rawValue, "-m", "Hostile"))
  }

  @Test(arguments: HostileTree.allCases)
  func `a commit with such a tree changes too many files, and its manifests are refused`(kind: HostileTree)
    async throws
  {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      let git = GitCommand(in: fixture.state)
      let hostile = try await commit(try await kind.make(in: git), onto: tip, in: git)
      let changes = try await mirror.changes(by: hostile)
      #expect(changes.files == nil)
      #expect(!changes.areNone)
      // From nothing, and from what was read before.
      for _ in 0..<2 {
        let error = await complaint { _ = try await mirror.desired(at: hostile) }
        #expect(error?.kind == .tooLarge)
        #expect(try await mirror.filesRead(at: tip) == ["models/a.yaml", "models/b.yaml"])
      }
    }
  }

  @Test func `counts as many files as a revert may change, and not one more`() async throws {
    let files = (0..<999).map { ("new/\($0).yaml", "x: \($0)\n") }
    try await Fixture.with { fixture in
      try await fixture.remote.commit(
        Dictionary(uniqueKeysWithValues: files).merging(["models/a.yaml": "a: 2\n"]) { $1 })
      let most = try await fixture.remote.work("rev-parse", "HEAD")
      try await fixture.remote.work("reset", "--quiet", "--soft", "HEAD~1")
      let more = try await fixture.remote.commit(["models/b.yaml": nil])
      try await fixture.remote.work("branch", "most", most)
      try await fixture.remote.publish()
      let mirror = fixture.mirror()
      _ = try await mirror.fetch()
      try await GitCommand(in: fixture.state)("fetch", "--quiet", fixture.remote.work.folder, "most:most")
      #expect(try await mirror.changes(by: CommitID(most)).files?.count == 1000)
      #expect(try await mirror.changes(by: CommitID(more)).files == nil)
    }
  }

  /// A mirror with a commit whose revert has to be merged line by line after `later`.
  private func withMerge(
    _ body: (
      _ fixture: Fixture, _ mirror: MirrorRepository, _ log: RecordedLog, _ bad: CommitID, _ later: CommitID
    ) async throws -> Void
  ) async throws {
    try await Fixture.with(["a.yaml": lines.joined(), "b.yaml": "b: 1\n"]) { fixture in
      let bad = try await fixture.remote.commit(["a.yaml": file(2, "bad")])
      try await fixture.remote.commit(["a.yaml": file(2, "bad").replacing("line 20", with: "later")])
      try await fixture.remote.publish()
      let (logger, log) = recordingLogger()
      let mirror = fixture.mirror(logger: logger)
      let tip = try await mirror.fetch()
      try await body(fixture, mirror, log, CommitID(bad), tip)
    }
  }

  @Test(arguments: HostileTree.allCases)
  func `a revert that would have to be merged beside such a tree is one with conflicts`(kind: HostileTree)
    async throws
  {
    try await withMerge { fixture, mirror, log, bad, later in
      let git = GitCommand(in: fixture.state)
      let hostile = try await commit(try await kind.make(in: git), onto: later, in: git)
      #expect(try await mirror.revert([bad], onto: hostile) == .conflict(paths: ["a.yaml"]))
      #expect(log.text.contains("or 10000 folders would be merged"))
    }
  }

  @Test(arguments: HostileTree.allCases)
  func `a revert that needs the attributes of such a tree is one with conflicts`(kind: HostileTree)
    async throws
  {
    try await withMerge { fixture, mirror, log, _, later in
      let git = GitCommand(in: fixture.state)
      let tree = try await kind.make(in: git)
      let base = try await commit(tree, onto: later, in: git)
      func change(_ text: String, onto parent: CommitID) async throws -> CommitID {
        let blob = try await git("hash-object", "-w", "--stdin", input: text)
        let files = try await git("ls-tree", parent.rawValue).split(separator: "\n")
        let others = files.filter { !$0.hasSuffix("\ta.yaml") }.joined(separator: "\n")
        let root = try await git("mktree", input: others + "\n100644 blob \(blob)\ta.yaml\n")
        return CommitID(try await git("commit-tree", root, "-p", parent.rawValue, "-m", "Change"))
      }
      let bad = try await change(file(2, "worse"), onto: base)
      // What is the same on all sides is no matter as long as nobody has touched the file.
      guard case .tree = try await mirror.revert([bad], onto: bad) else {
        Issue.record("the revert of the tip is none")
        return
      }
      let tip = try await change(file(2, "worse").replacing("line 20", with: "last"), onto: bad)
      #expect(try await mirror.revert([bad], onto: tip) == .conflict(paths: ["a.yaml"]))
      #expect(log.text.contains("the .gitattributes of the repository are more than 1 MiB"))
    }
  }

  @Test(arguments: HostileTree.allCases)
  func `reverts a file that nobody has touched beside such a tree`(kind: HostileTree) async throws {
    try await withMerge { fixture, mirror, _, bad, later in
      let git = GitCommand(in: fixture.state)
      let hostile = try await commit(try await kind.make(in: git), onto: bad, in: git)
      let files = try await git("ls-tree", hostile.rawValue)
      let original = try await git("rev-parse", "\(bad)~1:a.yaml")
      let changed = try await git("rev-parse", "\(bad):a.yaml")
      let expected = try await git("mktree", input: files.replacing(changed, with: original) + "\n")
      #expect(try await mirror.revert([bad], onto: hostile) == .tree(TreeID(expected)))
    }
  }

  @Test func `a revert is one with conflicts when the attributes are larger than they may be together`()
    async throws
  {
    try await withMerge { fixture, mirror, log, bad, _ in
      let half = String(repeating: "# filler\n", count: 65_536)
      try await fixture.remote.commit([".gitattributes": half])
      try await fixture.remote.publish()
      guard case .tree = try await mirror.revert([bad], onto: try await mirror.fetch()) else {
        Issue.record("there is room for one of them")
        return
      }
      try await fixture.remote.commit(["models/.gitattributes": half])
      try await fixture.remote.publish()
      let tip = try await mirror.fetch()
      #expect(try await mirror.revert([bad], onto: tip) == .conflict(paths: ["a.yaml"]))
      #expect(log.text.contains("the .gitattributes of the repository are more than 1 MiB"))
    }
  }
}
