import Effects
import Foundation
import HostTarget
import NIOHTTP1
import Testing
import Vocabulary

@Suite(.serialized, .timeLimit(.minutes(2)))
struct EnvoyPreviewTests {
  @Test func `the preview's header, with any value, leads to the preview, whatever the weights`()
    async throws
  {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      try await setting.gateway.apply(
        table([("1", 100, [a]), ("2", 0, [b])], preview: (.header("x-preview"), "2")))
      for value in ["", "1", "no"] {
        let asked = try await infer(setting.port, 1, headers: ["X-Preview": value])
        #expect(asked.status == 200 && asked.revision == "2", "with \"\(value)\"")
      }
      #expect(try await infer(setting.port, 1).revision == "1")
      #expect(try await infer(setting.port, 1, headers: ["x-other": "1"]).revision == "1")
      try await setting.expectCounts("2", RequestCounts(requests: 3, errors: 0))
      try await setting.expectCounts("1", RequestCounts(requests: 2, errors: 0))

      try await setting.gateway.apply(
        table([("1", 50, [a]), ("2", 50, [b])], preview: (.header("x-preview"), "1")))
      for number in 0..<20 {
        #expect(try await infer(setting.port, number, headers: ["x-preview": "1"]).revision == "1")
      }
      try await setting.gateway.apply(table([("1", 100, [a]), ("2", 0, [b])]))
      #expect(try await infer(setting.port, 1, headers: ["x-preview": "1"]).revision == "1")
    }
  }

  @Test func `a host for previews takes the paths of its models there and nothing else`() async throws {
    try await withGateway { setting in
      let port = try await setting.serve("a")
      func model(_ name: ModelName, _ host: String?, _ prefix: String, _ preview: Preview?) -> RouteTable {
        table(
          [("1", 100, [port]), ("2", 0, [port])], model: name, host: host, prefix: prefix,
          preview: preview.map { ($0, "2") })
      }
      try await setting.gateway.apply(
        model("one", nil, "/one", .host("Preview.example"))
          + model("deep", nil, "/one/deep", nil)
          + model("two", "a.example", "/two", .host("preview.example"))
          + model("guest", nil, "/m", .host("a.example"))
          + model("owner", "a.example", "/owned", nil)
          + model("rival", "b.example", "/owned", .host("a.example"))
          + model("asker", "a.example", "/h", .header("x-preview")))
      let expected: [(String?, String, [String], String?)] = [
        (nil, "/one", [], "one 1"), (nil, "/two", [], nil), (nil, "/m/x", [], "guest 1"),
        ("preview.example", "/one/x", [], "one 2"), ("PREVIEW.example:80", "/one", [], "one 2"),
        ("preview.example", "/one/deep/x", [], "deep 1"), ("preview.example", "/two", [], "two 2"),
        ("preview.example", "/m", [], "guest 1"), ("preview.example", "/h", [], nil),
        ("a.example", "/one", [], "one 1"), ("a.example", "/two", [], "two 1"),
        ("a.example", "/m", [], "guest 2"), ("c.example", "/m", [], "guest 1"),
        // A model that has a name for itself keeps its requests, whoever has a preview there.
        ("a.example", "/owned", [], "owner 1"), ("b.example", "/owned", [], "rival 1"),
        ("a.example", "/h", ["x-preview"], "asker 2"), ("a.example", "/h", [], "asker 1"),
        ("a.example", "/one", ["x-preview"], "one 1"),
      ]
      for (host, path, names, wanted) in expected {
        let headers = HTTPHeaders(names.map { ($0, "1") })
        let answer = try await get(setting.port, path, host: host, headers: headers)
        let got = answer.headers.first(name: "x-evenkeel-model").map { "\($0) \(answer.revision ?? "-")" }
        #expect(got == wanted, "\(host ?? "any") \(path) \(names)")
      }
    }
  }

  @Test func `a preview whose instances are gone says so, and its model goes on`() async throws {
    try await withGateway { setting in
      let port = try await setting.serve("a")
      let wanted = table([("1", 100, [port]), ("2", 0, [])], preview: (.header("x-preview"), "2"))
      try await setting.gateway.apply(wanted)
      #expect(try await infer(setting.port, 1, headers: ["x-preview": "1"]).status == 503)
      #expect(try await infer(setting.port, 1).status == 200)
    }
  }

  @Test(arguments: [
    (table([("1", 100, [1])], preview: (.header("x"), "2")), "the preview of model is none of its backends"),
    (table([("1", 100, [1])], mirror: (5, "2")), "the mirror of model is none of its backends"),
    (
      table([("1", 100, [1])], mirror: (0, "1")),
      "a mirror of model gets 1 to 100 percent of the requests"
    ),
  ])
  func `refuses a preview or a mirror that cannot be meant`(wrong: RouteTable, words: String) async throws {
    try await withGateway { setting in
      let error = await #expect(throws: GatewayError.self) { try await setting.gateway.apply(wrong) }
      #expect(error?.kind == .rejected && error?.message == words)
    }
  }
}

extension Answer {
  /// The digit of the revision that answered.
  var revision: Character? { headers.first(name: "x-evenkeel-revision")?.first }
}
