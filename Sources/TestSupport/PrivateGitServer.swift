import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// A private Git server over https on localhost: nginx, which asks for a user name and a token, in front of
/// `git http-backend`.
///
/// | path | what happens |
/// | --- | --- |
/// | `/config.git` | the repository, for reading and writing |
/// | `/redirect/SCHEME/HOST:PORT/…` | a redirect to there, for anybody |
/// | `/forbidden/…` | 403 for whoever has the token |
package struct PrivateGitServer: Sendable {
  /// `https://localhost:PORT`.
  package let url: String
  /// The certificate of the authority that vouches for the server.
  package let authority: String
  package let gate: Gate
  private let folder: String

  /// The token that the server accepts from now on, with the user `robot`.
  package func accept(token: String) throws {
    // nginx reads the file at each request: it must never be half written.
    try write("robot:{PLAIN}\(token)\n", to: folder + "/users.new")
    guard rename(folder + "/users.new", folder + "/users") == 0 else {
      throw GitCommand.Failure(description: "cannot replace \(folder)/users")
    }
  }

  /// The requests so far, as `STATUS METHOD PATH`.
  package func requests() -> [String] {
    guard let data = FileManager.default.contents(atPath: folder + "/requests") else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Serves the repositories in `folder` while `body` runs, for whoever has `token`.
  package static func serve<Result: Sendable>(
    _ folder: String, token: String, _ body: (PrivateGitServer) async throws -> Result
  ) async throws -> Result {
    try await withTemporaryFolder { own in
      try await makeAuthority(in: own)
      let (gate, script) = try Gate.make(in: own, before: "git http-backend")
      try write(nginxConfiguration(own, serving: folder, with: script), to: own + "/nginx.conf")
      try write(privateGitServerScript, to: own + "/server.py")
      let arguments = try [
        own + "/server.py", own, UnpackedServers.program("nginx"), UnpackedServers.program("fcgiwrap"),
        UnpackedServers.libraries(),
      ]
      // The server ends when its standard input does: when `body` has ended, or this process has died.
      var options = PlatformOptions()
      // When `body` throws, too: a killed script would leave its servers behind.
      options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(10))]
      let result = try await Subprocess.run(
        .name("python3"), arguments: Arguments(arguments), platformOptions: options, input: .inputWriter,
        output: .sequence,
        error: .discarded
      ) { execution in
        for try await line in execution.standardOutput.strings() {
          guard let port = Int(line.filter(\.isNumber)) else { break }
          let server = PrivateGitServer(
            url: "https://localhost:\(port)", authority: own + "/authority.pem", gate: gate, folder: own)
          try server.accept(token: token)
          return try await body(server)
        }
        let log = FileManager.default.contents(atPath: own + "/log") ?? Data()
        throw GitCommand.Failure(
          description: "nginx did not start: \(String(decoding: log, as: UTF8.self))")
      }
      return result.closureResult
    }
  }

  /// An authority of the test's own, and a certificate for localhost that it has signed.
  private static func makeAuthority(in folder: String) async throws {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    try write("subjectAltName=DNS:localhost\n", to: folder + "/names")
    for arguments in [
      ["req", "-x509", "-subj", "/CN=Test authority", "-keyout", "authority.key", "-out", "authority.pem"]
        + key,
      ["req", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.request"] + key,
      [
        "x509", "-req", "-in", "server.request", "-CA", "authority.pem", "-CAkey", "authority.key", "-days",
        "2",
        "-CAcreateserial", "-extfile", "names", "-out", "server.pem",
      ],
    ] {
      let made = try await TestSupport.run("openssl", arguments, in: folder)
      guard made.status == 0 else { throw GitCommand.Failure(description: "openssl: \(made.errors)") }
    }
  }
}
