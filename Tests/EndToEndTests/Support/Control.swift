import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// The agent's control API, asked without the command line: for stories that ask often.
struct Control: Sendable {
  let socket: String

  func status() async throws -> Status { try await ask(.GET, "status") }

  func history(of model: String) async throws -> History {
    try await ask(.GET, "models/\(model)/history?limit=1000")
  }

  func events(after sequence: Int) async throws -> Events {
    try await ask(.GET, "events?after=\(sequence)&limit=1000")
  }

  func lastEvent() async throws -> Int {
    let newest: Events = try await ask(.GET, "events?limit=1")
    return newest.last
  }

  /// Has the agent look at Git now.
  func reconcile() async throws {
    struct Report: Decodable {}
    let _: Report = try await ask(.POST, "reconcile")
  }

  private func ask<Answer: Decodable>(_ method: HTTPMethod, _ path: String) async throws -> Answer {
    let escaped = socket.replacing("/", with: "%2F")
    var request = HTTPClientRequest(url: "http+unix://\(escaped)/v1/\(path)")
    request.method = method
    let response = try await client.execute(request, deadline: .now() + .seconds(15))
    let body = try await response.body.collect(upTo: 16 << 20)
    try #require(response.status == .ok, "\(path): \(String(buffer: body))")
    return try JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))
  }
}

/// The parts of `events -o json` that stories wait for.
struct Events: Decodable, Sendable {
  struct Event: Decodable, Sendable {
    var reason: String
    var message: String
  }
  var events: [Event]
  var last: Int
}

extension Site {
  var control: Control { Control(socket: folder + "/agent.sock") }
}
