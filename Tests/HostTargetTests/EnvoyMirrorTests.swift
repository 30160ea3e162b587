import AsyncHTTPClient
import Effects
import Foundation
import HostTarget
import NIOCore
import NIOHTTP1
import Testing
import Vocabulary

@Suite(.serialized, .timeLimit(.minutes(2)))
struct EnvoyMirrorTests {
  @Test func `a mirror gets copies of every request, and no client gets its answers`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b", "--error-share", "1"))
      try await setting.gateway.apply(table([("1", 100, [a]), ("2", 0, [b])], mirror: (100, "2")))
      let tally = await send(100, to: setting.port)
      #expect(tally.statuses == [200: 100] && tally.count(of: "1") == 100 && tally.broken.isEmpty)
      try await setting.expectCounts("1", RequestCounts(requests: 100, errors: 0))
      try await setting.expectCounts("2", RequestCounts(requests: 100, errors: 100))
      #expect(try await get(setting.port, "/v2/models/model/ready").status == 200)
      try await setting.expectCounts("2", RequestCounts(requests: 101, errors: 100))

      try await setting.gateway.apply(table([("1", 100, [a]), ("2", 0, [b])]))
      _ = await send(20, to: setting.port)
      try await setting.expectCounts("1", RequestCounts(requests: 121, errors: 0))
      try await setting.expectCounts("2", RequestCounts(requests: 101, errors: 100))
    }
  }

  @Test func `a mirror gets its share of the requests`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      try await setting.gateway.apply(table([("1", 100, [a]), ("2", 0, [b])], mirror: (20, "2")))
      let count = 1500
      #expect(await send(count, to: setting.port).count(of: "1") == count)
      let deviation = (0.2 * 0.8 / Double(count)).squareRoot()
      try await eventually("the copies are answered") { await setting.statistics(of: "2")?.active == 0 }
      let copies = try #require(await setting.statistics(of: "2")).counts.requests
      #expect(abs(Double(copies) / Double(count) - 0.2) < 5 * deviation, "\(copies)")
    }
  }

  @Test func `a copy is like its request`() async throws {
    try await withGateway { setting in
      let (a, listener) = (try await setting.serve("a"), try Listener())
      try await setting.gateway.apply(
        table([("1", 100, [a]), ("2", 0, [listener.port])], mirror: (100, "2")))
      let headers: HTTPHeaders = ["host": "fraud.example:8000", "x-mine": "kept"]
      #expect(try await infer(setting.port, 7, headers: headers).status == 200)
      let copy = try await listener.text(containing: "[[7,1]]")
      #expect(
        copy.hasPrefix("POST /v2/models/model/infer HTTP/1.1\r\nhost: fraud.example:8000\r\n"), "\(copy)")
      #expect(copy.contains("x-mine: kept\r\n"))
    }
  }

  @Test func `requests that ask for the preview are not copied`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      try await setting.gateway.apply(
        table(
          [("1", 100, [a]), ("2", 0, [b])], preview: (.header("x-preview"), "1"), mirror: (100, "2")))
      #expect(try await infer(setting.port, 1, headers: ["x-preview": ""]).status == 200)
      #expect(try await infer(setting.port, 1).status == 200)
      try await setting.expectCounts("2", RequestCounts(requests: 1, errors: 0))
      try await setting.expectCounts("1", RequestCounts(requests: 2, errors: 0))
    }
  }

  @Test func `copies that hang, are refused or broken off are errors, each once, and no client notices`()
    async throws
  {
    try await withGateway { setting in
      let a = try await setting.serve("a")
      func apply(_ mirrored: Int) async throws {
        try await setting.gateway.apply(
          table([("1", 100, [a]), ("2", 0, [mirrored])], mirror: (100, "2")))
      }
      try await apply(try await setting.serve("hangs", "--delay", "60"))
      #expect(await send(20, to: setting.port).statuses == [200: 20])
      #expect(await setting.statistics(of: "2")?.active == 20)
      try await setting.expectCounts("2", RequestCounts(requests: 20, errors: 20), within: .seconds(10))
      #expect(await setting.statistics(of: "2")?.active == 0)

      async let broken = send(10, to: setting.port)
      try await eventually("the copies are active") { await setting.statistics(of: "2")?.active == 10 }
      kill(try #require(await setting.driver.pid(of: "hangs")), SIGKILL)
      #expect(await broken.statuses == [200: 10])
      try await setting.expectCounts("2", RequestCounts(requests: 30, errors: 30))

      #expect(await send(10, to: setting.port).statuses == [200: 10])
      try await setting.expectCounts("2", RequestCounts(requests: 40, errors: 40))
      try await setting.expectCounts("1", RequestCounts(requests: 40, errors: 0))
    }
  }

  @Test func `clients wait no longer with a mirror that hangs than without one`() async throws {
    try await withGateway { setting in
      let (a, hangs) = (try await setting.serve("a"), try await setting.serve("hangs", "--delay", "60"))
      try await setting.gateway.apply(table([("1", 100, [a]), ("2", 0, [hangs])]))
      let alone = try await medianDuration(of: 200, at: setting.port)
      try await setting.gateway.apply(table([("1", 100, [a]), ("2", 0, [hangs])], mirror: (100, "2")))
      let mirrored = try await medianDuration(of: 200, at: setting.port)
      print("an inference: \(alone) alone, \(mirrored) with a mirror that hangs")
      // The mirror takes 60 s; the difference between the two is noise of the machine.
      #expect(mirrored < alone + .milliseconds(250))
    }
  }

  @Test func `a mirror that stops to read holds up no client, however much it sends`() async throws {
    try await withGateway { setting in
      let (a, deaf) = (try await setting.serve("a"), try Listener())
      try await setting.gateway.apply(
        table([("1", 100, [a]), ("2", 0, [deaf.port])], mirror: (100, "2")))
      for size in [1000, 1_000_000, 1_000_001, 40_000_000] {
        let answer = try await send(bytes: size, to: setting.port)
        #expect(answer.status == 400, "\(size) bytes are no inference, but the server has read them")
      }
      // The server reads no chunks: it answers and hangs up, and which of the two comes first is chance.
      _ = try? await send(bytes: 2_000_000, inChunks: true, to: setting.port)
      // Requests of up to a million bytes are copied, longer ones and those of unknown length are not.
      try await setting.expectCounts("2", RequestCounts(requests: 2, errors: 2), within: .seconds(10))
    }
  }

  @Test func `more copies than a mirror can take are errors at once, and take nothing from clients`()
    async throws
  {
    try await withGateway { setting in
      let (a, deaf) = (try await setting.serve("a"), try Listener())
      try await setting.gateway.apply(
        table(
          [("1", 100, [a]), ("2", 0, [deaf.port])], preview: (.header("x-preview"), "2"),
          mirror: (100, "2")))
      let tally = await send(2500, to: setting.port)
      #expect(tally.statuses == [200: 2500] && tally.broken.isEmpty)
      let seen = try #require(await setting.statistics(of: "2"))
      #expect(seen.active <= 1000 && seen.counts.errors > 0, "\(seen)")
      try await setting.expectCounts("2", RequestCounts(requests: 2500, errors: 2500), within: .seconds(20))
    }
  }

  @Test func `a mirror without instances gets nothing`() async throws {
    try await withGateway { setting in
      let a = try await setting.serve("a")
      try await setting.gateway.apply(table([("1", 100, [a]), ("2", 0, [])], mirror: (100, "2")))
      #expect(try await infer(setting.port, 1).status == 200)
      try await setting.expectCounts("1", RequestCounts(requests: 1, errors: 0))
      #expect(await setting.statistics(of: "2")?.counts == RequestCounts())
    }
  }
}

/// How long half of so many inferences take at most, one after the other.
private func medianDuration(of count: Int, at port: Int) async throws -> Duration {
  let clock = ContinuousClock()
  var durations: [Duration] = []
  for number in 0..<count {
    let begun = clock.now
    #expect(try await infer(port, number).status == 200)
    durations.append(clock.now - begun)
  }
  return durations.sorted()[count / 2]
}

/// A request that is no inference, as long as wanted.
private func send(bytes: Int, inChunks: Bool = false, to port: Int) async throws -> Answer {
  var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/v2/models/model/infer")
  request.method = .POST
  let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: bytes)
  request.body = inChunks ? .stream([body].async(), length: .unknown) : .bytes(body)
  return try await send(request)
}

extension Array where Element: Sendable {
  fileprivate func async() -> AsyncStream<Element> {
    AsyncStream { stream in
      for element in self { stream.yield(element) }
      stream.finish()
    }
  }
}
