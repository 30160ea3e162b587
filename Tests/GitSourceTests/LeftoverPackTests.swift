import Effects
import FoundationEssentials
import GitSource
import TestSupport
import Testing
import Vocabulary

/// What a worker leaves that was killed after it had received everything and before it had looked at it: objects in the
/// mirror that no reference points at, and the remote's tip among them.
@Suite struct LeftoverPackTests {
  /// How Git puts objects that it is sent into a repository: as a pack, or each in a file of its own.
  static let ways = ["index-pack --stdin", "unpack-objects -q"]

  @Test(arguments: ways)
  func `what is complete is taken without being sent again`(way: String) async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        let first = try await mirror.fetch()
        try await fixture.remote.commit(["models/new/c.yaml": "c: 1\n"])
        try await fixture.remote.commit(["models/a.yaml": "a: 2\n"])
        try await fixture.remote.commit(["models/a.yaml": "a: 1\n", "models/new/c.yaml": nil])
        let tip = try await leave("rev-list --objects \(first)..HEAD", by: way, in: fixture)
        let before = server.requests().count
        #expect(try await mirror.fetch() == tip)
        #expect(
          Array(server.requests().dropFirst(before)) == ["GET /config.git/info/refs?service=git-upload-pack"])
        #expect(try await mirror.mirroredTip() == tip)
        try await GitCommand(in: fixture.state)("fsck", "--full", "--strict")
      }
    }
  }

  /// Objects of the commit `HEAD` that changes `models/a.yaml` and `models/new/c.yaml`, of which some are missing.
  static let parts = [
    "rev-parse HEAD", "rev-parse HEAD HEAD: HEAD:models HEAD:models/new HEAD:models/a.yaml",
    "rev-parse HEAD HEAD: HEAD:models HEAD:models/a.yaml HEAD:models/new/c.yaml",
  ]

  @Test(arguments: parts, ways)
  func `what is incomplete is not taken, and the next fetch asks for all of it`(part: String, way: String)
    async throws
  {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        let first = try await mirror.fetch()
        try await fixture.remote.commit(["models/a.yaml": "a: 2\n", "models/new/c.yaml": "c: 1\n"])
        let tip = try await leave(part, by: way, in: fixture)
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(error?.kind == .unreachable, "\(String(describing: error))")
        #expect(
          error?.message.contains("does not send all of branch main") == true, "\(error?.message ?? "")")
        #expect(try await mirror.mirroredTip() == first)

        #expect(try await mirror.fetch() == tip)
        try await GitCommand(in: fixture.state)("fsck", "--full", "--strict")
        #expect(!FileManager.default.fileExists(atPath: fixture.state + ".aside"))
      }
    }
  }

  @Test func `what is incomplete is not taken by an empty mirror either`() async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let mirror = fixture.mirror(server.url + "/config.git")
        try server.suffer(.resetPack)
        #expect(await complaint { _ = try await mirror.fetch() } != nil)
        try server.suffer(nil)
        let tip = try await leave("rev-parse HEAD HEAD: HEAD:models", by: Self.ways[0], in: fixture)
        let error = await complaint { _ = try await mirror.fetch() }
        #expect(
          error?.message.contains("does not send all of branch main") == true, "\(error?.message ?? "")")
        #expect(try await mirror.mirroredTip() == nil)
        #expect(try await mirror.fetch() == tip)
        try await GitCommand(in: fixture.state)("fsck", "--full", "--strict")
      }
    }
  }

  @Test(arguments: ways)
  func `what is too large is refused like a pack that has just come`(way: String) async throws {
    try await Fixture.with { fixture in
      try await GitServer.serve(fixture.folder) { server in
        let url = server.url + "/config.git"
        let mirror = fixture.mirror(url) { $0.bounds.objectBytes = 1 << 20 }
        let first = try await mirror.fetch()
        try await fixture.remote.commit(["data/zeros": String(repeating: "0", count: 3 << 20)])
        try await fixture.remote.commit(["data/zeros": nil])
        _ = try await leave("rev-list --objects \(first)..HEAD", by: way, in: fixture)
        let another = fixture.mirror(url) {
          $0.bounds.objectBytes = 1 << 20
          $0.mirror = fixture.folder + "/another.git"
        }
        let direct = await complaint { _ = try await another.fetch() }
        #expect(direct?.message.contains("holds an object of 3 MiB") == true, "\(direct?.message ?? "")")
        for _ in 1...2 {
          let error = await complaint { _ = try await mirror.fetch() }
          #expect(error?.kind == .tooLarge)
          #expect(error?.message == direct?.message)
          #expect(try await mirror.mirroredTip() == first)
        }
        #expect(!FileManager.default.fileExists(atPath: fixture.state + ".aside"))
      }
    }
  }

  /// Publishes the engineer's commits, and puts the objects into the mirror that `git LIST` names.
  ///
  /// - Returns: The remote's tip.
  private func leave(_ list: String, by way: String, in fixture: Fixture) async throws -> CommitID {
    try await fixture.remote.publish()
    let work = fixture.remote.work.folder
    let result = try await run(
      "bash",
      [
        "-c",
        """
        set -o pipefail
        git -C \(work) \(list) | cut -c1-40 | git -C \(work) pack-objects -q --stdout | git -C \(fixture.state) \(way)
        """,
      ])
    try #require(result.status == 0, "\(result.errors)")
    return CommitID(try await fixture.remote.work("rev-parse", "HEAD"))
  }
}
