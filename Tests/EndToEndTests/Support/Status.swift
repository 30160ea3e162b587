import Foundation
import TestSupport
import Testing

/// The parts of `status -o json` that stories wait for.
struct Status: Decodable, Sendable {
  struct Source: Decodable, Sendable {
    var commit: String?
    var trouble: String?
  }
  struct Release: Decodable, Hashable, Sendable {
    var version: String
    var revision: String
    var commit: String?
  }
  struct Step: Decodable, Sendable {
    var index: Int
    var text: String
  }
  struct Instance: Decodable, Hashable, Sendable {
    var id: String
    var revision: String
    var port: Int
    var ready: Bool
  }
  struct Condition: Decodable, Sendable {
    var type: String
    var status: String
    var reason: String
    var message: String
  }
  struct Model: Decodable, Sendable {
    var name: String
    var phase: String
    var step: Step?
    var stable: Release?
    var candidate: Release?
    var weights: [String: Int]
    var instances: [Instance]
    var conditions: [Condition]

    /// Whether this version serves and nothing is on its way.
    func isStable(_ version: String) -> Bool { phase == "stable" && stable?.version == version }

    /// Whether this version is stable and gets all requests, whatever is on its way.
    func serves(_ version: String) -> Bool {
      stable?.version == version && weights == [stable?.revision ?? "": 100]
    }

    func condition(_ type: String) -> Condition? {
      conditions.first { $0.type == type && $0.status == "True" }
    }
  }
  var source: Source
  var models: [Model]
}

/// The parts of `history -o json` that stories wait for.
struct History: Decodable, Sendable {
  struct Failure: Decodable, Sendable {
    var reason: String
    var message: String
    var log: [String]
  }
  struct Rollout: Decodable, Sendable {
    var rollout: String
    var version: String
    var revision: String
    var commit: String?
    var outcome: String?
    var failure: Failure?
    var revert: String?
    var requestedBy: String?
  }
  var rollouts: [Rollout]
}

extension Site {
  func status() async throws -> Status {
    try decode(try await ask("status", "-o", "json"))
  }

  func model(_ name: String) async throws -> Status.Model? {
    try await status().models.first { $0.name == name }
  }

  /// Waits until the agent says something about a model.
  @discardableResult
  func wait(
    for name: String, within deadline: Duration = .seconds(60), _ what: String,
    _ condition: (Status.Model) async throws -> Bool
  ) async throws -> Status.Model {
    var last: Status.Model?
    try await eventually("\(name) \(what); last: \(shown(last))", within: deadline, pace: patience) {
      last = try await model(name)
      guard let seen = last else { return false }
      return try await condition(seen)
    }
    return try #require(last)
  }

  /// Waits until this version of a model serves and nothing is on its way.
  @discardableResult
  func waitUntilStable(_ name: String, _ version: String, within deadline: Duration = .seconds(60))
    async throws -> Status.Model
  {
    try await wait(for: name, within: deadline, "\(version) is stable") { $0.isStable(version) }
  }

  /// Waits until the rollout of this version waits for a person to promote it.
  @discardableResult
  func waitUntilPaused(_ name: String, _ version: String) async throws -> Status.Model {
    try await wait(for: name, "\(version) waits for a person") {
      $0.candidate?.version == version && $0.condition("Reconciling")?.message.contains("promote") == true
    }
  }

  /// The newest rollout of a version.
  func rollout(of name: String, _ version: String) async throws -> History.Rollout? {
    // Before the agent has heard of it there is no such model.
    guard try await evenkeel("history", name).status == 0 else { return nil }
    return try await history(of: name).rollouts.first { $0.version == version }
  }

  func history(of name: String) async throws -> History {
    try decode(try await ask("history", name, "-o", "json"))
  }

  /// Waits until the rollout of a version has come to this.
  @discardableResult
  func waitForRollout(
    of name: String, _ version: String, within deadline: Duration = .seconds(60), _ what: String,
    _ condition: (History.Rollout) throws -> Bool
  ) async throws -> History.Rollout {
    var last: History.Rollout?
    try await eventually(
      "\(name) \(version) \(what); last: \(shown(last))", within: deadline, pace: patience
    ) {
      last = try await rollout(of: name, version)
      return try last.map(condition) ?? false
    }
    return try #require(last)
  }

  /// Waits until the rollout of a version was rolled back, and its revert is on the remote.
  @discardableResult
  func waitUntilReverted(_ name: String, _ version: String, within deadline: Duration = .seconds(60))
    async throws -> (rollout: History.Rollout, commit: String)
  {
    let rollout = try await waitForRollout(of: name, version, within: deadline, "is reverted") {
      $0.outcome == "rolledBack" && $0.revert != nil
    }
    return (rollout, try #require(rollout.revert))
  }

  func events() async throws -> [String] {
    struct Events: Decodable {
      struct Event: Decodable { var reason: String }
      var events: [Event]
    }
    let events: Events = try decode(try await ask("events", "--limit", "1000", "-o", "json"))
    return events.events.map(\.reason)
  }
}

private func shown(_ value: (some Any)?) -> String { value.map { "\($0)" } ?? "nothing" }

/// Each question starts a process.
let patience = Duration.milliseconds(100)

func decode<Value: Decodable>(_ text: String) throws -> Value {
  try JSONDecoder().decode(Value.self, from: Data(text.utf8))
}
