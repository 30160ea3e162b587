import Effects
import FoundationEssentials
import GitSource
import Planning
import TestSupport
import Testing
import Vocabulary

/// Branches beside the one that is followed, on real servers.
@Suite struct ProposalPushTests {
  private let branch = "evenkeel/revert/fraud-3f2a9c1d"

  /// A change on top of the tip, as a commit of the agent.
  private func change(_ mirror: MirrorRepository, _ text: String) async throws -> (
    tip: CommitID, commit: CommitID
  ) {
    let tip = try await mirror.fetch()
    let tree = try await mirror.tree(of: tip, replacing: ["models/a.yaml": Array(text.utf8)])
    let commit = try await mirror.commit(tree, onto: tip, message: "Change", at: Timestamp(milliseconds: 0))
    return (tip, commit)
  }

  @Test func `a branch is made, replaced and deleted under a lease, and only then`() async throws {
    try await overEachTransport { fixture, mirror in
      let (tip, first) = try await change(mirror, "a: 1\n# one\n")
      #expect(try await mirror.tip(of: branch) == nil)
      #expect(try await mirror.push(first, to: branch, replacing: nil) == .accepted)
      #expect(try await fixture.remote.bare("rev-parse", branch) == first.rawValue)
      let seen = try #require(try await mirror.tip(of: branch))
      #expect(seen.id == first)
      #expect(seen.parents == [tip])
      #expect(seen.message == "Change")
      #expect(seen.isOriginal)
      #expect(try await fixture.remote.bare("rev-parse", "\(branch)^{tree}") == seen.tree)
      // Neither of these is where the branch is.
      let (_, second) = try await change(mirror, "a: 1\n# two\n")
      #expect(try await mirror.push(second, to: branch, replacing: nil) == .raced)
      #expect(try await mirror.push(second, to: branch, replacing: tip) == .raced)
      #expect(try await mirror.push(nil, to: branch, replacing: tip) == .raced)
      #expect(try await mirror.push(first, to: branch, replacing: tip) == .accepted, "it is there already")
      // The second does not descend from the first.
      #expect(try await mirror.push(second, to: branch, replacing: first) == .accepted)
      #expect(try await fixture.remote.bare("rev-parse", branch) == second.rawValue)
      #expect(try await fixture.remote.bare("rev-parse", "main") == tip.rawValue)
      #expect(try await mirror.push(nil, to: branch, replacing: second) == .accepted)
      #expect(try await mirror.push(nil, to: branch, replacing: second) == .accepted, "it is gone already")
      #expect(try await mirror.tip(of: branch) == nil)
      #expect(try await fixture.remote.bare("for-each-ref", "--format=%(refname)") == "refs/heads/main")
      try await fixture.remote.bare("fsck", "--strict")
      let own = GitCommand(in: fixture.folder + "/state/mirror.git")
      #expect(try await !own("for-each-ref", "--format=%(refname)").contains("evenkeel/revert"))
    }
  }

  @Test func `what people make of a branch is seen, and not taken for the agent's`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let (tip, commit) = try await change(mirror, "a: 1\n# one\n")
      #expect(try await mirror.push(commit, to: branch, replacing: nil) == .accepted)
      let remote = fixture.remote
      try await remote.work("fetch", "--quiet", "origin")
      try await remote.work("switch", "--quiet", "--detach", commit.rawValue)
      try await remote.work("commit", "--quiet", "--amend", "--no-edit")
      try await remote.work("push", "--quiet", "--force", "origin", "HEAD:refs/heads/\(branch)")
      let amended = try #require(try await mirror.tip(of: branch))
      #expect(amended.parents == [tip])
      #expect(!amended.isOriginal)
      #expect(try await mirror.push(nil, to: branch, replacing: commit) == .raced)
      #expect(try await remote.bare("rev-parse", branch) == amended.id.rawValue)
    }
  }

  @Test func `a server that takes no forced pushes and no deletions says so`() async throws {
    try await Fixture.with { fixture in
      for option in ["receive.denyNonFastForwards", "receive.denyDeletes"] {
        try await fixture.remote.bare("config", option, "true")
      }
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        let (_, first) = try await change(mirror, "a: 1\n# one\n")
        let (_, second) = try await change(mirror, "a: 1\n# two\n")
        #expect(try await mirror.push(first, to: branch, replacing: nil) == .accepted)
        for commit in [second, nil] {
          let outcome = try await mirror.push(commit, to: branch, replacing: first)
          guard case .refused(let refusal) = outcome else {
            Issue.record("\(outcome)")
            continue
          }
          #expect(refusal.kind == .protectedBranch, "\(refusal.words)")
        }
        #expect(try await fixture.remote.bare("rev-parse", branch) == first.rawValue)
      }
    }
  }

  @Test func `only one of many agents that propose makes the branch`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        var commits: [CommitID] = []
        for number in 1...4 { commits.append(try await change(mirror, "a: 1\n# \(number)\n").commit) }
        let outcomes = try await withThrowingTaskGroup(of: PushOutcome.self) { group in
          for commit in commits {
            group.addTask { try await mirror.push(commit, to: branch, replacing: nil) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .accepted } == 1)
        #expect(outcomes.count { $0 == .raced } == 3)
      }
    }
  }
}
