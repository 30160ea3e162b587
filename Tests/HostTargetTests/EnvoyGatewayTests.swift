import Effects
import Foundation
import HostTarget
import Manifests
import NIOCore
import NIOHTTP1
import Testing
import Vocabulary

@Suite(.serialized, .timeLimit(.minutes(2)))
struct EnvoyRoutingTests {
  @Test func `an empty table answers 404 and says why`() async throws {
    try await withGateway { setting in
      let answer = try await get(setting.port, "/v2/models/model/ready")
      #expect(answer.status == 404 && answer.text == "No model has this route.\n")
      let seen = await setting.gateway.observe()
      #expect(seen.accepted == RouteTable() && seen.statistics == [:] && seen.problem == nil)
    }
  }

  @Test func `a request reaches its model, and the answer says which revision gave it`() async throws {
    try await withGateway { setting in
      let wanted = table([("1", 100, [try await setting.serve("a")])])
      try await setting.gateway.apply(wanted)
      let answer = try await infer(setting.port, 20)
      #expect(answer.status == 200 && answer.text.contains("[21]"))
      #expect(answer.headers.first(name: "x-evenkeel-model") == "model")
      #expect(answer.headers.first(name: "x-evenkeel-revision") == Host.revision("1").short)
      #expect(await setting.gateway.observe().accepted == wanted)
    }
  }

  @Test func `prefixes match by whole segments, the longest first, a named host before any host`()
    async throws
  {
    try await withGateway { setting in
      let port = try await setting.serve("a")
      let routes: [(ModelName, String?, String)] = [
        ("root", nil, "/"), ("any", nil, "/m"), ("deep", nil, "/m/deep/"), ("named", "a.example", "/m"),
        ("upper", "B.example", "/u"),
      ]
      let wanted = routes.reduce(into: RouteTable()) { sum, route in
        sum = sum + table([("1", 100, [port])], model: route.0, host: route.1, prefix: route.2)
      }
      try await setting.gateway.apply(wanted)
      let expected: [(String?, String, String)] = [
        (nil, "/m", "any"), (nil, "/m/x", "any"), (nil, "/mx", "root"), (nil, "/m/deep", "deep"),
        (nil, "/m/deep/x?y=1", "deep"), (nil, "/m/deeper", "any"), ("a.example", "/m/x", "named"),
        ("A.EXAMPLE:8000", "/m/x", "named"), ("a.example", "/m/deep", "deep"), ("a.example", "/z", "root"),
        ("c.example", "/m", "any"), ("b.example", "/u", "upper"), ("b.example", "/m", "any"),
      ]
      for (host, path, model) in expected {
        let answer = try await get(setting.port, path, host: host)
        #expect(answer.headers.first(name: "x-evenkeel-model") == model, "\(host ?? "any") \(path)")
      }
    }
  }

  @Test(arguments: [5, 40])
  func `splits requests by weight`(weight: Int) async throws {
    try await withGateway { setting in
      let ports = (try await setting.serve("a"), try await setting.serve("b"))
      try await setting.gateway.apply(table([("1", 100 - weight, [ports.0]), ("2", weight, [ports.1])]))
      let count = 1500
      let tally = await send(count, to: setting.port)
      #expect(tally.statuses == [200: count] && tally.broken.isEmpty)
      let share = Double(weight) / 100
      let deviation = (share * (1 - share) / Double(count)).squareRoot()
      let seen = Double(tally.count(of: "2")) / Double(count)
      #expect(abs(seen - share) < 5 * deviation, "\(seen)")
    }
  }

