import Effects
import FoundationEssentials
import GitSource
import Glibc
import Logging
import Manifests
import TestSupport
import Testing
import Vocabulary

@Suite struct SSHTests {
  /// Runs `body` with a remote, a server, and a key that the server knows.
  private func served(_ body: (Fixture, SSHServer, String) async throws -> Void) async throws {
    try await Fixture.with { fixture in
      try await SSHServer.serve { server in
        let key = try await server.makeKey()
        try server.authorize(key)
        try await body(fixture, server, key)
      }
    }
  }

  @Test(arguments: ["ed25519", "ecdsa", "rsa"])
  func `gets in with a key of type`(type: String) async throws {
    try await Fixture.with { fixture in
      try await SSHServer.serve { server in
        let key = try await server.makeKey(type)
        try server.authorize(key)
        let tip = try await fixture.remote.work("rev-parse", "HEAD")
        let mirror = fixture.mirror(of: server, key: key)
        #expect(try await mirror.fetch() == CommitID(tip), "\(server.log())")
        let next = try await fixture.remote.commit(["models/a.yaml": "a: 2\n"])
        try await fixture.remote.publish()
        #expect(try await mirror.fetch() == CommitID(next))
        #expect(try await mirror.fetch() == CommitID(next))
        try await eventually("ssh ends with its worker") { commandLines(containing: key).isEmpty }
      }
    }
  }

