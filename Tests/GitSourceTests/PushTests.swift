import Effects
import FoundationEssentials
import GitSource
import TestSupport
import Testing
import Vocabulary

@Suite struct PushTests {
  /// Fetches, and commits a change on top of the tip.
  private func change(_ mirror: MirrorRepository, to text: String = "a: 0\n") async throws -> (
    tip: CommitID, commit: CommitID
  ) {
    let tip = try await mirror.fetch()
    let tree = try await mirror.tree(of: tip, replacing: ["models/a.yaml": Array(text.utf8)])
    let commit = try await mirror.commit(tree, onto: tip, message: "Change", at: Timestamp(milliseconds: 0))
    return (tip, commit)
  }

  @Test func `moves the remote branch`() async throws {
    try await overEachTransport { fixture, mirror in
      let (tip, commit) = try await change(mirror)
      #expect(try await mirror.push(commit, replacing: tip) == .accepted)
      #expect(try await fixture.remote.bare("rev-parse", "main") == commit.rawValue)
      try await fixture.remote.bare("fsck", "--strict")
      #expect(try await fixture.remote.bare("for-each-ref", "--format=%(refname)") == "refs/heads/main")
      #expect(try await mirror.fetch() == commit)
    }
  }

  @Test func `accepts a commit that is the remote's tip already`() async throws {
    try await overEachTransport { fixture, mirror in
      let (tip, commit) = try await change(mirror)
      for _ in 1...3 { #expect(try await mirror.push(commit, replacing: tip) == .accepted) }
      #expect(try await fixture.remote.bare("rev-parse", "main") == commit.rawValue)
    }
  }

  @Test func `writes nothing when somebody else was faster`() async throws {
    try await overEachTransport { fixture, mirror in
      let (tip, commit) = try await change(mirror)
      let theirs = try await fixture.remote.commit(["models/b.yaml": "b: 2\n"])
      try await fixture.remote.publish()
      #expect(try await mirror.push(commit, replacing: tip) == .raced)
      #expect(try await fixture.remote.bare("rev-parse", "main") == theirs)
      let again = try await change(mirror)
      #expect(again.tip == CommitID(theirs))
      #expect(try await mirror.push(again.commit, replacing: again.tip) == .accepted)
    }
  }

  @Test func `a push over the network that loses brings the winner along`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        let (tip, commit) = try await change(mirror)
        let theirs = CommitID(try await fixture.remote.commit(["models/b.yaml": "b: 2\n"]))
        try await fixture.remote.publish()
        #expect(try await mirror.push(commit, replacing: tip) == .raced)
        #expect(try await mirror.mirroredTip() == theirs)
        #expect(try await mirror.filesRead(at: theirs).contains("models/b.yaml"))
      }
    }
  }

  @Test func `writes nothing when the branch was deleted or rewritten`() async throws {
    try await overEachTransport { fixture, mirror in
      let (tip, commit) = try await change(mirror)
      try await fixture.remote.work("commit", "--quiet", "--amend", "-m", "Rewritten")
      try await fixture.remote.publish()
      #expect(try await mirror.push(commit, replacing: tip) == .raced)
      try await fixture.remote.bare("update-ref", "-d", "refs/heads/main")
      #expect(try await mirror.push(commit, replacing: tip) == .raced)
    }
  }

  private func install(hook: String, _ script: String, in remote: GitRemote) throws {
    let path = "\(remote.path)/hooks/\(hook)"
    try write("#!/bin/sh\n" + script, to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  @Test func `repeats the words of a server that refuses`() async throws {
    try await Fixture.with { fixture in
      try install(
        hook: "pre-receive", "echo 'changes need a review by @ml-platform' >&2\nexit 1\n", in: fixture.remote)
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        let (tip, commit) = try await change(mirror)
        #expect(
          try await mirror.push(commit, replacing: tip)
            == .refused(
              PushRefusal(.hook, "pre-receive hook declined: changes need a review by @ml-platform")))
        #expect(try await fixture.remote.bare("rev-parse", "main") == tip.rawValue)
      }
    }
  }

  @Test func `takes a race that the server notices for a race`() async throws {
    try await Fixture.with { fixture in
      let remote = fixture.remote
      let theirs = try await remote.commit(["models/b.yaml": "b: 2\n"])
      try await remote.work("push", "--quiet", "origin", "HEAD:refs/heads/theirs")
      // Between our look at the branch and the server's own: the hook plays the faster writer.
      try install(
        hook: "pre-receive",
        """
        unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
        git update-ref refs/heads/main \(theirs)

        """, in: remote)
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        let (tip, commit) = try await change(mirror)
        #expect(try await mirror.push(commit, replacing: tip) == .raced)
        #expect(try await remote.bare("rev-parse", "main") == theirs)
      }
    }
  }

  @Test func `says that the server takes no pushes`() async throws {
    try await Fixture.with { fixture in
      try await fixture.remote.bare("config", "http.receivepack", "false")
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        let (tip, commit) = try await change(mirror)
        let outcome = try await mirror.push(commit, replacing: tip)
        guard case .refused(let refusal) = outcome else {
          Issue.record("\(outcome)")
          return
        }
        #expect(refusal.kind == .denied)
        #expect(refusal.words.contains("403"), "\(refusal.words)")
      }
    }
  }

  @Test func `knows a protected branch by what the server says, over http and over ssh`() async throws {
    // As GitHub words it, with the colours and the noise that hooks make.
    let hook = """
      printf '\\033[31merror\\033[0m: GH006: Protected branch update failed for refs/heads/main.\\r\\n' >&2
      head -c 100000 /dev/zero | tr '\\0' 'x' >&2
      exit 1

      """
    let words =
      "pre-receive hook declined: error: GH006: Protected branch update failed for refs/heads/main. xxx"
    try await Fixture.with { fixture in
      try install(hook: "pre-receive", hook, in: fixture.remote)
      try await GitServer.serve(fixture.folder) { server in
        try await expectProtected(fixture.mirror(server.url + "/config.git"), words)
      }
    }
    try await Fixture.with { fixture in
      try install(hook: "pre-receive", hook, in: fixture.remote)
      try await SSHServer.serve { server in
        let key = try await server.makeKey()
        try server.authorize(key)
        try await expectProtected(fixture.mirror(of: server, key: key), words)
      }
    }
  }

  private func expectProtected(_ mirror: MirrorRepository, _ words: String) async throws {
    let (tip, commit) = try await change(mirror)
    let outcome = try await mirror.push(commit, replacing: tip)
    guard case .refused(let refusal) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(refusal.kind == .protectedBranch)
    #expect(refusal.words.hasPrefix(words), "\(refusal.words)")
    #expect(refusal.words.utf8.count < 1000)
  }

  @Test func `knows that its key must only read`() async throws {
    try await Fixture.with { fixture in
      try await SSHServer.serve { server in
        let key = try await server.makeKey()
        // As a read-only deploy key: fetches are let through, and pushes get the words of GitHub.
        let script = fixture.folder + "/read-only"
        try write(
          """
          #!/bin/sh
          case "$SSH_ORIGINAL_COMMAND" in
          *receive-pack*) echo 'ERROR: The key you are authenticating with has been marked as read only.' >&2; exit 1 ;;
          *) exec sh -c "$SSH_ORIGINAL_COMMAND" ;;
          esac

          """, to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        try server.authorize(key, command: script)
        let mirror = fixture.mirror(of: server, key: key)
        let (tip, commit) = try await change(mirror)
        let outcome = try await mirror.push(commit, replacing: tip)
        guard case .refused(let refusal) = outcome else {
          Issue.record("\(outcome)")
          return
        }
        #expect(refusal.kind == .denied)
        #expect(refusal.words.contains("marked as read only"), "\(refusal.words)")
      }
    }
  }

  @Test func `gives up a push to a server that stalls, and the mirror stays usable`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let good = fixture.mirror(server.url + "/config.git")
        let (tip, commit) = try await change(good)
        // The same mirror, with a remote that has stopped answering since.
        try write(server.url + "/stall/config.git", to: fixture.folder + "/state/mirror.git/evenkeel-url")
        let stalled = fixture.mirror(server.url + "/stall/config.git", timeout: .seconds(1))
        let error = await complaint { _ = try await stalled.push(commit, replacing: tip) }
        #expect(error?.kind == .timedOut)
        #expect(try await good.push(commit, replacing: tip) == .accepted)
      }
    }
  }

  @Test func `lets only one of many writers win`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      var commits: [CommitID] = []
      for number in 0..<6 { commits.append(try await change(mirror, to: "a: \(number)\n").commit) }
      let outcomes = try await withThrowingTaskGroup(of: PushOutcome.self) { group in
        for commit in commits { group.addTask { try await mirror.push(commit, replacing: tip) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.count { $0 == .accepted } == 1)
      #expect(outcomes.count { $0 == .raced } == 5)
    }
  }
}
