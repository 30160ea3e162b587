import Effects
import FoundationEssentials
import GitSource
import Planning
import TestSupport
import Testing
import Vocabulary

/// Who vouches for commits that the real `git` has signed.
@Suite struct SignatureTests {
  /// When the commits are made.
  private static let date = "2026-06-01T12:00:00Z"

  /// Commits, signed with an SSH key, and publishes.
  private func commit(signedWith key: SSHKey, in fixture: Fixture, at date: String = date) async throws
    -> CommitID
  {
    var work = fixture.remote.work
    try await work("config", "gpg.format", "ssh")
    try await work("config", "user.signingKey", key.file)
    work.environment["GIT_COMMITTER_DATE"] = date
    try await work("commit", "--quiet", "--allow-empty", "-S", "-m", "Change")
    try await fixture.remote.publish()
    return CommitID(try await work("rev-parse", "HEAD"))
  }

  private func voucher(
    of commit: CommitID, in fixture: Fixture, allowed: String? = nil, keyring: String? = nil
  ) async throws -> Voucher? {
    if let allowed { try TestSupport.write(allowed, to: fixture.folder + "/allowed") }
    let mirror = fixture.mirror {
      $0.signers = SignerFiles(allowed: allowed.map { _ in fixture.folder + "/allowed" }, keyring: keyring)
    }
    _ = try await mirror.fetch()
    return try await mirror.vouchers(for: [commit])[commit]
  }

  private func reason(_ voucher: Voucher?) -> String {
    if case .nobody(let reason) = voucher { reason } else { "\(String(describing: voucher))" }
  }

