import Effects
import FoundationEssentials
import GitSource
import Glibc
import TestSupport
import Testing
import Vocabulary

/// What a hostile or broken server can do in the middle of a fetch or a push. Each is one clear error; nothing is
/// left of it, and as soon as the server is well again the next operation succeeds.
@Suite struct HostileServerTests {
  struct Hostility: Sendable, CustomTestStringConvertible {
    var trouble: GitServer.Trouble
    var kind: SourceError.Kind
    var words: String
    var timeout = Duration.seconds(30)
    /// A bound of 1 MiB on all that is sent, instead of the usual ones.
    var isTight = false
    var testDescription: String { trouble.rawValue }
  }

  static let whileFetching = [
    Hostility(trouble: .resetList, kind: .unreachable, words: "broke off the connection"),
    Hostility(trouble: .resetPack, kind: .unreachable, words: "broke off the connection"),
    Hostility(trouble: .closeList, kind: .unreachable, words: "broke off the connection"),
    Hostility(trouble: .closePack, kind: .unreachable, words: "broke off the connection"),
    Hostility(
      trouble: .stall, kind: .timedOut, words: "no end after 1 s", timeout: .seconds(1)),
    Hostility(
      trouble: .stallPack, kind: .timedOut, words: "nothing more came for 4 s, after", timeout: .seconds(4)),
    Hostility(
      trouble: .drippingList, kind: .timedOut, words: "no end after 1 s", timeout: .seconds(1)),
    Hostility(
      trouble: .drippingPack, kind: .timedOut, words: "nothing more came for 4 s, after", timeout: .seconds(4)
    ),
    Hostility(trouble: .garbageList, kind: .unreachable, words: "does not answer as a Git server"),
    Hostility(trouble: .garbagePack, kind: .unreachable, words: "does not answer as a Git server"),
    Hostility(trouble: .garbageObjects, kind: .unreachable, words: "sends commits that are damaged"),
    Hostility(trouble: .flippedPack, kind: .unreachable, words: "http"),
    Hostility(trouble: .otherPack, kind: .unreachable, words: "does not send all of branch main"),
    Hostility(
      trouble: .endlessList, kind: .tooLarge, words: "lists more than 1 MiB of branches", isTight: true),
    Hostility(trouble: .endlessPack, kind: .tooLarge, words: "sends more than 1 MiB", isTight: true),
    Hostility(trouble: .endlessProgress, kind: .tooLarge, words: "sends more than 1 MiB", isTight: true),
    Hostility(trouble: .countlessPack, kind: .tooLarge, words: "of memory, the limit"),
    Hostility(trouble: .deltaBomb, kind: .tooLarge, words: "of memory, the limit"),
    Hostility(trouble: .unavailable, kind: .unreachable, words: "HTTP status 503"),
  ]

  @Test(arguments: whileFetching)
  func `a fetch from it is one error, and leaves the mirror as it was`(hostility: Hostility) async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let url = server.url + "/config.git"
        let mirror = fixture.mirror(url)
        let first = try await mirror.fetch()
        try await fixture.remote.commit(["noise.txt": noise(bytes: 60_000)])
        try await fixture.remote.publish()

        try server.suffer(hostility.trouble)
        let suffering = fixture.mirror(url, timeout: hostility.timeout) { configuration in
          if hostility.isTight {
            configuration.bounds.listBytes = 1 << 20
            configuration.bounds.packBytes = 1 << 20
          }
        }
        let error = await complaint { _ = try await suffering.fetch() }
        #expect(error?.kind == hostility.kind, "\(String(describing: error))")
        #expect(error?.message.contains(hostility.words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(url) == true, "\(error?.message ?? "")")
        #expect(commandLines(containing: fixture.worker) == [])
        #expect(try await suffering.mirroredTip() == first)

