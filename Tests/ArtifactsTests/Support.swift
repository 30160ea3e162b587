import Effects
import Foundation
import Logging
import Manifests
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
    defer { removeTree(folder) }
    try shell("python3", ["-c", archiveScript, files])
    let server = try FaultyServer(files: files)
    defer { server.stop() }
    try await body(Bench(folder: folder, files: files, server: server))
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
struct FaultyServer {
  private let process = Process()
  private let input = Pipe()
  let port: Int

  init(files: String) throws {
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", serverScript, files]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  func address(_ route: String) -> String { "http://127.0.0.1:\(port)/\(route)" }

  /// What the server answers to a plain request: its log, its peak of concurrent requests.
  func ask(_ route: String) throws -> String {
    try shell("curl", ["--silent", "--show-error", "--max-time", "20", address(route)])
  }

  /// The requests whose path starts like this, as `PATH RANGE`.
  func requests(_ prefix: String) throws -> [String] {
    try ask("log").split(separator: "\n").map(String.init).filter { $0.hasPrefix("/\(prefix)") }
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}

struct ShellFailure: Error {
  let status: Int32
  let output: String
}

/// Runs a program to its end and gives its standard output.
@discardableResult
func shell(_ program: String, _ arguments: [String]) throws -> String {
  let process = Process()
  let output = Pipe()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  process.standardOutput = output
  try process.run()
  let data = try output.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  let text = String(decoding: data, as: UTF8.self)
  guard process.terminationStatus == 0 else {
    throw ShellFailure(status: process.terminationStatus, output: text)
  }
  return text
}
