import Effects
import GitSource
import Manifests
import Testing

/// Words of OpenSSH 9.2 and of Git hosts, and what is made of them.
@Suite struct SSHTranscriptTests {
  private static let key = AgentSettings.Credentials.sshKey(file: "/key", knownHosts: "/hosts")
  private static let prelude = """
    OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.17 1 Jul 2025\r
    debug1: Connecting to git.example.com [192.0.2.1] port 22.\r
    debug1: Server host key: ssh-ed25519 SHA256:Z6nB7Vz6WxOo4NQXl3Xf\r

    """
  private static let authenticated =
    prelude + "Authenticated to git.example.com ([192.0.2.1]:22) using \"publickey\".\r\n"

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var credentials = key
    var kind: SourceError.Kind
    var words: String
    var testDescription: String { name }
  }

  @Test(arguments: [
    Case(
      name: "an unknown host key",
      text: prelude
        + "No ED25519 host key is known for git.example.com and you have requested strict checking.\r\n"
        + "Host key verification failed.\r\n",
      kind: .denied, words: "host key ssh-ed25519 SHA256:Z6nB7Vz6WxOo4NQXl3Xf, which is not in /hosts"),
    Case(
      name: "a changed host key",
      text: prelude
        + "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\nHost key verification failed.\r\n",
      kind: .denied, words: "but /hosts has another"),
    Case(
      name: "a revoked host key",
      text: prelude
        + "@       WARNING: REVOKED HOST KEY DETECTED!               @\r\nHost key verification failed.\r\n",
      kind: .denied, words: "which /hosts revokes"),
    Case(
      name: "no host key in the transcript", text: "Host key verification failed.\n", kind: .denied,
      words: "shows the host key a key"),
    Case(
      name: "a key that the host does not know",
      text: prelude + "debug1: Offering public key: /key ED25519 SHA256:BazVXDn5yEVc explicit\r\n"
        + "git@git.example.com: Permission denied (publickey).\r\n",
      kind: .denied, words: "does not accept the key in /key (ED25519 SHA256:BazVXDn5yEVc) for user git"),
    Case(
      name: "a key that cannot be read",
      text: prelude
        + "Load key \"/key\": error in libcrypto\r\ngit@git.example.com: Permission denied (publickey).\r\n",
      kind: .denied, words: "the ssh key /key cannot be used: Load key \"/key\": error in libcrypto"),
    Case(
      name: "a key with a passphrase",
      text: prelude + "debug1: Server accepts key: /key ED25519 SHA256:BazVXDn5yEVc explicit\r\n"
        + "git@git.example.com: Permission denied (publickey).\r\n",
      kind: .denied, words: "it must have no passphrase"),
    Case(
      name: "an agent without the key",
      text: prelude + "git@git.example.com: Permission denied (publickey).\r\n",
      credentials: .sshAgent(socket: "/agent", knownHosts: "/hosts"), kind: .denied,
      words: "no key of the ssh agent at /agent, or the agent has none"),
    Case(
      name: "a host without a name", text: "ssh: Could not resolve hostname h: Name or service not known\r\n",
      kind: .unreachable, words: "cannot reach git.example.com: ssh: Could not resolve hostname"),
    Case(
      name: "a host that closes the door",
      text: prelude + "kex_exchange_identification: read: Connection reset by peer\r\n"
        + "Connection reset by 192.0.2.1 port 22\r\n",
      kind: .unreachable, words: "Connection reset by 192.0.2.1 port 22"),
    Case(
      name: "GitHub without access", text: authenticated + "ERROR: Repository not found.\r\n",
      kind: .notFound,
      words: "git.example.com says about /team/config.git: ERROR: Repository not found."),
    Case(
      name: "GitHub with a read-only key",
      text: authenticated + "ERROR: The key you are authenticating with has been marked as read only.\r\n",
      kind: .denied, words: "marked as read only"),
    Case(
      name: "Gitea without access",
      text: authenticated
        + "Gitea: Unauthorized\nUser 1 with Key 2 is not allowed to write to team/config.\n",
      kind: .denied, words: "is not allowed to write"),
    Case(
      name: "a program that is missing", text: authenticated + "bash: git-upload-pack: command not found\n",
      kind: .notFound, words: "command not found"),
    Case(
      name: "anything else from the other end", text: authenticated + "out of cheese\n", kind: .unreachable,
      words: "says about /team/config.git: out of cheese"),
    Case(
      name: "a stranger that imitates ssh",
      text: authenticated + "Host key verification failed.\ndebug1: Server host key: ssh-rsa SHA256:forged\n",
      kind: .unreachable, words: "says about /team/config.git: Host key verification failed."),
  ])
  func `says what stopped the connection`(_ trouble: Case) throws {
    let address = try SSHAddress("ssh://git@git.example.com/team/config.git")
    let error = SSHTranscript(trouble.text).trouble(at: address, with: trouble.credentials)
    #expect(error?.kind == trouble.kind)
    #expect(error?.message.contains(trouble.words) == true, "\(error?.message ?? "")")
  }

  @Test func `has nothing to say about a connection without trouble`() throws {
    let address = try SSHAddress("ssh://git@git.example.com/team/config.git")
    let text =
      Self.authenticated
      + "debug1: Sending command: git-upload-pack\r\nTransferred: sent 1, received 2 bytes\r\n"
    let transcript = SSHTranscript(text)
    #expect(transcript.isAuthenticated)
    #expect(transcript.trouble(at: address, with: Self.key) == nil)
    #expect(SSHTranscript("").trouble(at: address, with: Self.key) == nil)
  }

  @Test(arguments: [
    ("debug1: Server host key: ssh-ed25519 SHA256:abc", "ssh-ed25519 SHA256:abc"),
    ("debug1: Server host key: ecdsa-sha2-nistp256 SHA256:a/b+c\r\n", "ecdsa-sha2-nistp256 SHA256:a/b+c"),
    (
      "x\r\ndebug1: Server host key: ssh-rsa SHA256:1\r\ndebug1: Server host key: ssh-rsa SHA256:2",
      "ssh-rsa SHA256:1"
    ),
    ("Server host key: ssh-rsa SHA256:1", nil), ("debug1: Server host key: ssh-rsa", nil), ("", nil),
  ])
  func `reads the host's key`(text: String, key: String?) {
    #expect(SSHTranscript(text).hostKey?.description == key)
  }
}

