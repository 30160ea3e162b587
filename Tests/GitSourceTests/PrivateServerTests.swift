import Effects
import FoundationEssentials
import GitSource
import Manifests
import TestSupport
import Testing
import Vocabulary

@Suite struct PrivateServerTests {
  @Test func `uses a rotated token from its next operation on`() async throws {
    try await Fixture.with { fixture in
      try await PrivateGitServer.serve(fixture.folder, token: "first") { server in
        let mirror = try fixture.mirror(of: server, token: "first")
        let tip = try await mirror.fetch()
        try server.accept(token: "second")
        let refused = await complaint { _ = try await mirror.fetch() }
        #expect(refused?.kind == .denied)
        try fixture.write(secret: "second", to: fixture.tokenFile)
        #expect(try await mirror.fetch() == tip)
      }
    }
  }

  @Test func `shows its token once, and says which file it is from when it is refused`() async throws {
    try await Fixture.with { fixture in
      try await PrivateGitServer.serve(fixture.folder, token: "good") { server in
        let error = await complaint { _ = try await fixture.mirror(of: server, token: "bad").fetch() }
        #expect(error?.kind == .denied)
        #expect(
          error?.message
            == "\(server.url)/config.git refuses the credentials: user robot with the token in \(fixture.tokenFile)"
        )
        // One without the token, since nobody had asked for it, and one with it.
        #expect(server.requests().map { $0.prefix(7) } == ["401 GET", "401 GET"])
      }
    }
  }

  @Test func `asks for credentials where it has none`() async throws {
    try await Fixture.with { fixture in
      try await PrivateGitServer.serve(fixture.folder, token: "one") { server in
        let mirror = fixture.mirror(server.url + "/config.git") { $0.authorities = server.authority }
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == .denied)
        #expect(error?.message.contains("`source.auth`") == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test(arguments: [
    ("/none.git", SourceError.Kind.notFound, "or none that the token in"),
    ("/forbidden/config.git", .denied, "must allow to read and to write"),
  ])
  func `names the token file when a right is missing`(path: String, kind: SourceError.Kind, words: String)
    async throws
  {
    try await Fixture.with { fixture in
      try await PrivateGitServer.serve(fixture.folder, token: "one") { server in
        let error = await complaint {
          _ = try await fixture.mirror(of: server, token: "one", path: path).fetch()
        }
        #expect(error?.kind == kind, "\(String(describing: error))")
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(fixture.tokenFile) == true)
      }
    }
  }

  @Test func `trusts the authorities it is given, and only these`() async throws {
    try await Fixture.with { fixture in
      try await PrivateGitServer.serve(fixture.folder, token: "one") { server in
        let stranger = fixture.folder + "/stranger.pem"
        try await makeSelfSignedCertificate(at: stranger)
        try write("no certificate\n", to: fixture.folder + "/garbage.pem")
        for (authorities, kind, words) in [
          (nil, SourceError.Kind.unreachable, "no trustworthy TLS connection"),
          (stranger, .unreachable, "no trustworthy TLS connection"),
          (fixture.folder + "/garbage.pem", .denied, "garbage.pem cannot be used"),
          (fixture.folder + "/none.pem", .denied, "none.pem: No such file or directory"),
        ] {
          let mirror = try fixture.mirror(of: server, token: "one") { $0.authorities = authorities }
          let error = await complaint { _ = try await mirror.fetch() }
          #expect(error?.kind == kind)
          #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        #expect(server.requests() == [], "nothing was said to a server that is not trusted")
      }
    }
  }

  @Test(arguments: [
    (0o600, "", "is empty"), (0o600, "\n", "is empty"), (0o600, "one\ntwo", "one line"),
    (0o600, "one two", "one line"), (0o644, "one", "`chmod 600"), (0o604, "one", "`chmod 600"),
    (0o640, "one", "`chmod 600"),
  ])
  func `refuses a token file that is not fit`(mode: Int, content: String, words: String) async throws {
    try await Fixture.with { fixture in
      try write(content, to: fixture.tokenFile)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: fixture.tokenFile)
      let mirror = fixture.mirror("https://localhost:1/config.git") {
        $0.credentials = .token(file: fixture.tokenFile, username: "robot")
      }
      let error = await complaint { _ = try await mirror.fetch() }
      #expect(error?.kind == .denied)
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
  }

  @Test func `says that the token file is missing, or a folder`() async throws {
    try await Fixture.with { fixture in
      for (file, words) in [("/none", "No such file or directory"), ("", "is no small file")] {
        let mirror = fixture.mirror("https://localhost:1/config.git") {
          $0.credentials = .token(file: fixture.folder + file, username: "robot")
        }
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == .denied)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func `a token follows no redirect to another host or to http`() async throws {
    try await Fixture.with { fixture in
      try await PrivateGitServer.serve(fixture.folder, token: "one") { server in
        try await GitServer.serve(fixture.folder) { other in
          let plain = other.url.replacing("http://", with: "http/")
          let port = server.url.split(separator: ":").last ?? ""
          for target in [plain, "http/localhost:\(port)", "https/127.0.0.1:\(port)"] {
            let mirror = try fixture.mirror(of: server, token: "one", path: "/redirect/\(target)/config.git")
            let error = await complaint { _ = try await mirror.fetch() }
            #expect(error?.message.contains("cannot redirect") == true, "\(error?.message ?? "")")
          }
          #expect(other.requests() == [])
          #expect(!server.requests().contains { $0.contains(" /config.git") })
        }
      }
    }
  }

  @Test func `a token follows a redirect on its own host`() async throws {
    try await Fixture.with { fixture in
      try await PrivateGitServer.serve(fixture.folder, token: "one") { server in
        let port = server.url.split(separator: ":").last ?? ""
        let mirror = try fixture.mirror(
          of: server, token: "one", path: "/redirect/https/localhost:\(port)/config.git")
        let tip = try await fixture.remote.work("rev-parse", "HEAD")
        #expect(try await mirror.fetch() == CommitID(tip))
      }
    }
  }

  @Test func `a token never leaves this host over http`() async throws {
    try await Fixture.with { fixture in
      try fixture.write(secret: "one", to: fixture.tokenFile)
      let mirror = fixture.mirror("http://git.example.com/config.git") {
        $0.credentials = .token(file: fixture.tokenFile, username: "robot")
      }
      let error = await complaint { _ = try await mirror.fetch() }
      #expect(error?.kind == .denied)
      #expect(error?.message.contains("never goes over `http:`") == true, "\(error?.message ?? "")")
    }
  }
}

@Suite struct PrivateServerEndTests {
  @Test func `a private server leaves no process behind when a test fails`() async throws {
    try await withTemporaryFolder { folder in
      var certificate = ""
      await #expect(throws: NeverHappened.self) {
        try await PrivateGitServer.serve(folder, token: "one") { server in
          certificate = server.authority
          throw NeverHappened(description: "on purpose")
        }
      }
      let own = URL(filePath: certificate).deletingLastPathComponent().path
      try await eventually("the servers are gone") { commandLines(containing: own).isEmpty }
    }
  }
}
