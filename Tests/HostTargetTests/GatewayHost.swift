import Effects
import Foundation
import HostTarget
import Manifests
import NIOHTTP1
import Testing
import Vocabulary

/// A gateway on a free port, and model servers behind it.
struct GatewayHost {
  let host: Host
  let gateway: EnvoyGateway
  let driver: ProcessInstances
  let port: Int

  /// Another life of the agent on the same state directory.
  func nextLife() throws -> EnvoyGateway { try host.gateway(port: port) }

  /// Starts a model server and waits until it is ready; answers its port.
  func serve(_ id: String, _ arguments: String...) async throws -> Int {
    let port = try freePort()
    let command = ["python3", fixture("open_inference_server.py"), "--port", "\(port)"]
    try await driver.start(host.spec(id, port: port, command + arguments))
    try await driver.wait(for: InstanceID(id), toBe: .ready)
    return port
  }

  func statistics(of revision: Character) async -> BackendStatistics? {
    let key = BackendKey(model: "model", revision: Host.revision(revision))
    return await gateway.observe(latenciesOf: [key]).statistics?[key]
  }

  /// Envoy's pid: of all marked processes the one that no instance is.
  func envoy() throws -> Int32 {
    let envoys = host.processes().filter { pid in
      let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
      return String(decoding: environment, as: UTF8.self).contains("EVENKEEL_GATEWAY=")
    }
    try #require(envoys.count == 1, "\(envoys)")
    return envoys[0]
  }
}

extension Host {
  func gateway(port: Int, program: String? = nil, address: String = "127.0.0.1") throws -> EnvoyGateway {
    let settings = GatewaySettings(
      host: address, port: port, program: try program ?? envoyProgram(), requestTimeout: .seconds(3),
      acceptTimeout: .seconds(10))
    let changes = changes
    return try EnvoyGateway(settings: settings, stateDirectory: state, logger: logger) { changes.note() }
  }
}

/// Runs a test with a gateway that serves, and ends all of it.
func withGateway(_ body: (GatewayHost) async throws -> Void) async throws {
  try await withHost { host in
    let port = try freePort()
    let gateway = try host.gateway(port: port)
    let setting = GatewayHost(host: host, gateway: gateway, driver: try host.driver(), port: port)
    do {
      try await gateway.start()
      try await body(setting)
    } catch {
      await gateway.stop()
      throw error
    }
    // Before the rest is cleaned up, as Envoy would be started again.
    await gateway.stop()
  }
}

/// A table with one model, by revision digit: weight and ports.
func table(
  _ backends: [(revision: Character, weight: Int, ports: [Int])], model: ModelName = "model",
  host: String? = nil, prefix: String? = nil, preview: (access: Preview, revision: Character)? = nil,
  mirror: (percent: Int, revision: Character)? = nil
) -> RouteTable {
  let route = Route(host: host, prefix: prefix ?? "/v2/models/\(model)")
  let backends = backends.map {
    Backend(revision: Host.revision($0.revision), weight: $0.weight, ports: $0.ports)
  }
  return RouteTable(models: [
    model: ModelRoute(
      route: route, backends: backends,
      preview: preview.map { PreviewRoute(access: $0.access, revision: Host.revision($0.revision)) },
      mirror: mirror.map { MirrorRoute(percent: $0.percent, revision: Host.revision($0.revision)) })
  ])
}

func + (left: RouteTable, right: RouteTable) -> RouteTable {
  RouteTable(models: left.models.merging(right.models) { $1 })
}

/// What clients got: answers by status and by the revision that gave them.
struct Tally: Sendable {
  var statuses: [Int: Int] = [:]
  var revisions: [String: Int] = [:]
  /// Requests without any answer, in words.
  var broken: [String] = []

  var total: Int { statuses.values.reduce(0, +) + broken.count }
  func count(of revision: Character) -> Int { revisions[Host.revision(revision).short] ?? 0 }

  mutating func add(_ other: Tally) {
    statuses.merge(other.statuses, uniquingKeysWith: +)
    revisions.merge(other.revisions, uniquingKeysWith: +)
    broken += other.broken
  }

  mutating func send(to port: Int, _ number: Int) async {
    do {
      let answer = try await infer(port, number)
      statuses[answer.status, default: 0] += 1
      revisions[answer.headers.first(name: "x-evenkeel-revision") ?? "", default: 0] += 1
    } catch {
      broken.append("\(error)")
    }
  }
}

/// Sends this many inferences, eight at a time.
func send(_ count: Int, to port: Int) async -> Tally {
  await withTaskGroup { group in
    for worker in 0..<8 {
      group.addTask {
        var tally = Tally()
        for number in stride(from: worker, to: count, by: 8) { await tally.send(to: port, number) }
        return tally
      }
    }
    return await group.reduce(into: Tally()) { $0.add($1) }
  }
}

/// Sends inferences from four clients for as long as `body` runs.
func underLoad(on port: Int, _ body: () async throws -> Void) async throws -> Tally {
  let clients = (0..<4).map { client in
    Task {
      var tally = Tally()
      var number = client
      while !Task.isCancelled {
        // A request that was begun is waited for, so that stopping the load breaks nothing off.
        await Task { [number, tally] in
          var tally = tally
          await tally.send(to: port, number)
          return tally
        }.value.assign(to: &tally)
        number += 4
      }
      return tally
    }
  }
  do {
    try await body()
  } catch {
    for client in clients { client.cancel() }
    throw error
  }
  var tally = Tally()
  for client in clients {
    client.cancel()
    tally.add(await client.value)
  }
  return tally
}

extension Tally {
  fileprivate func assign(to other: inout Tally) { other = self }
}

/// Somebody's socket that listens on a port, and is read only when a test wants to see what came.
final class Listener: Sendable {
  let port: Int
  private let descriptor: Int32

  init() throws {
    port = try freePort()
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(binds(descriptor, port) && listen(descriptor, 4096) == 0)
  }

  deinit { close(descriptor) }

  /// What the first client has sent, once it contains this.
  func text(containing end: String) async throws -> String {
    let client = accept(descriptor, nil, nil)
    try #require(client >= 0)
    defer { close(client) }
    var text = ""
    try await eventually("\(end) comes") {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      let count = recv(client, &bytes, bytes.count, Int32(truncatingIfNeeded: MSG_DONTWAIT))
      text += String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
      return text.contains(end)
    }
    return text
  }
}
