import Foundation
import TestSupport
import Testing

/// What a load generator counted: every request it has sent, by how it ended.
struct LoadReport: Equatable, Sendable {
  /// Answers, by status.
  var answers: [Int: Int] = [:]
  /// Requests without an answer, by the client's last words about them.
  var errors: [String: Int] = [:]

  var total: Int { answers.values.reduce(0, +) + errors.values.reduce(0, +) }

  /// The requests that failed, besides those answered with one of these statuses.
  func failed(besides statuses: [Int] = []) -> [String: Int] {
    answers.filter { !(200..<300).contains($0.key) && !statuses.contains($0.key) }
      .reduce(into: errors) { $0["status \($1.key)"] = $1.value }
  }

  /// Reads hey's summary. Its two lists are lines such as `[200]\t4711 responses` and `[2]\tPost "…": EOF`.
  init(summary: String) throws {
    for line in summary.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 1)
      let head = parts[0].drop { $0 == " " }
      guard parts.count == 2, head.hasPrefix("["), let number = Int(head.filter(\.isNumber)) else { continue }
      if parts[1].hasSuffix(" responses") {
        answers[number] = Int(parts[1].dropLast(" responses".count))
      } else {
        // Without the addresses, which are others each time.
        errors[String(parts[1].split(separator: ": ").last ?? ""), default: 0] += number
      }
    }
    try #require(total > 0, "the load generator counted nothing: \(summary)")
  }
}

/// `hey`, Debian's load generator: a constant number of requests a second through the gateway, for as long as it is
/// let. Each request is sent once, and each counts.
final class ConstantLoad: Sendable {
  /// The code that `open_inference_server.py` and `quick_model.py` answer a request with that their model fails at. The
  /// gateway answers for itself with others (404, 502, 503, 504).
  static let modelError = 500
  /// The gateway's own answer while a model has no instance.
  static let nobodyAnswers = 503

  private let process = Process()
  private let output: String

  /// - Parameter rate: Requests a second, by four clients.
  init(on model: String, of site: Site, rate: Int) throws {
    output = "\(site.folder)/load-\(UUID().uuidString)"
    try write("", to: output)
    process.executableURL = URL(filePath: "/usr/bin/hey")
    // A bound of its own, should nobody stop it; no answer in ten seconds is a failure.
    process.arguments = [
      "-z", "10m", "-t", "10", "-c", "4", "-q", "\(max(1, rate / 4))", "-m", "POST", "-T", "application/json",
      "-d", rowRequest(1), "http://127.0.0.1:\(site.gateway)/v2/models/\(model)/infer",
    ]
    process.environment = ["GOMAXPROCS": "1"]
    process.standardInput = FileHandle.nullDevice
    let file = try FileHandle(forWritingTo: URL(filePath: output))
    process.standardOutput = file
    process.standardError = file
    try process.run()
    try file.close()
  }

  /// Lets the requests that were begun end; answers what it has counted.
  func stop() async throws -> LoadReport {
    try #require(process.isRunning, "the load generator has ended: \(words)")
    process.interrupt()
    try await eventually("the load ends", within: .seconds(20)) { !process.isRunning }
    return try LoadReport(summary: words)
  }

  func discard() {
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  private var words: String {
    String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
  }
}

extension Site {
  /// Sends requests at a constant rate for as long as `body` runs; answers what became of them.
  func underConstantLoad(on model: String, rate: Int = 100, _ body: () async throws -> Void) async throws
    -> LoadReport
  {
    let load = try ConstantLoad(on: model, of: self, rate: rate)
    defer { load.discard() }
    try await body()
    return try await load.stop()
  }
}

/// Says what the clients of a story saw; the figures are facts of this run, not limits.
func measured(_ story: String, _ load: LoadReport) {
  let errors = load.answers[ConstantLoad.modelError] ?? 0
  let failed = load.failed(besides: [ConstantLoad.modelError])
  print("\(story): \(load.total) requests, \(errors) answered with an error by a model, failed: \(failed)")
}