  @Test(arguments: [
    ("", Voucher.author("ann@example.com")),
    (#"namespaces="git""#, .author("ann@example.com")),
    (#"namespaces="file,git",valid-after="20260101Z",valid-before="20270101Z""#, .author("ann@example.com")),
    (#"valid-before="20260601120001Z""#, .author("ann@example.com")),
  ])
  func `an SSH key vouches for a commit as its line allows`(options: String, expected: Voucher) async throws {
    try await Fixture.with { fixture in
      let (ann, ben) = (
        try await SSHKey("ann", in: fixture.folder), try await SSHKey("ben", in: fixture.folder)
      )
      let commit = try await commit(signedWith: ann, in: fixture)
      let allowed = ben.allowed(as: "ben@example.com") + ann.allowed(as: "ann@example.com", options)
      #expect(try await voucher(of: commit, in: fixture, allowed: allowed) == expected)
    }
  }

  @Test(arguments: [
    (#"namespaces="file""#, "is not permitted for use in signature namespace"),
    (#"valid-before="20260601115959Z""#, "key has expired"),
    (#"valid-after="20260601120001Z""#, "key is not yet valid"),
    ("cert-authority", "which is not in"),
  ])
  func `an SSH key does not vouch beyond what its line allows`(options: String, words: String) async throws {
    try await Fixture.with { fixture in
      let ann = try await SSHKey("ann", in: fixture.folder)
      let commit = try await commit(signedWith: ann, in: fixture)
      let voucher = try await voucher(
        of: commit, in: fixture, allowed: ann.allowed(as: "ann@example.com", options))
      #expect(reason(voucher).contains(words), "\(reason(voucher))")
      #expect(reason(voucher).contains("SHA256:"))
    }
  }

  @Test func `a certificate vouches where its authority is listed`() async throws {
    try await Fixture.with { fixture in
      let folder = fixture.folder
      let (authority, ann) = (try await SSHKey("ca", in: folder), try await SSHKey("ann", in: folder))
      let result = try await run(
        "ssh-keygen",
        [
          "-q", "-s", authority.file, "-I", "id", "-n", "ann@example.com", "-V", "20260101:20270101",
          ann.file + ".pub",
        ])
      #expect(result.status == 0, "\(result.errors)")
      try await fixture.remote.work("config", "user.signingKey", ann.file)
      let certified = try await commit(signedWith: ann.certified, in: fixture)
      let allowed = authority.allowed(as: "*@example.com", "cert-authority")
      #expect(try await voucher(of: certified, in: fixture, allowed: allowed) == .author("ann@example.com"))
      let late = try await commit(signedWith: ann.certified, in: fixture, at: "2027-06-01T12:00:00Z")
      let reason = try await reason(voucher(of: late, in: fixture, allowed: allowed))
      #expect(reason.hasSuffix("no valid principals found)"), "\(reason)")
    }
  }

  @Test func `an unknown key is named by its fingerprint`() async throws {
    try await Fixture.with { fixture in
      let (ann, ben) = (
        try await SSHKey("ann", in: fixture.folder), try await SSHKey("ben", in: fixture.folder)
      )
      let commit = try await commit(signedWith: ann, in: fixture)
      let fingerprint = try await run("ssh-keygen", ["-l", "-f", ann.file]).output.split(separator: " ")[1]
      let voucher = try await voucher(of: commit, in: fixture, allowed: ben.allowed(as: "ben@example.com"))
      #expect(
        reason(voucher)
          == "is signed with the SSH key \(fingerprint), which is not in \(fixture.folder)/allowed")
    }
  }

  /// Writes a commit object byte by byte.
  private func write(commit text: String, in fixture: Fixture) async throws -> CommitID {
    let id = try await fixture.remote.work(
      "hash-object", "-t", "commit", "-w", "--stdin", "--literally", input: text)
    try await fixture.remote.work("update-ref", "refs/heads/main", id)
    try await fixture.remote.publish()
    return CommitID(id)
  }

  @Test func `a signature vouches for nothing but its own commit`() async throws {
    try await Fixture.with { fixture in
      let ann = try await SSHKey("ann", in: fixture.folder)
      let allowed = ann.allowed(as: "ann@example.com")
      let signed = try await commit(signedWith: ann, in: fixture)
      let text = try await fixture.remote.work("cat-file", "commit", signed.rawValue) + "\n"
      // The same signature on another message, another tree and another parent.
      let tree = try await fixture.remote.work("mktree", input: "")
      let parent = try await fixture.remote.work("rev-parse", "HEAD")
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let forgeries = [
        text.replacing("\nChange", with: "\nDeploy"),
        (["tree " + tree] + lines.dropFirst()).joined(separator: "\n"),
        ([lines[0], "parent " + parent] + lines.dropFirst(2)).joined(separator: "\n"),
        text.replacing("Test Author", with: "Best Author"),
      ]
      for forgery in forgeries {
        #expect(forgery != text)
        let id = try await write(commit: forgery, in: fixture)
        let reason = try await reason(voucher(of: id, in: fixture, allowed: allowed))
        #expect(reason.hasPrefix("has a signature that is not for it"), "\(reason)")
      }
      // A signature in the message is text. Libraries that look for the header there would be satisfied by it.
      let header = lines.drop { !$0.hasPrefix("gpgsig ") }.prefix {
        $0.hasPrefix("gpgsig ") || $0.hasPrefix(" ")
      }
      let bare = lines.filter { !header.contains($0) }.joined(separator: "\n")
      let hidden = try await write(
        commit: bare.replacing("\nChange\n", with: "\n\(header.joined(separator: "\n"))\nChange\n"),
        in: fixture)
      #expect(try await reason(voucher(of: hidden, in: fixture, allowed: allowed)) == "is not signed")
      // Two of them: nobody can say which counts.
      let twice = lines.flatMap { $0.hasPrefix("gpgsig ") ? Array(header) + [$0] : [$0] }.joined(
        separator: "\n")
      let double = try await write(commit: twice, in: fixture)
      #expect(
        try await reason(voucher(of: double, in: fixture, allowed: allowed)) == "has more than one signature")
    }
  }

  @Test func `what is not signed, or in no known way, is said to be so`() async throws {
    try await Fixture.with { fixture in
      let ann = try await SSHKey("ann", in: fixture.folder)
      let plain = CommitID(try await fixture.remote.work("rev-parse", "HEAD"))
      let allowed = ann.allowed(as: "ann@example.com")
      #expect(try await reason(voucher(of: plain, in: fixture, allowed: allowed)) == "is not signed")
      let text = try await fixture.remote.work("cat-file", "commit", plain.rawValue) + "\n"
      for (armour, words) in [
        (
          "-----BEGIN SIGNED MESSAGE-----\n MIIB\n -----END SIGNED MESSAGE-----",
          "neither an SSH nor a GPG one"
        ),
        (
          "-----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----",
          "`verify.keyringFile` names no file"
        ),
        ("-----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----", "is not for it"),
      ] {
        let id = try await write(
          commit: text.replacing("\n\n", with: "\ngpgsig \(armour)\n\n", maxReplacements: 1), in: fixture)
        let reason = try await reason(voucher(of: id, in: fixture, allowed: allowed))
        #expect(reason.contains(words), "\(reason)")
      }
    }
  }

  @Test func `the files are read anew each time, so that a key can be taken away`() async throws {
    try await Fixture.with { fixture in
      let (ann, ben) = (
        try await SSHKey("ann", in: fixture.folder), try await SSHKey("ben", in: fixture.folder)
      )
      let commit = try await commit(signedWith: ann, in: fixture)
      let file = fixture.folder + "/allowed"
      let mirror = fixture.mirror { $0.signers = SignerFiles(allowed: file) }
      _ = try await mirror.fetch()
      try TestSupport.write(ann.allowed(as: "ann@example.com"), to: file)
      #expect(try await mirror.vouchers(for: [commit]) == [commit: .author("ann@example.com")])
      try TestSupport.write(ben.allowed(as: "ben@example.com"), to: file)
      #expect(try await reason(mirror.vouchers(for: [commit])[commit]).contains("which is not in"))
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: file)
      var error = await complaint { _ = try await mirror.vouchers(for: [commit]) }
      #expect(error?.kind == .trust)
      #expect(error?.message.contains("chmod o-w") == true)
      try FileManager.default.removeItem(atPath: file)
      error = await complaint { _ = try await mirror.vouchers(for: [commit]) }
      #expect(error?.message == "cannot read the file of allowed signers \(file): No such file or directory")
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/state/mirror.git.verify"))
    }
  }

  @Test func `lists what a tip brings, through all parents, oldest first and bounded`() async throws {
    try await Fixture.with { fixture in
      let work = fixture.remote.work
      let base = CommitID(try await work("rev-parse", "HEAD"))
      try await work("checkout", "--quiet", "-b", "side")
      let side = CommitID(try await fixture.remote.commit(["side.yaml": "side\n"]))
      try await work("checkout", "--quiet", "main")
      let main = CommitID(try await fixture.remote.commit(["main.yaml": "main\n"]))
      try await work("merge", "--quiet", "--no-ff", "-m", "Merge", "side")
      try await fixture.remote.publish()
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      let heads = try await mirror.heads(after: base, upTo: tip, limit: 3)
      #expect(Set(heads.map(\.id)) == [side, main, tip])
      #expect(heads.last?.id == tip)
      #expect(heads.last?.parents == [main, side])
      #expect(heads.last?.author == "Test Author <author@example.com>")
      #expect(try await mirror.heads(after: tip, upTo: tip, limit: 3) == [])
      let error = await complaint { _ = try await mirror.heads(after: base, upTo: tip, limit: 2) }
      #expect(error?.kind == .tooLarge)
    }
  }

  // MARK: GPG

  private func commit(signedWith key: GPGKey, in fixture: Fixture) async throws -> CommitID {
    let work = fixture.remote.work
    try await work("config", "gpg.format", "openpgp")
    try await work("config", "gpg.program", key.program)
    try await work("config", "user.signingKey", key.address)
    try await work("commit", "--quiet", "--allow-empty", "-S", "-m", "Change")
    try await fixture.remote.publish()
    return CommitID(try await work("rev-parse", "HEAD"))
  }

  @Test func `a GPG key of the keyring vouches, armoured or not, and no other does`() async throws {
    try await Fixture.with { fixture in
      try await GPGKey.with("ann", in: fixture.folder) { ann in
        try await GPGKey.with("ben", in: fixture.folder) { ben in
          let file = fixture.folder + "/keys.gpg"
          let commit = try await commit(signedWith: ann, in: fixture)
          try await ann("--yes", "--output", file, "--export")
          #expect(
            try await voucher(of: commit, in: fixture, keyring: file) == .author("ann <ann@example.com>"))
          try await ben("--yes", "--output", file, "--armor", "--export")
          #expect(
            try await reason(voucher(of: commit, in: fixture, keyring: file)).contains(
              "which is not in \(file)"))
          let both = try await ann("--armor", "--export") + ben("--armor", "--export")
          try TestSupport.write(both, to: file)
          #expect(
            try await voucher(of: commit, in: fixture, keyring: file) == .author("ann <ann@example.com>"))
          let text = try await fixture.remote.work("cat-file", "commit", commit.rawValue) + "\n"
          let forged = try await write(commit: text.replacing("\nChange", with: "\nDeploy"), in: fixture)
          #expect(try await reason(voucher(of: forged, in: fixture, keyring: file)).contains("is not for it"))
        }
      }
    }
  }

