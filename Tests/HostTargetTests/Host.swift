import AsyncHTTPClient
import Effects
import Foundation
import HostTarget
import Logging
import Manifests
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Vocabulary

/// A state directory of its own, and what tests do with real processes in it. `withHost` leaves nothing behind.
final class Host: Sendable {
  let state: String
  let changes = Changes()
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  fileprivate init() throws {
    state = FileManager.default.temporaryDirectory.path + "/evenkeel-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
  }

  func driver() throws -> ProcessInstances {
    let changes = changes
    return try ProcessInstances(stateDirectory: state, logger: logger) { changes.note() }
  }

  /// A model server that is described by the arguments of `open_inference_server.py`.
  func server(
    _ id: String, port: Int? = nil, revision: Character = "1", grace: Duration = .seconds(5),
    environment: [String: String] = [:], _ arguments: String...
  ) throws -> InstanceSpec {
    let port = try port ?? freePort()
    return spec(
      id, port: port, revision: revision, grace: grace, environment: environment,
      ["python3", fixture("open_inference_server.py"), "--port", "\(port)"] + arguments)
  }

  func spec(
    _ id: String, port: Int, revision: Character = "1", grace: Duration = .seconds(5),
    environment: [String: String] = [:], _ command: [String]
  ) -> InstanceSpec {
    InstanceSpec(
      id: InstanceID(id), model: "model", revision: Host.revision(revision), command: command,
      environment: environment, folder: state, port: port, metricsPort: 0,
      readyPath: "/v2/models/model/ready", terminationGrace: grace)
  }

  static func revision(_ digit: Character) -> Revision {
    guard let revision = Revision(hex: String(repeating: digit, count: 64)) else {
      preconditionFailure("\(digit) is not a hexadecimal digit")
    }
    return revision
  }

  /// Pids of running processes that carry this state directory's marker.
  func processes() -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { pid in
      guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else {
        return false
      }
      return String(decoding: environment, as: UTF8.self).split(separator: "\0")
        .contains("EVENKEEL_STATE=\(state)")
    }
  }

  fileprivate func cleanUp() async {
    await HostProcesses.stopAll(stateDirectory: state, grace: .zero)
    try? FileManager.default.removeItem(atPath: state)
  }
}

/// Runs a test on a host of its own and ends all that it started, also when it fails.
func withHost(_ body: (Host) async throws -> Void) async throws {
  let host = try Host()
  do {
    try await body(host)
  } catch {
    await host.cleanUp()
    throw error
  }
  let state = host.state
  await host.cleanUp()
  #expect(host.processes().isEmpty, "processes are left in \(state)")
}

/// Counts the calls of `onChange`.
final class Changes: Sendable {
  private let calls = Mutex(0)
  var count: Int { calls.withLock { $0 } }
  func note() { calls.withLock { $0 += 1 } }
}

struct Late: Error, CustomStringConvertible {
  var description: String
}

/// Waits until a condition holds, and fails once the deadline has passed.
func eventually(
  _ what: String, within limit: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let deadline = clock.now + limit
  while try await !condition() {
    guard clock.now < deadline else { throw Late(description: "not within \(limit): \(what)") }
    try await Task.sleep(for: .milliseconds(5))
  }
}

extension ProcessInstances {
  func condition(of id: InstanceID) -> InstanceCondition? {
    observe().first { $0.id == id }?.condition
  }

  func pid(of id: InstanceID) -> Int32? {
    observe().first { $0.id == id }?.pid.map { Int32($0) }
  }

  nonisolated func wait(
    for id: InstanceID, toBe wanted: InstanceCondition, within limit: Duration = .seconds(20)
  ) async throws {
    try await eventually("\(id) is \(wanted)", within: limit) { await condition(of: id) == wanted }
  }
}

/// A port that nobody listens on, different at each call. They lie below those that the kernel gives to outgoing
/// connections (32768 and up), as one of these could take the port before its server does.
func freePort() throws -> Int {
  for _ in 0..<1000 {
    let port = nextPort.withLock { next in
      next = next < 31_000 ? next + 1 : 10_000
      return next
    }
    if canBind(to: port) { return port }
  }
  throw Late(description: "no free port")
}

/// Parallel runs of the tests begin at different ports.
private let nextPort = Mutex(Int.random(in: 10_000..<31_000))

/// Binds only: a child that is being started at this moment holds a copy of the socket for an instant, which does
/// no harm to a server as long as nobody listens on it.
private func canBind(to port: Int) -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var yes: Int32 = 1
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
  return binds(descriptor, port)
}

/// Binds a socket to a port of this host.
func binds(_ descriptor: Int32, _ port: Int) -> Bool {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}

func fixture(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)").path
}

/// The Envoy to test with: `EVENKEEL_ENVOY`, or the one that `make` installs.
func envoyProgram() throws -> String {
  let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let program =
    ProcessInfo.processInfo.environment["EVENKEEL_ENVOY"] ?? package.appending(path: ".venv/bin/envoy").path
  try #require(
    FileManager.default.isExecutableFile(atPath: program),
    "there is no Envoy at \(program): `make` installs one, or EVENKEEL_ENVOY names another")
  return program
}
