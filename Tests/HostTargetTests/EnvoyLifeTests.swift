import Effects
import Foundation
import Logging
import Testing
import Vocabulary

@testable import HostTarget

@Suite(.serialized, .timeLimit(.minutes(2)))
struct EnvoyLifeTests {
  @Test(arguments: [
    table([("1", 100, [1])], host: "*"), table([("1", 100, [1])], prefix: "/a?b"),
    table([("1", 100, [0x10001])]),
  ])
  func `what Envoy rejects is said in its words, and the old table keeps serving`(bad: RouteTable)
    async throws
  {
    try await withGateway { setting in
      let good = table([("1", 100, [try await setting.serve("a")])])
      try await setting.gateway.apply(good)
      let error = await #expect(throws: GatewayError.self) { try await setting.gateway.apply(bad) }
      #expect(error?.kind == .rejected && error?.remedy == .commit)
      #expect(error?.message.contains("it gave no reason") == false)
      #expect(await setting.gateway.observe().accepted == good)
      #expect(await setting.gateway.observe().problem == error?.message)
      #expect(try await infer(setting.port, 1).status == 200)

      // The rejected files are gone: Envoy comes back with what was accepted.
      kill(try setting.envoy(), SIGKILL)
      try await eventually("it serves again") { (try? await infer(setting.port, 1).status) == 200 }
      let better = table([("1", 100, [try await setting.serve("b")])])
      try await setting.gateway.apply(better)
      let seen = await setting.gateway.observe()
      #expect(seen.accepted == better && seen.problem == nil)
    }
  }

  @Test func `refuses weights that do not sum to 100`() async throws {
    try await withGateway { setting in
      let error = await #expect(throws: GatewayError.self) {
        try await setting.gateway.apply(table([("1", 60, [1]), ("2", 30, [2])]))
      }
      #expect(error?.message == "the weights of model sum to 90 instead of 100")
    }
  }

  @Test func `keeps serving without an agent, and the next one adopts it with all it knows`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      var pid: Int32 = 0
      let wanted = table([("1", 60, [a]), ("2", 40, [b])])
      do {
        let first = try setting.nextLife()
        try await first.start()
        try await first.apply(wanted)
        pid = try setting.envoy()
      }
      _ = await send(40, to: setting.port)
      let next = try setting.nextLife()
      try await next.start()
      #expect(try setting.envoy() == pid)
      let seen = await next.observe()
      #expect(seen.accepted == wanted && seen.problem == nil)
      #expect(seen.statistics?.values.reduce(0) { $0 + $1.counts.requests } == 40)
      try await next.apply(table([("2", 100, [b])]))
      #expect(await next.observe().statistics?.count == 1)
      #expect(await send(20, to: setting.port).count(of: "2") == 20)
    }
  }

  @Test func `an agent that was killed while it wrote routes leaves nothing that misleads the next`()
    async throws
  {
    try await withGateway { setting in
      let good = table([("1", 100, [try await setting.serve("a")])])
      try await setting.gateway.apply(good)
      // What a killed agent leaves: a file of ours that Envoy has rejected.
      let paths = EnvoyPaths(stateDirectory: setting.host.state)
      let settings = GatewaySettings(host: "127.0.0.1", port: setting.port, program: "envoy")
      let file = EnvoyConfiguration(settings: settings, paths: paths)
        .routes(table([("1", 100, [1])], host: "*"), id: "life-9")
      try Data(file.bytes).write(to: URL(filePath: paths.routes), options: .atomic)
      let next = try setting.nextLife()
      try await next.start()
      #expect(await next.observe().accepted == good)
      #expect(try await infer(setting.port, 1).status == 200)
      let more = good + table([("3", 100, [1])], model: "other")
      try await next.apply(more)
      #expect(await next.observe().accepted == more)
    }
  }

  @Test func `is started again when it dies, with the same routing, and says so meanwhile`() async throws {
    try await withGateway { setting in
      let wanted = table([("1", 100, [try await setting.serve("a")])])
      try await setting.gateway.apply(wanted)
      let pid = try setting.envoy()
      kill(pid, SIGKILL)
      try await eventually("the death is noticed") {
        await setting.gateway.observe().problem?.contains("killed by signal 9") == true
      }
      let meanwhile = await setting.gateway.observe()
      #expect(meanwhile.statistics == nil)
      try await eventually("it serves again") { await setting.gateway.observe().accepted == wanted }
      #expect(try setting.envoy() != pid)
      #expect(try await infer(setting.port, 1).status == 200)
      #expect(await setting.gateway.observe().problem == nil)
    }
  }

  @Test func `a new life with other settings replaces the gateway`() async throws {
    try await withGateway { setting in
      let old = try setting.envoy()
      await setting.gateway.stop()
      do {
        let first = try setting.nextLife()
        try await first.start()
      }
      let port = try freePort()
      let next = try setting.host.gateway(port: port)
      try await next.start()
      #expect(try setting.envoy() != old)
      #expect(try await get(port, "/").status == 404)
      await next.stop()
    }
  }

  @Test func `says that its port is taken`() async throws {
    try await withHost { host in
      let listener = try Listener()
      let gateway = try host.gateway(port: listener.port)
      let error = await #expect(throws: GatewayError.self) { try await gateway.start() }
      #expect(error?.kind == .portTaken && error?.remedy == .wait)
      #expect(error?.message.contains("127.0.0.1:\(listener.port)") == true)
      #expect(await gateway.observe().problem == error?.message)
    }
  }

  @Test func `another agent's gateway on the same port is a taken port, too`() async throws {
    try await withGateway { setting in
      try await withHost { other in
        let gateway = try other.gateway(port: setting.port)
        let error = await #expect(throws: GatewayError.self) { try await gateway.start() }
        #expect(error?.kind == .portTaken)
      }
    }
  }

  @Test(
    arguments: [
      ("/no/such/envoy", "127.0.0.1", .missing, "/no/such/envoy"),
      ("no-such-envoy", "127.0.0.1", .missing, "there is no program no-such-envoy"),
      ("false", "127.0.0.1", .rejected, "exited with status 1 at its start"),
      (nil, "nowhere", .rejected, "malformed IP address: nowhere"),
    ] as [(String?, String, GatewayError.Kind, String)])
  func `says why it cannot start`(
    program: String?, address: String, kind: GatewayError.Kind, words: String
  ) async throws {
    try await withHost { host in
      let gateway = try host.gateway(port: try freePort(), program: program, address: address)
      let error = await #expect(throws: GatewayError.self) { try await gateway.start() }
      #expect(error?.kind == kind)
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
      #expect(host.processes().isEmpty)
      let refused = await #expect(throws: GatewayError.self) { try await gateway.apply(RouteTable()) }
      #expect(refused?.kind == .unreachable && refused?.message == error?.message)
    }
  }

  @Test func `a state directory that is too long for a socket is said at once`() throws {
    let long = FileManager.default.temporaryDirectory.path + "/" + String(repeating: "x", count: 120)
    defer { try? FileManager.default.removeItem(atPath: long) }
    let settings = GatewaySettings(host: "127.0.0.1", port: 1, program: "envoy")
    let error = #expect(throws: GatewayError.self) {
      try EnvoyGateway(settings: settings, stateDirectory: long, logger: Logger(label: "test")) {}
    }
    #expect(error?.message.contains("choose a shorter stateDir") == true)
  }
}
