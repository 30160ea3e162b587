import Effects
import FoundationEssentials
import GitSource
import TestSupport
import Testing
import Vocabulary

/// Whatever happened in a repository, we must come to what the command line's `git` comes to.
@Suite struct DifferentialTests {
  /// More histories than an ordinary run of the tests has time for: `make differential HISTORIES=5000 FIRST=1`.
  private let seeds: Range<Int> = {
    let variables = ProcessInfo.processInfo.environment
    let first = variables["EVENKEEL_FIRST_HISTORY"].flatMap(Int.init) ?? 1
    return first..<first + (variables["EVENKEEL_HISTORIES"].flatMap(Int.init) ?? 80)
  }()

  @Test func `a plain revert comes to the same tree as git revert, or conflicts as it does`() async throws {
    try await withRandomHistories(seeds) { stage in
      let reverts = stage.histories.flatMap(\.reverts)
      let expected = try await stage.revertByGit(reverts)
      // Otherwise the histories would have become too easy, or too hard.
      let conflicts = expected.count { $0 == .conflict }
      #expect((expected.count / 10...expected.count * 9 / 10).contains(conflicts))
      let failed = try await stage.differences(reverts, from: expected)
      guard let first = failed.first else { return }
      let smallest = try await stage.smallestDifference(like: first.revert) ?? first
      let seeds = Set(failed.map { stage.history(of: $0.revert).seed }).sorted()
      Issue.record(
        "\(failed.count) reverts differ, of the seeds \(seeds.prefix(20)).\n\(stage.story(of: smallest))")
    }
  }
}

/// A remote with many random histories, all of them in the history of its branch.
struct DifferentialStage {
  let fixture: Fixture
  let mirror: MirrorRepository
  let histories: [RandomHistory]
  /// The ids of commits by their marks.
  let ids: [Int: String]

  struct Difference {
    var revert: RandomHistory.Revert
    var ours: RevertOracle.Outcome
    var git: RevertOracle.Outcome
  }

  func history(of revert: RandomHistory.Revert) -> RandomHistory {
    histories.first { $0.commits.contains { $0.mark == revert.tip } } ?? histories[0]
  }

  func story(of difference: Difference) -> String {
    "git: \(difference.git), ours: \(difference.ours); "
      + history(of: difference.revert).story(of: difference.revert)
  }

  func revertByGit(_ reverts: [RandomHistory.Revert]) async throws -> [RevertOracle.Outcome] {
    let cases = reverts.map { revert in ([revert.tip] + revert.commits).map { ids[$0, default: ""] } }
    return try await RevertOracle(remote: fixture.remote).outcomes(of: cases)
  }

  func differences(_ reverts: [RandomHistory.Revert], from expected: [RevertOracle.Outcome])
    async throws -> [Difference]
  {
    _ = try await mirror.fetch()
    var differences: [Difference] = []
    for (revert, git) in zip(reverts, expected) {
      let attempt = try await mirror.revert(
        revert.commits.map { CommitID(ids[$0, default: ""]) }, onto: CommitID(ids[revert.tip, default: ""]))
      let ours: RevertOracle.Outcome =
        switch attempt {
        case .tree(let tree): .tree(tree.rawValue)
        case .conflict: .conflict
        }
      if ours != git { differences.append(Difference(revert: revert, ours: ours, git: git)) }
    }
    return differences
  }

  /// The revert of one commit, of the same history, with the fewest commits on top of it that differs too; `nil` when
  /// it takes several.
  func smallestDifference(like revert: RandomHistory.Revert) async throws -> Difference? {
    let simple = history(of: revert).simpleReverts
    return try await differences(simple, from: revertByGit(simple)).first
  }
}

/// Runs `body` with the histories of some seeds.
func withRandomHistories(_ seeds: Range<Int>, _ body: (DifferentialStage) async throws -> Void) async throws {
  try await Fixture.withEmptyRemote { fixture in
    var histories: [RandomHistory] = []
    var mark = 1
    for seed in seeds {
      histories.append(RandomHistory(seed: seed, firstMark: mark))
      mark += histories.last?.commits.count ?? 0
    }
    // One branch that has all of them for parents, so that one fetch brings everything.
    var stream = histories.map(\.stream).joined()
    stream += "commit refs/heads/main\ncommitter Test Author <author@example.com> 1772366400 +0000\n"
    stream += "data 5\nJoin\n\n" + histories.map { "merge :\($0.tip)\n" }.joined() + "\n"
    let marks = fixture.folder + "/marks"
    try await fixture.remote.bare("fast-import", "--quiet", "--export-marks=\(marks)", input: stream)
    let ids = try String(contentsOfFile: marks, encoding: .utf8).split(separator: "\n").map { line in
      (Int(line.dropFirst().prefix { $0 != " " }) ?? 0, String(line.suffix(40)))
    }
    try await body(
      DifferentialStage(
        fixture: fixture, mirror: fixture.mirror(), histories: histories,
        ids: Dictionary(uniqueKeysWithValues: ids)))
  }
}

/// The command line's `git revert`, many times in one work tree.
struct RevertOracle {
  enum Outcome: Equatable {
    case tree(String)
    case conflict
  }

  let remote: GitRemote

  /// - Parameter cases: Each the tip, then the commits to revert on top of it.
  func outcomes(of cases: [[String]]) async throws -> [Outcome] {
    try await remote.work("fetch", "--quiet", "origin", "main")
    let input = cases.map { $0.joined(separator: " ") + "\n" }.joined()
    let result = try await run(
      "bash", ["-c", Self.script], input: input,
      environment: [
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1",
        "GIT_COMMITTER_NAME": "Test Author", "GIT_COMMITTER_EMAIL": "author@example.com",
      ], in: remote.work.folder)
    guard result.status == 0 else { throw NeverHappened(description: "git revert: \(result.errors)") }
    return result.output.split(separator: "\n").map { $0 == "conflict" ? .conflict : .tree(String($0)) }
  }

  /// `-m 1` also lets commits pass that are no merges. The status 1 is a conflict. Of some merges Git 2.39 dies by an
  /// assertion of its own (134), and of some conflicts it can write no index (128): nothing is reverted either. With any other status there is something wrong with the
  /// test.
  private static let script = """
    set -eu
    while read -r tip commits; do
      rm -rf .git/sequencer .git/REVERT_HEAD .git/index.lock
      git update-ref --no-deref HEAD "$tip"
      git read-tree "$tip"
      find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +
      status=0
      git revert --no-commit -m 1 $commits >/dev/null 2>.git/errors || status=$?
      grep -q "Unable to write new index file" .git/errors && status=1
      case $status in
        0) git write-tree ;;
        1 | 134) echo conflict ;;
        *) cat .git/errors >&2; exit $status ;;
      esac
    done
    """
}
