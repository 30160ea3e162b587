import Effects
import Foundation
import Manifests
import Testing
import Vocabulary

@testable import Artifacts

@Suite(.timeLimit(.minutes(3))) struct DownloadTests {
  private static let impatient = DownloadPatience(
    firstByte: .milliseconds(300), stall: .milliseconds(300), resumptions: 2)

  @Test func `takes up a download where it broke off`() async throws {
    try await Bench.run { bench in
      let artifact = try bench.artifact("big.bin", over: "cut/2/big.bin")
      _ = try await bench.store().stored(artifact)
      let requests = try await bench.server.requests("cut")
      #expect(requests.count == 3)
      #expect(requests.first == "/cut/2/big.bin -")
      // Where exactly is up to the client: what it had not handed out when the connection broke is lost.
      let offsets = requests.dropFirst().map { Int($0.filter(\.isNumber).dropFirst()) ?? 0 }
      #expect(offsets.allSatisfy { $0 > 0 } && offsets == offsets.sorted())
    }
  }

  @Test func `starts anew when the server knows no ranges`() async throws {
    try await Bench.run { bench in
      _ = try await bench.store().stored(bench.artifact("big.bin", over: "cut-without-range/2/big.bin"))
      #expect(try await bench.server.requests("cut-without-range").count == 3)
    }
  }

  @Test func `starts anew when the file was replaced between two pieces`() async throws {
    try await Bench.run { bench in
      _ = try await bench.store().stored(bench.artifact("big.bin", over: "replaced/1/big.bin"))
      #expect(try await bench.server.requests("replaced").count == 3)
    }
  }

  @Test func `gives up a download that breaks off again and again`() async throws {
    try await Bench.run { bench in
      let store = try bench.store(patience: Self.impatient)
      let error = try await store.failure(bench.artifact("big.bin", over: "cut/1000/big.bin"))
      #expect(error.kind == .truncated)
      #expect(try await bench.server.requests("cut").count == 3)
    }
  }

  @Test(arguments: ["stall/big.bin", "silent/big.bin"])
  func `waits out a server that hangs, but not for ever`(route: String) async throws {
    try await Bench.run { bench in
      let store = try bench.store(patience: Self.impatient)
      let error = try await store.outage(bench.artifact("big.bin", over: route))
      #expect(error.kind == .unavailable)
      await store.store.shutdown()
    }
  }

  @Test func `takes a server that trickles for an outage, and goes on elsewhere`() async throws {
    try await Bench.run { bench in
      let patience = DownloadPatience(minimumBytes: 1 << 10, rateWindow: .milliseconds(300))
      let store = try bench.store(patience: patience, concurrentDownloads: 1)
      let slow = try bench.artifact("big.bin", over: "trickle/big.bin")
      let error = try await store.outage(slow)
      #expect(error.kind == .unavailable && error.remedy == .wait)
      #expect(error.message.contains("sends too slowly"))
      _ = try await store.stored(bench.artifact("good.tar", over: "files/good.tar"))
      await store.store.shutdown()
    }
  }

  @Test func `files of this host do not wait for servers`() async throws {
    try await Bench.run { bench in
      let store = try bench.store(concurrentDownloads: 1)
      _ = await store.store.request(try bench.artifact("big.bin", over: "trickle/big.bin"))
      _ = try await store.stored(bench.artifact("good.tar"))
      await store.store.shutdown()
    }
  }

  @Test func `ends well after an outage`() async throws {
    try await Bench.run { bench in
      let store = try bench.store()
      let artifact = try bench.artifact("good.tar.gz", over: "outage/5/good.tar.gz")
      let error = try await store.outage(artifact)
      #expect(error.kind == .unavailable)
      #expect(error.message.contains("503"))
      let status = try await store.status(of: artifact) { $0.folder != nil }
      #expect(status.folder != nil)
      #expect(try await bench.server.requests("outage").count == 6)
    }
  }

  @Test(arguments: [400, 401, 403, 404, 410])
  func `takes a client error for an artifact that is not there`(code: Int) async throws {
    try await Bench.run { bench in
      let artifact = try bench.artifact("plain.bin", over: "status/\(code)?signature=secret")
      let error = try await bench.store().failure(artifact)
      #expect(error.kind == .notFound)
      #expect(error.message.contains("\(code)"))
      #expect(error.message.contains("http://127.0.0.1:\(bench.server.port)/status/\(code) "))
      #expect(!error.message.contains("secret"))
    }
  }

  @Test(arguments: [429, 500, 502, 503, 504])
  func `takes a server error for an outage`(code: Int) async throws {
    try await Bench.run { bench in
      let store = try bench.store()
      #expect(
        try await store.outage(bench.artifact("plain.bin", over: "status/\(code)")).kind == .unavailable)
      await store.store.shutdown()
    }
  }

  @Test func `takes a refused connection and an unknown host for an outage`() async throws {
    try await Bench.run { bench in
      let store = try bench.store()
      let port = try await FaultyServer.serve(bench.files) { $0.port }
      for host in ["127.0.0.1:\(port)", "no-such-host.invalid"] {
        let artifact = try bench.artifact("plain.bin", at: "http://\(host)/plain.bin")
        #expect(try await store.outage(artifact).kind == .unavailable)
      }
      await store.store.shutdown()
    }
  }

  @Test func `follows a redirect, and keeps the name that the manifest gave`() async throws {
    try await Bench.run { bench in
      let folder = try await bench.store().stored(bench.artifact("plain.bin", over: "redirect/plain.bin"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["plain.bin"])
    }
  }

  @Test(arguments: ["loop", "to-file"])
  func `refuses redirects without end and to files`(route: String) async throws {
    try await Bench.run { bench in
      let error = try await bench.store().failure(bench.artifact("plain.bin", over: route))
      #expect(error.kind == .notFound)
    }
  }

  @Test func `never leaves https for http`() throws {
    guard case .web(let address) = try ArtifactLocation(uri: "https://models.example.com/a?b=c") else {
      Issue.record("not a web address")
      return
    }
    #expect(throws: ArtifactError.self) { try address.redirected(to: "http://models.example.com/a") }
    #expect(try address.redirected(to: "/b").shown == "https://models.example.com/b")
    #expect(try address.redirected(to: "//other.example.com/b").shown == "https://other.example.com/b")
  }

  @Test(arguments: ["endless", "files/big.bin"])
  func `stops at the limit, announced or not`(route: String) async throws {
    try await Bench.run { bench in
      let store = try bench.store(limits: ArtifactLimits(downloadBytes: 1 << 20))
      let error = try await store.failure(bench.artifact("plain.bin", over: route))
      #expect(error.kind == .invalid)
      #expect(error.message.contains("1048576"))
    }
  }

  @Test(arguments: [
    "ftp://example.com/a", "models/a", "file://server/share/a", "file:relative", "http:///a",
    "https://user:password@example.com/a", "", "http://exa mple.com/",
  ])
  func `refuses a URI that it cannot fetch, without a secret in the message`(uri: String) async throws {
    try await Bench.run { bench in
      let error = try await bench.store().failure(bench.artifact("plain.bin", at: uri))
      #expect(error.kind == .invalid)
      #expect(!error.message.contains("password"))
    }
  }

  @Test(arguments: ["/no/such/file", "/dev/null/a"])
  func `says that a file is not there`(path: String) async throws {
    try await Bench.run { bench in
      let error = try await bench.store().failure(bench.artifact("plain.bin", at: "file://\(path)"))
      #expect(error.kind == .notFound)
      #expect(error.message.contains(path))
    }
  }

  @Test(arguments: ["%2E%2E", "..", "a%5Cb", "a%0Ab", "a%00b", "%FF"])
  func `stores no file under an unsafe name`(name: String) {
    #expect(throws: ArtifactError.self) {
      try ArtifactLocation(uri: "http://example.com/\(name)").fileName()
    }
  }

  @Test(arguments: [
    ("http://example.com/a/model.onnx?b=/c", "model.onnx"), ("http://example.com/a%2Fb", "b"),
    ("http://example.com", "artifact"), ("http://example.com/models/", "artifact"),
    ("file:///models/my%20model.onnx", "my model.onnx"),
  ])
  func `names a file by the end of its path`(uri: String, name: String) throws {
    #expect(try ArtifactLocation(uri: uri).fileName().text == name)
  }
}
