import FoundationEssentials
import Subprocess
import SystemPackage

/// A real Git server over HTTP on 127.0.0.1: Python's `http.server` in front of `git http-backend`.
///
/// Besides the repositories in its folder it serves trouble, by the first component of the path:
///
/// | path | what happens |
/// | --- | --- |
/// | `/config.git` | the repository, for reading and writing |
/// | `/stall/…` | accepts the request and never says a word |
/// | `/status/404/…` | answers with that status |
/// | `/garbage/…` | answers 200 with bytes that are no Git protocol |
/// | `/half-pack/config.git` | lists the branches, then stops in the middle of the pack and waits |
/// | `/broken-pack/config.git` | the same, but closes the connection |
package struct GitServer: Sendable {
  /// `http://127.0.0.1:PORT`, or `https://…`.
  package let url: String
  private let log: String

  /// The requests so far: `METHOD PATH?QUERY`, one each.
  package func requests() -> [String] {
    guard let data = FileManager.default.contents(atPath: log) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// What can be wrong with the whole server for a while.
  package enum Trouble: String, Sendable, CaseIterable {
    /// It accepts requests and says nothing until the trouble is over; then it closes the connections.
    case stall
    /// It answers 503.
    case unavailable

    /// It resets the connection: instead of the list of references, in the middle of a pack, instead of answering
    /// to a push.
    case resetList = "reset_list"
    case resetPack = "reset_pack"
    case resetPush = "reset_push"
    /// It closes the connection at such a point.
    case closeList = "close_list"
    case closePack = "close_pack"
    /// It stops there and keeps the connection.
    case stallPack = "stall_pack"
    case stallPush = "stall_push"
    /// What it says is nonsense: instead of a list, of a pack's packets, of the objects in them, of the answer to a push.
    case garbageList = "garbage_list"
    case garbagePack = "garbage_pack"
    case garbageObjects = "garbage_objects"
    case garbagePush = "garbage_push"
    /// One byte of the pack is another one.
    case flippedPack = "flipped_pack"
    /// The pack is sound, and not what was asked for.
    case otherPack = "other_pack"
    /// What it says never ends: references, objects, words about its progress, words about a push.
    case endlessList = "endless_list"
    case endlessPack = "endless_pack"
    case endlessProgress = "endless_progress"
    case endlessPush = "endless_push"
    /// It says that the pack has four thousand million objects.
    case countlessPack = "countless_pack"
    /// It sends a byte now and then.
    case drippingList = "dripping_list"
    case drippingPack = "dripping_pack"
    /// It sends the pack in twenty pieces or more, half a second between them.
    case slowPack = "slow_pack"
    /// A few hundred bytes that unpack to 1.5 GiB.
    case deltaBomb = "delta_bomb"
  }

  /// Begins or, with `nil`, ends a trouble with every repository.
  package func suffer(_ trouble: Trouble?) throws {
    try write(trouble?.rawValue ?? "", to: log + ".trouble")
  }

  /// Serves the repositories in `folder` while `body` runs.
  ///
  /// - Parameter certificate: A PEM file with key and certificate; with it the server speaks TLS.
  package static func serve<Result: Sendable>(
    _ folder: String, certificate: String? = nil, _ body: (GitServer) async throws -> Result
  ) async throws -> Result {
    try await withTemporaryFolder { own in
      let (script, log) = (own + "/server.py", own + "/requests")
      try write(gitServerScript, to: script)
      let arguments = [script, folder, log] + (certificate.map { [$0] } ?? [])
      // The server ends when its standard input does: when `body` has ended, or this process has died.
      let result = try await Subprocess.run(
        .name("python3"), arguments: Arguments(arguments), input: .inputWriter, output: .sequence,
        error: .discarded
      ) { execution in
        let scheme = certificate == nil ? "http" : "https"
        for try await line in execution.standardOutput.strings() {
          guard let port = Int(line.filter(\.isNumber)) else { break }
          return try await body(GitServer(url: "\(scheme)://127.0.0.1:\(port)", log: log))
        }
        throw GitCommand.Failure(description: "the Git server did not start")
      }
      return result.closureResult
    }
  }
}

/// Makes a key and a certificate for 127.0.0.1 that nobody has signed but itself, in one PEM file.
package func makeSelfSignedCertificate(at path: String) async throws {
  let request = [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
    "-keyout", path, "-out", path + ".certificate",
  ]
  let made = try await run("openssl", request)
  guard made.status == 0 else { throw GitCommand.Failure(description: "openssl: \(made.errors)") }
  let files = try [path, path + ".certificate"].map { try String(contentsOfFile: $0, encoding: .utf8) }
  try write(files.joined(), to: path)
}
