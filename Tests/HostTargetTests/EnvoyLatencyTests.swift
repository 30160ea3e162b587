import Effects
import HostTarget
import NIOCore
import Testing
import Vocabulary

/// How long requests took, as Envoy shows it every five seconds.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct EnvoyLatencyTests {
  @Test func `counts answers by how long they took, of those backends that are asked for`() async throws {
    try await withGateway { setting in
      let slow = try await setting.serve("a", "--delay", "0.3")
      let fast = try await setting.serve("b")
      try await setting.gateway.apply(table([("1", 50, [slow]), ("2", 50, [fast])]))
      let first = await send(40, to: setting.port)
      try await setting.expectTimes(
        "1", SlowCounts(requests: first.count(of: "1"), slow: first.count(of: "1")))
      try await setting.expectTimes("2", SlowCounts(requests: first.count(of: "2"), slow: 0))
      let second = await send(20, to: setting.port)
      let all = first.count(of: "1") + second.count(of: "1")
      try await setting.expectTimes("1", SlowCounts(requests: all, slow: all))
      let longest = try #require(await setting.statistics(of: "1")?.latency?.quantile(1))
      #expect((.milliseconds(300)..<(.seconds(3))).contains(longest))

      let asked = BackendKey(model: "model", revision: Host.revision("2"))
      let seen = try #require(await setting.gateway.observe(latenciesOf: [asked]).statistics)
      #expect(seen.filter { $0.value.latency != nil }.keys.sorted { "\($0)" < "\($1)" } == [asked])
      #expect(await setting.gateway.observe().statistics?.values.contains { $0.latency != nil } == false)
    }
  }

  @Test func `an error that the server answers has a time, a request without an answer has none`()
    async throws
  {
    try await withGateway { setting in
      let broken = try await setting.serve("a", "--error-share", "1")
      try await setting.gateway.apply(table([("1", 100, [broken])]))
      for number in 0..<3 { #expect(try await infer(setting.port, number).status == 500) }
      let hanging = try await setting.serve("b", "--delay", "5")
      try await setting.gateway.apply(table([("1", 0, [broken]), ("2", 100, [hanging])]))
      #expect(try await infer(setting.port, 1).status == 504)
      await #expect(throws: (any Error).self) {
        try await infer(setting.port, 1, patience: .milliseconds(500))
      }
      try await setting.expectCounts("2", RequestCounts(requests: 2, errors: 2))
      let gone = try freePort()
      try await setting.gateway.apply(table([("1", 50, [broken]), ("2", 0, [hanging]), ("3", 50, [gone])]))
      let tally = await send(20, to: setting.port)
      // What comes later is known later, so by then the others' would be known too.
      try await setting.expectTimes("1", SlowCounts(requests: 3 + (tally.statuses[500] ?? 0)))
      for revision: Character in ["2", "3"] {
        #expect(await setting.statistics(of: revision)?.latency == nil)
      }
    }
  }

  @Test func `times begin again at zero when the ports of a backend change`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      try await setting.gateway.apply(table([("1", 100, [a])]))
      _ = await send(20, to: setting.port)
      try await setting.expectTimes("1", SlowCounts(requests: 20))
      try await setting.gateway.apply(table([("1", 100, [a, b])]))
      _ = await send(10, to: setting.port)
      try await setting.expectTimes("1", SlowCounts(requests: 10))
    }
  }

  @Test func `a backend that comes back begins without times`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      try await setting.gateway.apply(table([("1", 100, [a])]))
      _ = await send(20, to: setting.port)
      try await setting.expectTimes("1", SlowCounts(requests: 20))
      try await setting.gateway.apply(table([("2", 100, [b])]))
      try await setting.gateway.apply(table([("1", 50, [a]), ("2", 50, [b])]))
      let tally = await send(40, to: setting.port)
      try await setting.expectTimes("1", SlowCounts(requests: tally.count(of: "1")))
    }
  }

  @Test func `more backends than fit into one address are all asked for`() async throws {
    try await withGateway { setting in
      let port = try await setting.serve("a")
      try await setting.gateway.apply(table([("1", 100, [port])]))
      _ = await send(5, to: setting.port)
      try await setting.expectTimes("1", SlowCounts(requests: 5))
      let name = ModelName(String(repeating: "m", count: 63))
      for count in [99, 100, 3000] {
        let others = (0..<count).map { number in
          let digits = String(number, radix: 16)
          let hex = digits + String(repeating: "0", count: 64 - digits.count)
          return BackendKey(model: name, revision: Revision(hex: hex) ?? Host.revision("3"))
        }
        let key = BackendKey(model: "model", revision: Host.revision("1"))
        let seen = await setting.gateway.observe(latenciesOf: Set(others + [key]))
        #expect(seen.statistics?[key]?.latency != nil, "with \(count) others")
      }
    }
  }
}

extension GatewayHost {
  /// Waits until so many answers have a time, and so many of them one of 300 ms and more.
  fileprivate func expectTimes(_ revision: Character, _ expected: SlowCounts) async throws {
    var seen: SlowCounts?
    do {
      try await eventually("times are known", within: .seconds(15)) {
        seen = await statistics(of: revision)?.latency?.counts(slowerThan: .milliseconds(300))
        return seen == expected
      }
    } catch {
      Issue.record("\(seen.map { "\($0)" } ?? "no times"), not \(expected)")
      throw error
    }
  }
}