  @Test func `no request fails while weights, ports and backends change`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      let c = try await setting.serve("c")
      try await setting.gateway.apply(table([("1", 100, [a])]))
      let tally = try await underLoad(on: setting.port) {
        for round in 0..<10 {
          for weight in [5, 25, 50, 100] {
            try await setting.gateway.apply(table([("1", 100 - weight, [a]), ("2", weight, [b])]))
          }
          try await setting.gateway.apply(table([("1", 0, [a]), ("2", 100, round % 2 == 0 ? [b, c] : [c])]))
          try await eventually("the old backend has drained") {
            await setting.statistics(of: "1")?.active == 0
          }
          try await setting.gateway.apply(table([("2", 100, [c])]))
          try await setting.gateway.apply(table([("1", 100, [a]), ("2", 0, [c])]))
          try await eventually("the old backend has drained") {
            await setting.statistics(of: "2")?.active == 0
          }
        }
      }
      #expect(tally.broken.isEmpty)
      #expect(tally.statuses == [200: tally.total])
      #expect(tally.total > 100 && tally.count(of: "1") > 0 && tally.count(of: "2") > 0)
    }
  }

  @Test func `no request is sent to a backend once its weight is confirmed to be zero`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      try await setting.gateway.apply(table([("1", 50, [a]), ("2", 50, [b])]))
      #expect(await send(50, to: setting.port).count(of: "2") > 0)
      try await setting.gateway.apply(table([("1", 100, [a]), ("2", 0, [b])]))
      #expect(await send(200, to: setting.port).count(of: "2") == 0)
      #expect(await setting.statistics(of: "2") != nil, "it stays known, with its statistics")
    }
  }

  @Test func `a model of which nothing runs answers 503, and nobody is charged with it`() async throws {
    try await withGateway { setting in
      let port = try await setting.serve("a")
      try await setting.gateway.apply(table([("1", 100, [port])]))
      #expect(try await infer(setting.port, 1).status == 200)
      try await setting.gateway.apply(table([("1", 100, [])]))
      let answer = try await infer(setting.port, 1)
      #expect(answer.status == 503 && answer.text == "No instance of model is running.\n")
      #expect(await setting.gateway.observe().accepted == table([("1", 100, [])]))
      try await setting.gateway.apply(table([("1", 100, [port])]))
      #expect(try await infer(setting.port, 1).status == 200)
      try await setting.expectCounts("1", RequestCounts(requests: 2, errors: 0))
    }
  }

  @Test func `a model without any weight has no route`() async throws {
    try await withGateway { setting in
      try await setting.gateway.apply(table([("1", 0, [try await setting.serve("a")])]))
      #expect(try await infer(setting.port, 1).status == 404)
      #expect(await setting.statistics(of: "1")?.counts == RequestCounts())
    }
  }

  @Test func `a request that has begun is answered though its backend lost its weight`() async throws {
    try await withGateway { setting in
      let slow = try await setting.serve("a", "--delay", "2")
      let fast = try await setting.serve("b")
      try await setting.gateway.apply(table([("1", 100, [slow])]))
      async let answer = infer(setting.port, 1)
      try await eventually("the request is active") { await setting.statistics(of: "1")?.active == 1 }
      try await setting.gateway.apply(table([("1", 0, [slow]), ("2", 100, [fast])]))
      #expect(
        try await infer(setting.port, 1).headers.first(name: "x-evenkeel-revision")
          == Host.revision("2").short)
      #expect(await setting.statistics(of: "1")?.active == 1)
      #expect(try await answer.status == 200)
      #expect(await setting.statistics(of: "1")?.active == 0)
      #expect(await setting.statistics(of: "1")?.counts == RequestCounts(requests: 1, errors: 0))
      // Envoy merges its histograms every five seconds.
      try await eventually("the duration of requests is known", within: .seconds(15)) {
        (await setting.statistics(of: "1")?.latency?.quantile(0.99) ?? .zero) > .milliseconds(1500)
      }
    }
  }

  @Test func `a request that has begun is answered though its instance left the backend`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a", "--delay", "2"), try await setting.serve("b"))
      try await setting.gateway.apply(table([("1", 100, [a])]))
      async let answer = infer(setting.port, 1)
      try await eventually("the request is active") { await setting.statistics(of: "1")?.active == 1 }
      try await setting.gateway.apply(table([("1", 100, [b])]))
      #expect(await setting.statistics(of: "1")?.active == 1)
      #expect(try await answer.status == 200)
    }
  }

  @Test func `a client cannot have errors hidden by retries`() async throws {
    try await withGateway { setting in
      let port = try await setting.serve("a", "--error-share", "1")
      try await setting.gateway.apply(table([("1", 100, [port])]))
      let wish: HTTPHeaders = ["x-envoy-retry-on": "5xx", "x-envoy-max-retries": "5"]
      #expect(try await infer(setting.port, 1, headers: wish).status == 500)
      try await setting.expectCounts("1", RequestCounts(requests: 1, errors: 1))
    }
  }
}

@Suite(.serialized, .timeLimit(.minutes(2)))
struct EnvoyStatisticsTests {
  @Test func `counts every answer once, and 5xx only as errors`() async throws {
    try await withGateway { setting in
      let port = try await setting.serve("a", "--error-share", "0.3")
      try await setting.gateway.apply(table([("1", 100, [port])]))
      let tally = await send(200, to: setting.port)
      let errors = tally.statuses[500] ?? 0
      #expect((30...90).contains(errors) && tally.total == 200)
      #expect(try await get(setting.port, "/v2/models/model/nothing").status == 404)
      try await setting.expectCounts("1", RequestCounts(requests: 201, errors: errors))
      #expect(await setting.statistics(of: "1")?.active == 0)
    }
  }

