import Effects
import FoundationEssentials
import GitSource
import Logging
import Manifests
import TestSupport
import Vocabulary

/// A remote with a first commit, and the means to open mirrors of it.
struct Fixture {
  let folder: String
  let remote: GitRemote

  /// The agent's executable under a name of this fixture's own, by which its processes can be told from those of
  /// other tests.
  var worker: String { folder + "/evenkeel" }

  /// The folder of the mirror.
  var state: String { folder + "/state/mirror.git" }

  /// Runs `body` with a remote that holds `files`.
  static func with(
    _ files: [String: String] = ["models/a.yaml": "a: 1\n", "models/b.yaml": "b: 1\n"],
    _ body: (Fixture) async throws -> Void
  ) async throws {
    try await withEmptyRemote { fixture in
      try await fixture.remote.commit(files.mapValues { $0 }, message: "First")
      try await fixture.remote.publish()
      try await body(fixture)
    }
  }

  /// Runs `body` with a remote that has no commit.
  static func withEmptyRemote(_ body: (Fixture) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let fixture = Fixture(folder: folder, remote: try await GitRemote(in: folder))
      try FileManager.default.createSymbolicLink(
        atPath: fixture.worker, withDestinationPath: builtExecutable("evenkeel"))
      try await body(fixture)
    }
  }

  /// A mirror of the remote, over `url` or by its path.
  func mirror(
    _ url: String? = nil, branch: String = "main", path: String = "", timeout: Duration = .seconds(30),
    worker: String? = nil, logger: Logger = Logger(label: "test"),
    _ adjust: (inout MirrorRepository.Configuration) -> Void = { _ in }
  ) -> MirrorRepository {
    var configuration = MirrorRepository.Configuration(
      mirror: state, url: url ?? remote.path, branch: branch, path: path,
      author: CommitAuthor(name: "Evenkeel", email: "evenkeel@example.com"), timeout: timeout,
      worker: worker ?? self.worker)
    adjust(&configuration)
    return MirrorRepository(configuration, logger: logger)
  }

  /// The file that holds the token for a private server.
  var tokenFile: String { folder + "/token" }

  /// Writes a secret as careful people do.
  func write(secret: String, to file: String) throws {
    try TestSupport.write(secret, to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
  }

  /// A mirror of the remote over https, as the user `robot`.
  func mirror(
    of server: PrivateGitServer, token: String, path: String = "/config.git",
    logger: Logger = Logger(label: "test"),
    _ adjust: (inout MirrorRepository.Configuration) -> Void = { _ in }
  ) throws -> MirrorRepository {
    try write(secret: token + "\n", to: tokenFile)
    return mirror(server.url + path, logger: logger) { configuration in
      configuration.credentials = .token(file: tokenFile, username: "robot")
      configuration.authorities = server.authority
      adjust(&configuration)
    }
  }

  /// A mirror of a repository over ssh: the remote, or another one of this host.
  func mirror(
    of server: SSHServer, key: String, repository: String? = nil, timeout: Duration = .seconds(30),
    logger: Logger = Logger(label: "test"), knownHosts: String? = nil,
    _ adjust: (inout MirrorRepository.Configuration) -> Void = { _ in }
  ) -> MirrorRepository {
    mirror(server.url + (repository ?? remote.path), timeout: timeout, logger: logger) { configuration in
      configuration.credentials = .sshKey(file: key, knownHosts: knownHosts ?? server.knownHosts)
      adjust(&configuration)
    }
  }
}

/// What a mirror complains about; `nil` when it does not.
func complaint(_ work: () async throws -> Void) async -> SourceError? {
  do {
    try await work()
    return nil
  } catch {
    return error as? SourceError
  }
}

extension MirrorRepository {
  /// The manifests of a commit. The fixture's files are no resources, so each earns a diagnostic.
  func filesRead(at commit: CommitID) async throws -> Set<String> {
    Set(try desired(at: commit).diagnostics.map(\.file))
  }
}

/// Runs `body` with a mirror of the remote by its path, over http, over https with a token, and over ssh.
func overEachTransport(_ body: (Fixture, MirrorRepository) async throws -> Void) async throws {
  try await Fixture.with { fixture in
    try await body(fixture, fixture.mirror("file://" + fixture.remote.path))
  }
  try await Fixture.with { fixture in
    try await GitServer.serve(fixture.folder) { server in
      try await body(fixture, fixture.mirror(server.url + "/config.git"))
    }
  }
  try await Fixture.with { fixture in
    try await PrivateGitServer.serve(fixture.folder, token: "one") { server in
      try await body(fixture, fixture.mirror(of: server, token: "one"))
    }
  }
  try await Fixture.with { fixture in
    try await SSHServer.serve { server in
      let key = try await server.makeKey()
      try server.authorize(key)
      try await body(fixture, fixture.mirror(of: server, key: key))
    }
  }
}