        try server.suffer(nil)
        try await expectSoundFetch(by: fixture.mirror(url), in: fixture)
      }
    }
  }

  @Test(arguments: [GitServer.Trouble.resetPack, .garbageObjects, .otherPack, .endlessPack])
  func `a first clone from it is one error, and the next one succeeds`(trouble: GitServer.Trouble)
    async throws
  {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        try server.suffer(trouble)
        let mirror = fixture.mirror(server.url + "/config.git") { $0.bounds.packBytes = 1 << 20 }
        for _ in 1...2 {
          let error = await complaint { _ = try await mirror.fetch() }
          #expect(
            error?.kind == (trouble == .endlessPack ? .tooLarge : .unreachable),
            "\(String(describing: error))")
        }
        try server.suffer(nil)
        try await expectSoundFetch(by: mirror, in: fixture)
        #expect(!FileManager.default.fileExists(atPath: fixture.state + ".aside"))
      }
    }
  }

  static let whilePushing = [
    Hostility(trouble: .resetPush, kind: .unreachable, words: "broke off the connection"),
    Hostility(
      trouble: .stallPush, kind: .timedOut, words: "no end after 1 s", timeout: .seconds(1)),
    Hostility(trouble: .garbagePush, kind: .unreachable, words: "does not answer as a Git server"),
    Hostility(
      trouble: .endlessPush, kind: .tooLarge, words: "answers a push with more than 1 MiB", isTight: true),
  ]

  @Test(arguments: whilePushing)
  func `a push to it is one error, and can be made again`(hostility: Hostility) async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let url = server.url + "/config.git"
        let mirror = fixture.mirror(url, timeout: hostility.timeout) { $0.bounds.listBytes = 1 << 20 }
        let tip = try await fixture.mirror(url).fetch()
        let tree = try await mirror.tree(of: tip, replacing: ["models/a.yaml": Array("a: 0\n".utf8)])
        let commit = try await mirror.commit(
          tree, onto: tip, message: "Change", at: Timestamp(milliseconds: 0))

        try server.suffer(hostility.trouble)
        let error = await complaint { _ = try await mirror.push(commit, replacing: tip) }
        #expect(error?.kind == hostility.kind, "\(String(describing: error))")
        #expect(error?.message.contains(hostility.words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(url) == true, "\(error?.message ?? "")")
        #expect(commandLines(containing: fixture.worker) == [])

        try server.suffer(nil)
        #expect(try await fixture.mirror(url).push(commit, replacing: tip) == .accepted)
        #expect(try await fixture.remote.bare("rev-parse", "main") == commit.rawValue)
        try await GitCommand(in: fixture.state)("fsck", "--strict")
      }
    }
  }

  @Test(arguments: [SIGKILL, SIGSEGV, SIGABRT])
  func `a worker that dies in the middle of a pack is one error, and the next fetch succeeds`(signal: Int32)
    async throws
  {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        try server.suffer(.stallPack)
        async let outcome = complaint { _ = try await mirror.fetch() }
        try await eventually("the pack has begun") {
          contents(of: fixture.state + "/objects/pack").contains { $0.hasPrefix("pack_git2_") }
        }
        for worker in processes(containing: "\(fixture.worker) git-worker") { kill(worker.id, signal) }
        let error = await outcome
        #expect(error?.kind == .unreachable)
        #expect(error?.message.contains("was killed by signal \(signal)") == true, "\(error?.message ?? "")")
        #expect(commandLines(containing: fixture.worker) == [])
        try server.suffer(nil)
        try await expectSoundFetch(by: mirror, in: fixture)
      }
    }
  }

  @Test func `a slow transfer may take longer than the timeout, as long as it goes on`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        try await fixture.remote.commit(["noise.txt": noise(bytes: 60_000)])
        try await fixture.remote.publish()
        try server.suffer(.slowPack)
        let mirror = fixture.mirror(server.url + "/config.git", timeout: .seconds(8))
        let clock = ContinuousClock()
        let start = clock.now
        try await expectSoundFetch(by: mirror, in: fixture)
        #expect(clock.now - start > .seconds(8))
      }
    }
  }

  @Test func `a transfer that goes on for ever ends all the same`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        try server.suffer(.slowPack)
        try await fixture.remote.commit(["noise.txt": noise(bytes: 60_000)])
        try await fixture.remote.publish()
        let mirror = fixture.mirror(server.url + "/config.git", timeout: .seconds(6)) {
          $0.longestTransfer = .seconds(6)
        }
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == .timedOut)
        #expect(error?.message.contains("no end after 6 s and ") == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func `a small pack that holds something huge is refused, and not kept`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git") { $0.bounds.objectBytes = 1 << 20 }
        let first = try await mirror.fetch()
        try await fixture.remote.commit(["zeros": String(repeating: "0", count: 3 << 20)])
        try await fixture.remote.publish()
        let before = contents(of: fixture.state + "/objects/pack")
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == .tooLarge)
        #expect(error?.message.contains("holds an object of 3 MiB") == true, "\(error?.message ?? "")")
        #expect(contents(of: fixture.state + "/objects/pack") == before)
        #expect(try await mirror.mirroredTip() == first)
      }
    }
  }

  /// What runs on the host in place of Git, and what is said of it.
  static let overSSH: [(command: String, kind: SourceError.Kind, words: String, timeout: Duration)] = [
    ("exec sleep 600", .timedOut, "no end after 1 s", .seconds(1)),
    ("echo this is not Git", .unreachable, "ssh://", .seconds(30)),
    (
      "sh -c \"$SSH_ORIGINAL_COMMAND\" < /dev/null | head -c 150", .unreachable, "config.git",
      .seconds(30)
    ),
    ("kill -9 $PPID", .unreachable, "ssh://", .seconds(30)),
    (
      "while :; do printf '0041%040d refs/heads/branch-x\\n' 1; done", .tooLarge,
      "lists more than 64 KiB of branches", .seconds(30)
    ),
  ]

  @Test(arguments: overSSH)
  func `a host that misbehaves over ssh is one error, and the next fetch succeeds`(
    command: String, kind: SourceError.Kind, words: String, timeout: Duration
  ) async throws {
    try await Fixture.with { fixture in
      try await SSHServer.serve { server in
        let key = try await server.makeKey()
        let script = fixture.folder + "/in-place-of-git"
        try write("#!/bin/bash\n\(command)\n", to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        try server.authorize(key, command: script)
        let mirror = fixture.mirror(of: server, key: key, timeout: timeout) { $0.bounds.listBytes = 64 << 10 }
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == kind, "\(String(describing: error))")
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(commandLines(containing: fixture.worker) == [])
        try await eventually("no ssh is left") { commandLines(containing: "IdentityFile=\(key)").isEmpty }

        try server.authorize(key)
        try await expectSoundFetch(by: fixture.mirror(of: server, key: key), in: fixture)
      }
    }
  }

  /// A disk of its own, small and in memory, for the packs of the mirror: only root has one to give.
  @Test(.enabled("root can mount") { try await run("unshare", ["--mount", "true"]).status == 0 })
  func `a full disk is one error of the mirror, which stays as it is`() async throws {
    try await Fixture.with { fixture in
      try await fixture.remote.commit(["noise.txt": noise(bytes: 200_000)])
      try await fixture.remote.publish()
      let worker = fixture.folder + "/worker"
      let packs = fixture.state + "/objects/pack"
      try write(
        """
        #!/bin/sh
        exec unshare --mount sh -c 'mount -t tmpfs -o size=64k none \(packs); exec \(fixture.worker) "$@"' sh "$@"

        """, to: worker)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: worker)
      try await GitServer.serve(fixture.folder) { server in
        let url = server.url + "/config.git"
        for _ in 1...2 {
          let error = await complaint { _ = try await fixture.mirror(url, worker: worker).fetch() }
          #expect(error?.kind == .mirror, "\(String(describing: error))")
          #expect(
            error?.message.contains("cannot be written to the mirror") == true, "\(error?.message ?? "")")
        }
        try await expectSoundFetch(by: fixture.mirror(url), in: fixture)
        #expect(!FileManager.default.fileExists(atPath: fixture.state + ".aside"))
      }
    }
  }

  private func expectSoundFetch(by mirror: MirrorRepository, in fixture: Fixture) async throws {
    let tip = try await fixture.remote.work("rev-parse", "HEAD")
    #expect(try await mirror.fetch() == CommitID(tip))
    try await GitCommand(in: fixture.state)("fsck", "--full", "--strict")
    let files = contents(of: fixture.state + "/objects/pack")
    #expect(files.allSatisfy { $0.hasSuffix(".pack") || $0.hasSuffix(".idx") }, "\(files)")
    #expect(commandLines(containing: fixture.worker) == [])
  }
}

/// Text that does not compress well.
private func noise(bytes: Int) -> String {
  var generator = SystemRandomNumberGenerator()
  var text = ""
  while text.utf8.count < bytes { text += String(generator.next(), radix: 36) + "\n" }
  return text
}

/// The names in a folder, in order; none when there is no such folder.
private func contents(of folder: String) -> [String] {
  (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
}