  @Test func `a GPG key that was revoked or has expired does not vouch`() async throws {
    try await Fixture.with { fixture in
      let file = fixture.folder + "/keys.gpg"
      try await GPGKey.with("old", in: fixture.folder, expiring: "2d", at: "20260601T120000") { old in
        let commit = try await commit(signedWith: old, in: fixture)
        try TestSupport.write(try await old("--armor", "--export"), to: file)
        #expect(try await reason(voucher(of: commit, in: fixture, keyring: file)).contains("has expired"))
      }
      try await GPGKey.with("ann", in: fixture.folder) { ann in
        let commit = try await commit(signedWith: ann, in: fixture)
        let certificates = ann.home + "/openpgp-revocs.d"
        let name = try #require(
          FileManager.default.contentsOfDirectory(atPath: certificates).first { $0.hasSuffix(".rev") })
        // GnuPG puts a colon before it, so that nobody imports it by accident.
        let certificate = try String(contentsOfFile: certificates + "/" + name, encoding: .utf8)
          .replacing("\n:---", with: "\n---")
        try await ann("--import", input: certificate)
        try TestSupport.write(try await ann("--armor", "--export"), to: file)
        #expect(try await reason(voucher(of: commit, in: fixture, keyring: file)).contains("was revoked"))
      }
    }
  }

  @Test func `a keyring that holds no keys, or a missing program, is trouble and no verdict`() async throws {
    try await Fixture.with { fixture in
      let file = fixture.folder + "/keys.gpg"
      let plain = CommitID(try await fixture.remote.work("rev-parse", "HEAD"))
      let text = try await fixture.remote.work("cat-file", "commit", plain.rawValue) + "\n"
      let armour = "-----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
      let commit = try await write(
        commit: text.replacing("\n\n", with: "\ngpgsig \(armour)\n\n", maxReplacements: 1), in: fixture)
      try TestSupport.write("no keys\n", to: file)
      var error = await complaint { _ = try await voucher(of: commit, in: fixture, keyring: file) }
      #expect(error?.kind == .trust)
      #expect(error?.message.contains("`gpg --export`") == true)
      let mirror = fixture.mirror {
        $0.signers = SignerFiles(keyring: file)
        $0.programs = [fixture.folder]
      }
      error = await complaint { _ = try await mirror.vouchers(for: [commit]) }
      #expect(error?.message == "the program gpg is missing: install Debian's package gnupg")
    }
  }
}
