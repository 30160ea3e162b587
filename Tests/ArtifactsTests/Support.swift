import Effects
import Foundation
import Logging
import Manifests
import Subprocess
import Testing
import Vocabulary

@testable import Artifacts

/// A temporary folder with a store and a server in it, all of which end with the test.
struct Bench {
  let folder: String
  let files: String
  let server: FaultyServer

  var storeFolder: String { "\(folder)/state/artifacts" }

  /// Runs the body with fresh archives, a fresh server and no store yet.
  static func run(_ body: (Bench) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "evenkeel-artifacts-" + UUID().uuidString
    let files = folder + "/files"
    try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
    // Not FileManager: it fails on what the store has made read-only.
    defer { removeTree(folder) }
    try await shell("python3", ["-W", "ignore", "-c", archiveScript, files])
    try await FaultyServer.serve(files) { server in
      try await body(Bench(folder: folder, files: files, server: server))
    }
  }

  func store(
    limits: ArtifactLimits = ArtifactLimits(), patience: DownloadPatience = DownloadPatience(),
    concurrentDownloads: Int = 3
  ) throws -> WatchedStore {
    try WatchedStore(
      folder: storeFolder, limits: limits, patience: patience, concurrentDownloads: concurrentDownloads)
  }

  /// The artifact of a file in the served folder, with its true digest.
  func artifact(_ name: String, at uri: String? = nil) throws -> Artifact {
    Artifact(
      uri: uri ?? "file://\(files)/\(name)", version: "1", digest: try digest(ofPath: "\(files)/\(name)"))
  }

  func artifact(_ name: String, over route: String) throws -> Artifact {
    try artifact(name, at: server.address(route))
  }

  /// What is in the store's `tmp`, which must be nothing once all is settled.
  func leftovers() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(storeFolder)/tmp")
  }
}

/// A store whose changes can be waited for.
struct WatchedStore {
  let store: ContentStore
  private let changes: AsyncStream<Void>

  init(
    folder: String, limits: ArtifactLimits, patience: DownloadPatience, concurrentDownloads: Int
  ) throws {
    let (changes, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.changes = changes
    store = try ContentStore(
      folder: folder, limits: limits, patience: patience,
      backoff: Backoff(initial: .milliseconds(5), maximum: .milliseconds(20)),
      concurrentDownloads: concurrentDownloads,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { signal.yield() }
  }

  /// Requests the artifact after every change until its status satisfies the condition.
  func status(
    of artifact: Artifact, within deadline: Duration = .seconds(30),
    where condition: @escaping @Sendable (ArtifactStatus) -> Bool
  ) async throws -> ArtifactStatus {
    let store = store
    let changes = changes
    return try await withThrowingTaskGroup(of: ArtifactStatus.self) { group in
      group.addTask {
        var iterator = changes.makeAsyncIterator()
        while true {
          let status = await store.request(artifact)
          if condition(status) { return status }
          guard await iterator.next() != nil else { throw CancellationError() }
        }
      }
      group.addTask {
        try await Task.sleep(for: deadline)
        throw DeadlineExceeded(last: await store.request(artifact))
      }
      defer { group.cancelAll() }
      guard let status = try await group.next() else { throw CancellationError() }
      return status
    }
  }

  /// The folder in which the artifact ends up.
  func stored(_ artifact: Artifact) async throws -> String {
    let status = try await status(of: artifact) { $0.folder != nil || $0.finalFailure != nil }
    return try #require(status.folder, "\(status)")
  }

  /// The final failure in which the artifact ends up.
  func failure(_ artifact: Artifact) async throws -> ArtifactError {
    let status = try await status(of: artifact) { $0.folder != nil || $0.finalFailure != nil }
    return try #require(status.finalFailure, "\(status)")
  }

  /// The next failure that the store waits out by itself.
  func outage(_ artifact: Artifact) async throws -> ArtifactError {
    let status = try await status(of: artifact) { $0.failure != nil || $0.folder != nil }
    return try #require(status.failure, "\(status)")
  }
}

struct DeadlineExceeded: Error {
  let last: ArtifactStatus
}

extension ArtifactStatus {
  var folder: String? { if case .stored(let folder) = self { folder } else { nil } }
  var failure: ArtifactError? { if case .failed(let error) = self { error } else { nil } }
  var finalFailure: ArtifactError? { failure.flatMap { $0.remedy == .wait ? nil : $0 } }
}

/// Python's HTTP server with the faults of `serverScript`, as a child process.
struct FaultyServer: Sendable {
  let port: Int

  /// Serves the folder's files while the body runs.
  static func serve<Result: Sendable>(
    _ files: String, _ body: (FaultyServer) async throws -> Result
  ) async throws -> Result {
    // The server ends when its standard input does: when the body has ended, or this process has died.
    try await Subprocess.run(
      .name("python3"), arguments: ["-c", serverScript, files], input: .inputWriter, output: .sequence,
      error: .discarded
    ) { execution in
      for try await line in execution.standardOutput.strings() {
        guard let port = Int(line.filter(\.isNumber)) else { break }
        return try await body(FaultyServer(port: port))
      }
      throw ShellFailure(program: "the file server", output: "")
    }.closureResult
  }

  func address(_ route: String) -> String { "http://127.0.0.1:\(port)/\(route)" }

  /// What the server answers to a plain request: its log, its peak of concurrent requests.
  func ask(_ route: String) async throws -> String {
    let script = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=20).read().decode())"
    let answer = try await shell("python3", ["-c", script, address(route)])
    return answer.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The requests whose path starts like this, as `PATH RANGE`.
  func requests(_ prefix: String) async throws -> [String] {
    try await ask("log").split(separator: "\n").map(String.init).filter { $0.hasPrefix("/\(prefix)") }
  }
}

struct ShellFailure: Error {
  let program: String
  let output: String
}

/// Runs a program to its end and gives its standard output.
@discardableResult
func shell(_ program: String, _ arguments: [String]) async throws -> String {
  let result = try await Subprocess.run(
    .name(program), arguments: Arguments(arguments), output: .string(limit: 1 << 20),
    error: .string(limit: 1 << 20))
  guard result.terminationStatus.isSuccess else {
    throw ShellFailure(program: program, output: result.standardError)
  }
  return result.standardOutput
}
