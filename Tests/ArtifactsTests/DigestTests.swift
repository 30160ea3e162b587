import Effects
import Foundation
import Manifests
import Testing
import Vocabulary

@testable import Artifacts

@Suite(.timeLimit(.minutes(3))) struct DigestTests {
  @Test func `gives a file the digest that sha256sum gives it, by path and by URI`() async throws {
    try await Bench.run { bench in
      let path = "\(bench.files)/big.bin"
      let expected = "sha256:" + (try await shell("sha256sum", [path])).prefix(64)
      #expect(try digest(ofPath: path).description == expected)
      #expect(try await digest(ofURI: "file://\(path)").description == expected)
      #expect(try await digest(ofURI: bench.server.address("cut/1/big.bin")).description == expected)
    }
  }

  @Test func `gives the documented example the documented digest`() async throws {
    try await Bench.run { bench in
      let blocks = try documentedScripts()
      try #require(blocks.count == 2)
      let example = "\(bench.folder)/example"
      try FileManager.default.createDirectory(atPath: example, withIntermediateDirectories: false)
      try await shell("bash", ["-c", "cd \"$0\" && \(blocks[0])", example])
      let documented = try await shell("bash", ["-c", "cd \"$0/fraud\" && \(blocks[1])", example])
      let actual = try digest(ofPath: "\(example)/fraud")
      #expect(documented.prefix(64) == actual.hex)
      #expect(try documentText().contains(actual.description))
    }
  }

  @Test func `gives a folder the digest that the documented commands give it`() async throws {
    try await Bench.run { bench in
      let folder = "\(bench.folder)/model"
      for (path, content) in [
        ("a/b", "1"), ("a.b", "2"), ("a-b", "3"), ("Z", ""), ("é", "5"), ("e\u{301}", "6"), ("a b/c", "7"),
      ] {
        let file = URL(fileURLWithPath: "\(folder)/\(path)")
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content.utf8).write(to: file)
      }
      try FileManager.default.createDirectory(atPath: "\(folder)/empty", withIntermediateDirectories: false)
      let script = try #require(documentedScripts().last)
      let documented = try await shell("bash", ["-c", "cd \"$0\" && \(script)", folder])
      let actual = try digest(ofPath: folder)
      #expect(documented.prefix(64) == actual.hex)

      let artifact = Artifact(uri: "file://\(folder)/", version: "1", digest: actual)
      let stored = try await bench.store().stored(artifact)
      #expect(try digest(ofPath: stored) == actual)
      #expect(!FileManager.default.fileExists(atPath: "\(stored)/empty"))
    }
  }

  @Test(arguments: ["link", "fifo", "nested/link"])
  func `refuses a folder with a link or a special file`(name: String) async throws {
    try await Bench.run { bench in
      let folder = "\(bench.folder)/model"
      try FileManager.default.createDirectory(
        atPath: "\(folder)/nested", withIntermediateDirectories: true)
      let path = "\(folder)/\(name)"
      try await shell(
        name == "fifo" ? "mkfifo" : "ln", name == "fifo" ? [path] : ["-s", "/etc/hostname", path])
      let error = #expect(throws: ArtifactError.self) { try digest(ofPath: folder) }
      #expect(error?.kind == .invalid)
      let artifact = try bench.artifact("plain.bin", at: "file://\(folder)")
      #expect(try await bench.store().failure(artifact).kind == .invalid)
      #expect(try bench.leftovers() == [])
    }
  }

  @Test func `refuses a folder beyond the limits`() async throws {
    try await Bench.run { bench in
      for limits in [ArtifactLimits(entries: 5), ArtifactLimits(unpackedBytes: 1 << 20)] {
        let error = #expect(throws: ArtifactError.self) { try digest(ofPath: bench.files, limits: limits) }
        #expect(error?.kind == .invalid)
      }
    }
  }

  @Test func `takes another digest of a folder for a mismatch`() async throws {
    try await Bench.run { bench in
      let artifact = try bench.artifact("plain.bin", at: "file://\(bench.files)")
      #expect(try await bench.store().failure(artifact).kind == .digestMismatch)
      #expect(try bench.leftovers() == [])
    }
  }

  @Test func `has no digest of a device`() {
    let error = #expect(throws: ArtifactError.self) { try digest(ofPath: "/dev/null") }
    #expect(error?.kind == .invalid)
  }

  private func documentText() throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    return try String(
      contentsOf: root.appendingPathComponent("docs/reference/digest.md"), encoding: .utf8)
  }

  /// The shell scripts of the document: how to make the example, and how to compute a folder's digest.
  private func documentedScripts() throws -> [String] {
    try documentText().components(separatedBy: "```bash\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first
    }
  }
}
