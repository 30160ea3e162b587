import Effects
import FoundationEssentials
import GitSource
import TestSupport
import Testing
import Vocabulary

@Suite struct SigningTests {
  private func commit(in mirror: MirrorRepository) async throws -> CommitID {
    let tip = try await mirror.fetch()
    let tree = try await mirror.tree(of: tip, replacing: ["models/a.yaml": Array("a: 2\n".utf8)])
    return try await mirror.commit(
      tree, onto: tip, message: "Revert \"Größe\"\n\nBody.\n", at: Timestamp(milliseconds: 1_790_000_000_000))
  }

  @Test func `git accepts the signature of the agent's commit`() async throws {
    try await Fixture.with { fixture in
      let key = try await SSHKey("agent", in: fixture.folder)
      let mirror = fixture.mirror { $0.signingKey = key.file }
      let commit = try await commit(in: mirror)
      #expect(try await mirror.push(commit, replacing: try await mirror.fetch()) == .accepted)
      try write(key.allowed(as: "agent@example.com"), to: fixture.folder + "/allowed")
      let work = fixture.remote.work
      try await work("config", "gpg.ssh.allowedSignersFile", fixture.folder + "/allowed")
      try await work("fetch", "--quiet", "origin")
      try await work("verify-commit", commit.rawValue)
      #expect(
        try await work("log", "-1", "--format=%GS %s", commit.rawValue)
          == "agent@example.com Revert \"Größe\"")
    }
  }

  @Test func `without a key the commit is not signed`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let commit = try await commit(in: mirror)
      #expect(try await mirror.push(commit, replacing: try await mirror.fetch()) == .accepted)
      #expect(try await !fixture.remote.bare("cat-file", "commit", commit.rawValue).contains("gpgsig"))
    }
  }

  @Test(arguments: [
    ("missing", "cannot read the signing key"), ("open", "chmod 600"), ("locked", "without a passphrase"),
    ("garbage", "without a passphrase"),
  ])
  func `a key that cannot be used is said to be so`(kind: String, words: String) async throws {
    try await Fixture.with { fixture in
      let file = fixture.folder + "/" + kind
      switch kind {
      case "open":
        _ = try await SSHKey(kind, in: fixture.folder)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
      case "locked": _ = try await SSHKey(kind, in: fixture.folder, passphrase: "secret")
      case "garbage": try fixture.write(secret: "no key\n", to: file)
      default: break
      }
      let mirror = fixture.mirror { $0.signingKey = file }
      let error = await complaint { _ = try await commit(in: mirror) }
      #expect(error?.kind == .trust)
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      #expect(error?.message.contains(kind) == true)
    }
  }

  @Test func `a missing program is named with its package`() async throws {
    try await Fixture.with { fixture in
      let key = try await SSHKey("agent", in: fixture.folder)
      let mirror = fixture.mirror {
        $0.signingKey = key.file
        $0.programs = [fixture.folder]
      }
      let error = await complaint { _ = try await commit(in: mirror) }
      #expect(
        error?.message == "the program ssh-keygen is missing: install Debian's package openssh-client")
    }
  }
}