@Suite struct SSHCommandTests {
  private func arguments(_ url: String, _ credentials: AgentSettings.Credentials) throws -> [String] {
    try SSHCommand("git-upload-pack", at: SSHAddress(url), with: credentials, patience: 15).arguments
  }

  @Test func `asks for one service of one repository`() throws {
    let arguments = try arguments(
      "ssh://git@[::1]:2222/it's%20!", .sshKey(file: "/key", knownHosts: "/hosts"))
    #expect(arguments.prefix(6) == ["/usr/bin/ssh", "-F", "/dev/null", "-T", "-p", "2222"])
    #expect(
      arguments.suffix(5) == ["-l", "git", "--", "::1", #"git-upload-pack '/it'\''s '\!''"#])
    for option in [
      "BatchMode=yes", "StrictHostKeyChecking=yes", "UserKnownHostsFile=/hosts", "IdentityFile=/key",
      "IdentitiesOnly=yes", "IdentityAgent=none", "GlobalKnownHostsFile=/dev/null", "ConnectTimeout=15",
    ] {
      #expect(arguments.contains(option))
    }
  }

  @Test func `lets an agent offer whatever it has, and no file of the user's`() throws {
    let arguments = try arguments("ssh://git@h/c", .sshAgent(socket: "/agent", knownHosts: "/hosts"))
    #expect(arguments.contains("IdentityAgent=/agent") && arguments.contains("IdentityFile=none"))
    #expect(!arguments.contains("IdentitiesOnly=yes"))
  }
}
