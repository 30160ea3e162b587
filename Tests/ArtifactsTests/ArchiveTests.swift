import Effects
import Foundation
import Manifests
import Testing
import Vocabulary

@testable import Artifacts

@Suite(.timeLimit(.minutes(3))) struct ArchiveTests {
  private static let limits = ArtifactLimits(
    downloadBytes: 64 << 20, unpackedBytes: 2 << 20, entries: 50, expansion: 10, expansionFloor: 1 << 20)

  @Test(arguments: [
    ("parent.tar", ".."), ("deep-parent.tar", ".."), ("absolute.tar", "absolute"),
    ("symlink.tar", "link"), ("symlink-through.tar", "link"), ("hardlink.tar", "link"),
    ("hardlink-inside.tar", "link"), ("device.tar", "device"), ("fifo.tar", "FIFO"),
    ("backslash.tar", "backslash"), ("control.tar", "control"), ("not-utf8.tar", "UTF-8"),
    ("duplicate.tar", "same path"), ("file-as-folder.tar", "same path"), ("folder-as-file.tar", "same path"),
    ("deep.tar", "levels"), ("many.tar", "more than 50 entries"),
    ("bomb.tar.gz", "times its"), ("large.tar", "unpacks to more than 2097152 bytes"),
    ("truncated.tar.gz", "damaged"), ("truncated-head.tar.gz", "damaged"), ("truncated.tar", "damaged"),
    ("bad-checksum.tar", "damaged"),
    ("parent.zip", ".."), ("absolute.zip", "absolute"), ("bomb.zip", "times its"),
    ("duplicate.zip", "same path"), ("symlink.zip", "link"), ("truncated.zip", "damaged"),
    ("bad-crc.zip", "damaged"), ("encrypted.zip", "encrypted"),
  ])
  func `refuses a hostile archive and writes nothing outside`(name: String, reason: String) async throws {
    try await Bench.run { bench in
      let store = try bench.store(limits: Self.limits)
      let error = try await store.failure(bench.artifact(name))
      #expect(error.kind == .invalid)
      #expect(error.message.contains(reason), "\(error.message)")
      #expect(error.remedy == .commit)
      #expect(try bench.leftovers() == [])
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(bench.storeFolder)/sha256") == [])
      #expect(try Set(FileManager.default.contentsOfDirectory(atPath: bench.folder)) == ["files", "state"])
      #expect(!FileManager.default.fileExists(atPath: "/tmp/evenkeel-escaped"))
    }
  }

  @Test func `stops a zip that is larger than it says`() async throws {
    try await Bench.run { bench in
      let error = try await bench.store(limits: Self.limits).failure(bench.artifact("lying-size.zip"))
      #expect(error.kind == .invalid)
    }
  }

  @Test(arguments: ["good.tar", "good.tar.gz", "good.zip"])
  func `unpacks an archive as it is`(name: String) async throws {
    try await Bench.run { bench in
      let folder = try await bench.store().stored(bench.artifact(name))
      #expect(try String(contentsOfFile: "\(folder)/model/weights.bin", encoding: .utf8) == "weights")
      #expect(try permissions("\(folder)/model/weights.bin") == 0o444)
      #expect(try permissions("\(folder)/model") == 0o555)
      #expect(try permissions(folder) == 0o555)
    }
  }

  @Test func `keeps names beyond ASCII, empty folders and the executable bit, and no other bit`() async throws
  {
    try await Bench.run { bench in
      let store = try bench.store()
      let tar = try await store.stored(bench.artifact("good.tar"))
      #expect(try permissions("\(tar)/model/run") == 0o555)
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(tar)/empty") == [])
      #expect(FileManager.default.fileExists(atPath: "\(tar)/modèle/ünï.txt"))
      let zip = try await store.stored(bench.artifact("good.zip"))
      #expect(FileManager.default.fileExists(atPath: "\(zip)/modèle.txt"))
      let long = try await store.stored(bench.artifact("gnu.tar"))
      let path = String(repeating: "a/", count: 20) + String(repeating: "b", count: 120)
      #expect(try String(contentsOfFile: "\(long)/\(path)", encoding: .utf8) == "long")
    }
  }

  @Test(arguments: ["plain.bin", "plain.bin.gz", "empty.bin", "model.pt"])
  func `stores anything else as one file under its own name`(name: String) async throws {
    try await Bench.run { bench in
      let folder = try await bench.store().stored(bench.artifact(name, over: "files/\(name)?token=secret"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
      #expect(
        FileManager.default.contentsEqual(atPath: "\(folder)/\(name)", andPath: "\(bench.files)/\(name)"))
      #expect(try permissions("\(folder)/\(name)") == 0o444)
    }
  }

  @Test(arguments: ["a", "a/b", "./a", "a//b/", "modèle", "a..b", "...", "-rf"])
  func `accepts an honest path`(path: String) throws {
    #expect(try EntryPath.parse(Array(path.utf8)) != nil)
  }

  @Test(arguments: [
    "/", "/a", "..", "a/..", "a/../b", "./../a", "a\\b", "a\nb", "a\0b", "\u{7f}",
    String(repeating: "a", count: 256), String(repeating: "a/", count: 33) + "b",
    String(repeating: "abcdefg/", count: 129),
  ])
  func `refuses an unsafe path`(path: String) {
    #expect(throws: ArtifactError.self) { try EntryPath.parse(Array(path.utf8)) }
  }

  private func permissions(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }
}
