import Effects
import Foundation
import Manifests
import Testing
import Vocabulary

@testable import Artifacts

@Suite(.timeLimit(.minutes(3))) struct StoreTests {
  @Test func `answers at once while it fetches, and says how far it is`() async throws {
    try await Bench.run { bench in
      let store = try bench.store()
      let artifact = try bench.artifact("big.bin", over: "gated/big.bin")
      #expect(await store.store.request(artifact) == .fetching(bytes: 0, total: nil))
      #expect(await store.store.request(artifact) == .fetching(bytes: 0, total: nil))
      _ = try await bench.server.ask("open")
      let folder = try await store.stored(artifact)
      #expect(folder == "\(bench.storeFolder)/sha256/\(artifact.digest.hex)")
      #expect(try bench.leftovers() == [])
    }
  }

  @Test func `downloads nothing that is stored, also after a restart`() async throws {
    try await Bench.run { bench in
      let artifact = try bench.artifact("good.tar.gz", over: "files/good.tar.gz")
      let folder = try await bench.store().stored(artifact)
      let restarted = try bench.store()
      #expect(await restarted.store.request(artifact) == .stored(folder: folder))
      #expect(try await bench.server.requests("files").count == 1)
    }
  }

  @Test func `downloads a digest once though two URIs promise it`() async throws {
    try await Bench.run { bench in
      let store = try bench.store()
      let first = try bench.artifact("good.tar", over: "gated/good.tar")
      let second = try bench.artifact("good.tar", over: "files/good.tar")
      _ = await store.store.request(first)
      _ = await store.store.request(second)
      _ = try await bench.server.ask("open")
      #expect(try await store.stored(first) == store.stored(second))
      #expect(try await bench.server.requests("gated").count + bench.server.requests("files").count == 1)
    }
  }

  @Test func `fetches no more at the same time than it may`() async throws {
    try await Bench.run { bench in
      let store = try bench.store(concurrentDownloads: 2)
      let names = ["big.bin", "good.tar", "good.zip", "plain.bin", "good.tar.gz", "model.pt"]
      let artifacts = try names.map { try bench.artifact($0, over: "files/\($0)") }
      for artifact in artifacts { _ = await store.store.request(artifact) }
      for artifact in artifacts { _ = try await store.stored(artifact) }
      // The question for the peak is a request of its own, after the others.
      let peak = try await bench.server.ask("peak")
      #expect(try #require(Int(peak)) <= 2)
    }
  }

  @Test func `refuses bytes with another digest, and forgets that on request only`() async throws {
    try await Bench.run { bench in
      let store = try bench.store()
      var artifact = try bench.artifact("plain.bin", over: "files/big.bin?signature=secret")
      let error = try await store.failure(artifact)
      #expect(error.kind == .digestMismatch)
      #expect(error.message.contains("\(artifact.digest)"))
      #expect(!error.message.contains("secret"))
      #expect(await store.store.request(artifact) == .failed(error))
      #expect(try await bench.server.requests("files").count == 1)
      await store.store.forgetFailure(of: artifact)
      #expect(try await store.failure(artifact) == error)
      #expect(try await bench.server.requests("files").count == 2)
      artifact.uri = bench.server.address("files/plain.bin")
      _ = try await store.stored(artifact)
    }
  }

  @Test func `compares the digest before it looks into an archive`() async throws {
    try await Bench.run { bench in
      var artifact = try bench.artifact("parent.tar")
      artifact.digest = try digest(ofPath: "\(bench.files)/plain.bin")
      #expect(try await bench.store().failure(artifact).kind == .digestMismatch)
    }
  }

  @Test func `removes what a crash left half done, and keeps what was stored`() async throws {
    try await Bench.run { bench in
      let artifact = try bench.artifact("good.tar")
      let folder = try await bench.store().stored(artifact)
      let leftover = "\(bench.storeFolder)/tmp/0123-abc/content/model"
      try FileManager.default.createDirectory(atPath: leftover, withIntermediateDirectories: true)
      try Data("half".utf8).write(to: URL(fileURLWithPath: "\(leftover)/weights.bin"))
      try FileManager.default.createSymbolicLink(
        atPath: "\(leftover)/link", withDestinationPath: folder)
      try await shell("chmod", ["-R", "a-w", "\(bench.storeFolder)/tmp/0123-abc"])
      let restarted = try bench.store()
      #expect(try bench.leftovers() == [])
      #expect(await restarted.store.request(artifact) == .stored(folder: folder))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/model/weights.bin"))
    }
  }

  @Test func `waits out a disk that cannot be written`() async throws {
    try await Bench.run { bench in
      let store = try bench.store()
      let temporary = "\(bench.storeFolder)/tmp"
      try FileManager.default.removeItem(atPath: temporary)
      let artifact = try bench.artifact("good.tar")
      let error = try await store.outage(artifact)
      #expect(error.kind == .storage)
      #expect(error.remedy == .wait)
      try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: false)
      let status = try await store.status(of: artifact) { $0.folder != nil }
      #expect(status.folder != nil)
    }
  }

  @Test func `does not open where a folder cannot be made`() throws {
    let error = #expect(throws: ArtifactError.self) {
      try WatchedStore(
        folder: "/dev/null/artifacts", limits: ArtifactLimits(), patience: DownloadPatience(),
        concurrentDownloads: 1)
    }
    #expect(error?.kind == .storage)
  }

  @Test func `fetches again what somebody has removed from the store`() async throws {
    try await Bench.run { bench in
      let store = try bench.store()
      let artifact = try bench.artifact("good.tar")
      removeTree(try await store.stored(artifact))
      let folder = try await store.stored(artifact)
      #expect(FileManager.default.fileExists(atPath: "\(folder)/model/weights.bin"))
    }
  }

  @Test func `ends its downloads when it is shut down`() async throws {
    try await Bench.run { bench in
      let store = try bench.store()
      let artifacts = [
        try bench.artifact("big.bin", over: "silent/big.bin"),
        try bench.artifact("good.tar", over: "stall/good.tar"),
        try bench.artifact("plain.bin", over: "status/503"),
      ]
      for artifact in artifacts { _ = await store.store.request(artifact) }
      _ = try await store.outage(artifacts[2])
      await store.store.shutdown()
      #expect(try bench.leftovers() == [])
    }
  }

  @Test(arguments: [
    (1, 1.0, 0.5), (1, 0.0, 1.0), (2, 0.0, 2.0), (4, 0.0, 8.0), (5, 0.0, 10.0), (99, 1.0, 5.0),
  ])
  func `doubles the pause up to its maximum`(failures: Int, random: Double, seconds: Double) {
    let backoff = Backoff(initial: .seconds(1), maximum: .seconds(10), jitter: 0.5)
    #expect(backoff.pause(afterFailures: failures, random: random) == .seconds(seconds))
  }
}