  @Test func `gets in with a key of an ssh agent`() async throws {
    try await served { fixture, server, key in
      try await withSSHAgent(holding: key, in: fixture.folder) { socket in
        let mirror = fixture.mirror(server.url + fixture.remote.path) {
          $0.credentials = .sshAgent(socket: socket, knownHosts: server.knownHosts)
        }
        let tip = try await fixture.remote.work("rev-parse", "HEAD")
        #expect(try await mirror.fetch() == CommitID(tip), "\(server.log())")
        try server.authorize(try await server.makeKey(named: "other"))
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == .denied)
        #expect(error?.message.contains("no key of the ssh agent at \(socket)") == true)
      }
    }
  }

  @Test func `reads a repository whose path has quotes and spaces`() async throws {
    try await served { fixture, server, key in
      let path = fixture.folder + "/it's a 'config'!.git"
      try await GitCommand(in: fixture.folder)("clone", "--quiet", "--bare", fixture.remote.path, path)
      let tip = try await fixture.remote.work("rev-parse", "HEAD")
      let mirror = fixture.mirror(
        of: server, key: key, repository: path.replacing(" ", with: "%20"))
      #expect(try await mirror.fetch() == CommitID(tip))
    }
  }

  @Test func `transfers much in both directions`() async throws {
    try await served { fixture, server, key in
      var generator = SystemRandomNumberGenerator()
      let noise = (0..<60_000).map { _ in String(generator.next(), radix: 36) }.joined(separator: "\n")
      try await fixture.remote.commit(["noise.txt": noise])
      try await fixture.remote.publish()
      let mirror = fixture.mirror(of: server, key: key)
      let tip = try await mirror.fetch()
      let other = Array(noise.reversed().map(String.init).joined().utf8)
      let tree = try await mirror.tree(of: tip, replacing: ["noise.txt": other])
      let commit = try await mirror.commit(
        tree, onto: tip, message: "Change", at: Timestamp(milliseconds: 0))
      #expect(try await mirror.push(commit, replacing: tip) == .accepted)
      #expect(try await fixture.remote.bare("rev-parse", "main") == commit.rawValue)
      try await fixture.remote.bare("fsck", "--strict")
    }
  }

  @Test func `trusts no host that it does not know, and says which key it has shown`() async throws {
    try await served { fixture, server, key in
      let empty = fixture.folder + "/known_hosts"
      try write("", to: empty)
      let error = await complaint {
        _ = try await fixture.mirror(of: server, key: key, knownHosts: empty).fetch()
      }
      #expect(error?.kind == .denied)
      for words in [
        "[127.0.0.1]:\(server.port) shows the host key ssh-ed25519 \(server.fingerprint)",
        "which is not in \(empty)", "`ssh-keyscan -p \(server.port) 127.0.0.1 >> \(empty)`",
      ] {
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      }
      let scanned = try await run("ssh-keyscan", ["-p", "\(server.port)", "127.0.0.1"])
      try write(scanned.output, to: empty)
      _ = try await fixture.mirror(of: server, key: key, knownHosts: empty).fetch()
    }
  }

  @Test func `trusts no host whose key has changed`() async throws {
    try await served { fixture, server, key in
      let stale = fixture.folder + "/known_hosts"
      let other = try await makeKey("ed25519", at: fixture.folder + "/other-host")
      let line = try String(contentsOfFile: other + ".pub", encoding: .utf8)
      try write("[127.0.0.1]:\(server.port) \(line)", to: stale)
      let error = await complaint {
        _ = try await fixture.mirror(of: server, key: key, knownHosts: stale).fetch()
      }
      #expect(error?.kind == .denied)
      for words in [
        "shows the host key ssh-ed25519 \(server.fingerprint), but \(stale) has another",
        "`ssh-keygen -R '[127.0.0.1]:\(server.port)' -f \(stale)`",
      ] {
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func `says that the server does not accept the key`() async throws {
    try await served { fixture, server, _ in
      let stranger = try await server.makeKey(named: "stranger")
      let error = await complaint { _ = try await fixture.mirror(of: server, key: stranger).fetch() }
      #expect(error?.kind == .denied)
      let shown = try await fingerprint(of: stranger)
      #expect(
        error?.message
          == "[127.0.0.1]:\(server.port) does not accept the key in \(stranger) (ED25519 \(shown)) for user \(server.user)"
      )
    }
  }

  @Test func `says that a key cannot be used`() async throws {
    try await served { fixture, server, key in
      let locked = try await server.makeKey(named: "locked", passphrase: "open sesame")
      let garbage = fixture.folder + "/garbage"
      try fixture.write(secret: "no key\n", to: garbage)
      let shared = try await server.makeKey(named: "shared")
      chmod(shared, 0o640)
      try server.authorize(locked)
      for (file, words) in [
        (locked, "must have no passphrase"), (garbage, "cannot be used: Load key"),
        (shared, "others have access to the ssh key \(shared): `chmod 600 \(shared)`"),
        (fixture.folder + "/none", "cannot read the ssh key"),
      ] {
        let error = await complaint { _ = try await fixture.mirror(of: server, key: file).fetch() }
        #expect(error?.kind == .denied)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      }
      let error = await complaint {
        _ = try await fixture.mirror(of: server, key: key, knownHosts: "/none").fetch()
      }
      #expect(error?.message.contains("cannot read the file of known hosts /none") == true)
    }
  }

  @Test func `says that there is no repository, in the words of the server`() async throws {
    try await served { fixture, server, key in
      let error = await complaint {
        _ = try await fixture.mirror(of: server, key: key, repository: fixture.folder + "/none.git").fetch()
      }
      #expect(error?.kind == .notFound, "\(String(describing: error))")
      #expect(error?.message.contains("does not appear to be a git repository") == true)
    }
  }

  @Test func `says that a host refuses connections, does not exist or does not speak ssh`() async throws {
    try await Fixture.with { fixture in
      let key = try await makeKey("ed25519", at: fixture.folder + "/key")
      try write("", to: fixture.folder + "/known_hosts")
      let silent = try freePorts(1).lowerBound
      let listener = try ForeignListener(port: silent)
      defer { listener.close() }
      for (url, words) in [
        (
          "ssh://git@127.0.0.1:1/c",
          "cannot reach [127.0.0.1]:1: ssh: connect to host 127.0.0.1 port 1: Connection refused"
        ),
        ("ssh://git@no-such-host.invalid/c", "no-such-host.invalid"),
        ("ssh://git@127.0.0.1:\(silent)/c", "timed out"),
      ] {
        let mirror = fixture.mirror(url, timeout: .seconds(10)) {
          $0.credentials = .sshKey(file: key, knownHosts: fixture.folder + "/known_hosts")
        }
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == .unreachable)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func `needs credentials, and a user`() async throws {
    try await Fixture.with { fixture in
      let error = await complaint { _ = try await fixture.mirror("ssh://git@127.0.0.1:1/c").fetch() }
      #expect(error?.kind == .denied)
      #expect(error?.message.contains("`source.auth`") == true, "\(error?.message ?? "")")
      let nobody = await complaint { _ = try await fixture.mirror("ssh://127.0.0.1:1/c").fetch() }
      #expect(nobody?.message.contains("names no user") == true, "\(nobody?.message ?? "")")
    }
  }

  @Test func `a server that stalls is given up at the deadline, and no ssh is left`() async throws {
    try await served { fixture, server, key in
      try server.gate.close()
      let error = await complaint {
        _ = try await fixture.mirror(of: server, key: key, timeout: .seconds(3)).fetch()
      }
      #expect(error?.kind == .timedOut, "\(String(describing: error))")
      try await eventually("no ssh is left") { commandLines(containing: key).isEmpty }
    }
  }

  @Test func `ssh ends with a worker that is killed alone`() async throws {
    try await served { fixture, server, key in
      try server.gate.close()
      async let error = complaint {
        _ = try await fixture.mirror(of: server, key: key, timeout: .seconds(300)).fetch()
      }
      try await eventually("somebody waits at the gate") { server.gate.isWaitedAt }
      #expect(commandLines(containing: key).count == 1)
      for worker in processes(containing: "\(fixture.worker) git-worker") { kill(worker.id, SIGKILL) }
      #expect(await error?.message.contains("killed by signal 9") == true)
      try await eventually("no ssh is left") { commandLines(containing: key).isEmpty }
    }
  }
}
