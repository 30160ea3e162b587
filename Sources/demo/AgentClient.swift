import Foundation
import Subprocess
import SystemPackage

/// The agent, started as a service would be and asked as a person would: through the command line.
struct AgentClient: Sendable {
  let workplace: Workplace

  init(at workplace: Workplace) { self.workplace = workplace }

  /// Runs the agent until it is cancelled; throws when it ends by itself. It has a session of its own, so that
  /// Ctrl-C reaches the demo alone, which then ends everything in order.
  func serve() async throws -> Never {
    let log = try FileDescriptor.open(
      workplace.agentLog, .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(5))]
    let result = try await run(
      .path(workplace.evenkeel), arguments: ["agent", "--config", workplace.config.string],
      environment: .custom(subprocessEnvironment(workplace.environment)), platformOptions: options,
      input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: true),
      error: .combinedWithOutput)
    try Task.checkCancellation()
    throw StoryError("the agent ended by itself: \(result.terminationStatus)")
  }

  func status() async throws -> AgentStatus {
    let text = try await ask(["status", "-o", "json"])
    return try JSONDecoder().decode(AgentStatus.self, from: Data(text.utf8))
  }

  func history(of model: String) async throws -> String { try await ask(["history", model]) }

  /// The last lines that the agent wrote, for a story that went wrong.
  func logTail(lines: Int) -> String {
    let log = try? String(contentsOfFile: workplace.agentLog.string, encoding: .utf8)
    return (log ?? "").split(separator: "\n").suffix(lines).joined(separator: "\n")
  }

  private func ask(_ arguments: [String]) async throws -> String {
    try await output(
      of: workplace.evenkeel, arguments + ["--config", workplace.config.string],
      environment: workplace.environment, deadline: .seconds(10))
  }
}

/// The part of `evenkeel status -o json` that the demo shows.
struct AgentStatus: Decodable, Sendable {
  struct Model: Decodable, Sendable {
    struct Step: Decodable, Sendable, Hashable {
      let index: Int
      let of: Int
      let text: String
    }
    struct Deployed: Decodable, Sendable, Hashable {
      let version: String
      let revision: String
    }
    struct Condition: Decodable, Sendable, Hashable {
      let type: String
      let status: String
      let reason: String
      let message: String
    }
    let name: String
    let phase: String
    let step: Step?
    let stable: Deployed?
    let candidate: Deployed?
    /// Percent of the traffic by revision.
    let weights: [String: Int]
    let conditions: [Condition]
  }
  let models: [Model]
}

/// What the gateway writes into `x-evenkeel-revision`: the first twelve digits of the revision's digest.
func shortRevision(_ revision: String) -> String {
  String((revision.split(separator: ":").last ?? "").prefix(12))
}
