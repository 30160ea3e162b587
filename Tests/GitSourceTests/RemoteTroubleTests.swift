import Effects
import FoundationEssentials
import GitSource
import Glibc
import TestSupport
import Testing
import Vocabulary

@Suite struct RemoteTroubleTests {
  /// A trouble, and what the person who reads about it needs to see.
  struct Trouble: Sendable, CustomTestStringConvertible {
    var path: String
    var kind: SourceError.Kind
    var words: [String]
    var timeout = Duration.seconds(30)
    var testDescription: String { path }
  }

  @Test(arguments: [
    Trouble(path: "/none.git", kind: .notFound, words: ["no Git repository at http", "404"]),
    Trouble(path: "/status/404/config.git", kind: .notFound, words: ["no Git repository", "404"]),
    Trouble(path: "/status/401/config.git", kind: .denied, words: ["asks for credentials", "`source.auth`"]),
    Trouble(path: "/status/403/config.git", kind: .denied, words: ["refuses access", "403"]),
    Trouble(path: "/status/500/config.git", kind: .unreachable, words: ["HTTP status 500"]),
    Trouble(path: "/garbage/config.git", kind: .unreachable, words: ["does not answer as a Git server"]),
    Trouble(path: "/broken-pack/config.git", kind: .unreachable, words: ["http"]),
    Trouble(path: "/stall/config.git", kind: .timedOut, words: ["no end after 2 s"], timeout: .seconds(2)),
    Trouble(
      path: "/half-pack/config.git", kind: .timedOut, words: ["nothing more came for 4 s"],
      timeout: .seconds(4)),
  ])
  func `says what is wrong with a server`(trouble: Trouble) async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + trouble.path, timeout: trouble.timeout)
        let clock = ContinuousClock()
        let start = clock.now
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(clock.now - start < trouble.timeout + .seconds(10))
        #expect(error?.kind == trouble.kind, "\(String(describing: error))")
        for words in trouble.words {
          #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        #expect(commandLines(containing: fixture.worker) == [])
      }
    }
  }

  @Test func `kills the worker when the deadline passes, and then fetches as if nothing had been`()
    async throws
  {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(
          server.url + "/half-pack/config.git", timeout: .seconds(1))
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == .timedOut)
        #expect(commandLines(containing: fixture.worker) == [])
        let tip = try await fixture.remote.work("rev-parse", "HEAD")
        #expect(try await fixture.mirror(server.url + "/config.git").fetch() == CommitID(tip))
      }
    }
  }

  @Test func `a worker that nobody waits for any more ends itself`() async throws {
    try await Fixture.with { fixture in
      _ = try await fixture.mirror().fetch()
      try await GitServer.serve(fixture.folder) { server in
        let request = """
          {"mirror": "\(fixture.folder)/state/mirror.git", "url": "\(server.url)/stall/config.git",
           "branch": "main", "access": {}, "patience": {"stall": 0, "whole": 0},
           "bounds": {"listBytes": 1000, "packBytes": 1000, "objectBytes": 1000}, "operation": {"fetch": {}}}
          """
        let result = try await run(fixture.worker, ["git-worker"], input: request)
        #expect(result.status == 128 + SIGALRM)
      }
    }
  }

  @Test(arguments: ["", "{}", "not JSON", String(repeating: "[", count: 100_000)])
  func `a worker without a request says what it is for`(input: String) async throws {
    let result = try await run(builtExecutable("evenkeel"), ["git-worker"], input: input)
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("for the agent's own use"))
  }

  @Test func `kills what the worker started, too`() async throws {
    try await Fixture.with { fixture in
      let child = fixture.folder + "/child"
      let worker = fixture.folder + "/worker"
      try write("#!/bin/sh\nwhile :; do read line < \(fixture.folder)/pipe; done\n", to: child)
      try write("#!/bin/sh\nmkfifo \(fixture.folder)/pipe\nsh \(child) &\nwait\n", to: worker)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: worker)
      let mirror = fixture.mirror(timeout: .milliseconds(500), worker: worker)
      let error = await complaint { _ = try await mirror.fetch() }
      #expect(error?.kind == .timedOut)
      try await eventually("the worker's child is gone") { commandLines(containing: child).isEmpty }
    }
  }

  @Test(arguments: [
    ("kill -SEGV $$", "killed by signal 11"),
    ("echo it broke >&2; exit 3", "exited with status 3: it broke"),
    ("echo nonsense", "no understandable answer"),
    ("exec yes", "worker"),
  ])
  func `turns a worker that crashes or babbles into an error`(script: String, words: String) async throws {
    try await Fixture.with { fixture in
      let worker = fixture.folder + "/worker"
      try write("#!/bin/sh\ncat >/dev/null\n\(script)\n", to: worker)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: worker)
      let mirror = fixture.mirror(timeout: .seconds(20), worker: worker)
      let error = await complaint { _ = try await mirror.fetch() }
      #expect(error?.kind == .unreachable)
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
  }

  @Test func `says that the worker is missing`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror(worker: fixture.folder + "/no-such-program")
      let error = await complaint { _ = try await mirror.fetch() }
      #expect(error?.message.contains("no-such-program") == true, "\(error?.message ?? "")")
    }
  }

  @Test func `says that a host cannot be reached or found`() async throws {
    try await Fixture.with { fixture in
      // Port 1 of this host: nobody listens there.
      for url in ["http://127.0.0.1:1/config.git", "https://no-such-host.invalid/config.git"] {
        let error = await complaint { _ = try await fixture.mirror(url).fetch() }
        #expect(error?.kind == .unreachable)
        #expect(error?.message.contains(url) == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func `refuses a certificate that nobody vouches for`() async throws {
    try await Fixture.with { fixture in
      let certificate = fixture.folder + "/server.pem"
      try await makeSelfSignedCertificate(at: certificate)
      try await GitServer.serve(fixture.folder, certificate: certificate) { server in
        let error = await complaint { _ = try await fixture.mirror(server.url + "/config.git").fetch() }
        #expect(error?.kind == .unreachable)
        #expect(error?.message.contains("TLS") == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func `says that the repository is empty`() async throws {
    try await Fixture.withEmptyRemote { fixture in
      try await GitServer.serve(fixture.folder) { server in
        for url in [fixture.remote.path, server.url + "/config.git"] {
          let error = await complaint { _ = try await fixture.mirror(url).fetch() }
          #expect(error?.kind == .empty, "\(String(describing: error))")
        }
      }
    }
  }

  @Test func `names the branches there are, at most ten`() async throws {
    try await Fixture.with { fixture in
      let few = await complaint { _ = try await fixture.mirror(branch: "production").fetch() }
      #expect(few?.kind == .notFound)
      #expect(
        few?.message.hasSuffix("has no branch production; it has main") == true, "\(few?.message ?? "")")
      for number in 10..<25 { try await fixture.remote.bare("branch", "branch-\(number)", "main") }
      let many = await complaint { _ = try await fixture.mirror(branch: "production").fetch() }
      #expect(many?.message.contains("branch-19 and 6 more") == true, "\(many?.message ?? "")")
    }
  }

  @Test func `says that there is no repository at a path, and no support for a scheme`() async throws {
    try await Fixture.with { fixture in
      for path in ["/none.git", "/state"] {
        try FileManager.default.createDirectory(
          atPath: fixture.folder + "/state", withIntermediateDirectories: true)
        let missing = await complaint { _ = try await fixture.mirror(fixture.folder + path).fetch() }
        #expect(missing?.kind == .notFound)
        #expect(missing?.message.contains("no Git repository at") == true, "\(missing?.message ?? "")")
      }
      let scheme = await complaint { _ = try await fixture.mirror("git://example.com/x.git").fetch() }
      #expect(scheme?.message.contains("only https, http, ssh, file") == true)
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a folder away"))
  func `says that a repository belongs to another user`() async throws {
    try await Fixture.with { fixture in
      #expect(chown(fixture.remote.path, 65534, 65534) == 0)
      let error = await complaint { _ = try await fixture.mirror().fetch() }
      #expect(error?.kind == .denied)
      #expect(error?.message.contains("belongs to another user") == true, "\(error?.message ?? "")")
    }
  }

  @Test func `says why the mirror cannot be written`() async throws {
    try await Fixture.with { fixture in
      try write("a file where a folder should be", to: fixture.folder + "/state")
      let error = await complaint { _ = try await fixture.mirror().fetch() }
      #expect(error?.kind == .mirror)
      #expect(error?.message.contains("cannot create the mirror") == true)
      #expect(error?.message.contains("Not a directory") == true, "\(error?.message ?? "")")
    }
  }

  @Test func `never repeats a password`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror("http://robot:hunter2@127.0.0.1:1/config.git")
      let error = await complaint { _ = try await mirror.fetch() }
      #expect(error?.message.contains("http://127.0.0.1:1/config.git") == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("hunter2") == false)
    }
  }

  @Test func `stops a transfer that is too large`() async throws {
    try await Fixture.with { fixture in
      var generator = SystemRandomNumberGenerator()
      let noise = (0..<20_000).map { _ in String(generator.next(), radix: 36) }.joined(separator: "\n")
      try await fixture.remote.commit(["noise.txt": noise])
      try await fixture.remote.publish()
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git") { $0.bounds.packBytes = 64 << 10 }
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == .tooLarge, "\(String(describing: error))")
      }
    }
  }
}