  @Test func `a server that is gone, breaks off or takes too long is an error, each time once`() async throws
  {
    try await withGateway { setting in
      try await setting.gateway.apply(table([("1", 100, [try freePort()])]))
      for number in 0..<5 { #expect(try await infer(setting.port, number).status == 503) }
      try await setting.expectCounts("1", RequestCounts(requests: 5, errors: 5))

      let slow = try await setting.serve("slow", "--delay", "10")
      try await setting.gateway.apply(table([("2", 100, [slow])]))
      #expect(try await infer(setting.port, 1).status == 504)
      try await setting.expectCounts("2", RequestCounts(requests: 1, errors: 1))

      async let broken = infer(setting.port, 2)
      try await eventually("the request is active") { await setting.statistics(of: "2")?.active == 1 }
      kill(try #require(await setting.driver.pid(of: "slow")), SIGKILL)
      #expect(try await broken.status == 503)
      try await setting.expectCounts("2", RequestCounts(requests: 2, errors: 2))
    }
  }

  @Test func `a request that its client gives up without an answer is an error, once`() async throws {
    try await withGateway { setting in
      let port = try await setting.serve("hangs", "--delay", "60")
      try await setting.gateway.apply(table([("1", 100, [port])]))
      for number in 0..<4 {
        await #expect(throws: (any Error).self) {
          try await infer(setting.port, number, patience: .milliseconds(300))
        }
      }
      try await setting.expectCounts("1", RequestCounts(requests: 4, errors: 4))
      #expect(try await infer(setting.port, 1).status == 504)
      try await setting.expectCounts("1", RequestCounts(requests: 5, errors: 5))
      #expect(await setting.statistics(of: "1")?.active == 0)
    }
  }

  @Test func `an answer that its client breaks off is an answer`() async throws {
    try await withGateway { setting in
      let port = try await setting.serve("a", "--body-delay", "2")
      try await setting.gateway.apply(table([("1", 100, [port])]))
      #expect(try await inferWithoutBody(setting.port, 1) == 200)
      try await eventually("it is over") { await setting.statistics(of: "1")?.active == 0 }
      try await setting.expectCounts("1", RequestCounts(requests: 1, errors: 0))
    }
  }

  @Test func `a backend that comes back begins at zero`() async throws {
    try await withGateway { setting in
      let (hangs, serves) = (try await setting.serve("hangs", "--delay", "60"), try await setting.serve("a"))
      try await setting.gateway.apply(table([("1", 100, [hangs])]))
      await #expect(throws: (any Error).self) {
        try await infer(setting.port, 1, patience: .milliseconds(300))
      }
      try await setting.expectCounts("1", RequestCounts(requests: 1, errors: 1))
      try await setting.gateway.apply(table([("2", 100, [serves])]))
      #expect(await setting.statistics(of: "1") == nil)
      try await setting.gateway.apply(table([("1", 100, [serves])]))
      #expect(try await infer(setting.port, 1).status == 200)
      try await setting.expectCounts("1", RequestCounts(requests: 1, errors: 0))
    }
  }

  @Test func `counts go on when the ports of a backend change`() async throws {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      try await setting.gateway.apply(table([("1", 100, [a])]))
      _ = await send(20, to: setting.port)
      try await setting.gateway.apply(table([("1", 100, [a, b])]))
      _ = await send(20, to: setting.port)
      try await setting.gateway.apply(table([("1", 100, [b])]))
      _ = await send(20, to: setting.port)
      try await setting.expectCounts("1", RequestCounts(requests: 60, errors: 0))
    }
  }

  @Test func `requests go on being counted when the ports change, errors from where they were or from zero`()
    async throws
  {
    try await withGateway { setting in
      let (bad, good) = (try await setting.serve("a", "--error-share", "1"), try await setting.serve("b"))
      try await setting.gateway.apply(table([("1", 100, [bad])]))
      _ = await send(20, to: setting.port)
      try await setting.expectCounts("1", RequestCounts(requests: 20, errors: 20))
      try await setting.gateway.apply(table([("1", 100, [good])]))
      _ = await send(20, to: setting.port)
      try await eventually("all are counted") {
        await setting.statistics(of: "1")?.counts.requests == 40
      }
      let errors = await setting.statistics(of: "1")?.counts.errors
      #expect(errors == 0 || errors == 20)
    }
  }
}

extension GatewayHost {
  /// Envoy counts a request just after it has sent the answer, so the last one may be a moment late.
  func expectCounts(
    _ revision: Character, _ counts: RequestCounts, within limit: Duration = .seconds(2)
  ) async throws {
    do {
      try await eventually("\(counts)", within: limit) { await statistics(of: revision)?.counts == counts }
    } catch {
      let seen = await statistics(of: revision)?.counts
      throw Late(description: "\(error), but \(seen.map { "\($0)" } ?? "nothing")")
    }
  }
}
