import Effects
import FoundationEssentials
import GitSource
import TestSupport
import Testing
import Vocabulary

/// What can happen to a mirror on its disk, and how it gets well by itself.
@Suite struct MirrorDamageTests {
  enum Damage: String, CaseIterable, Sendable {
    case truncatedPack, emptyPack, truncatedIndex, zeroedIndex, lostPack, lostIndex
    case lostBranch, damagedBranch, lostHead, emptyHead, lostConfig, damagedConfig, lostReferences
    case objectsAreAFile, lostOwner

    func strike(_ mirror: String, tip: CommitID) throws {
      let pack = "\(mirror)/objects/pack"
      let names = try FileManager.default.contentsOfDirectory(atPath: pack).map { "\(pack)/\($0)" }
      let (packs, indexes) = (names.filter { $0.hasSuffix(".pack") }, names.filter { $0.hasSuffix(".idx") })
      switch self {
      case .truncatedPack: for file in packs { try shorten(file) { $0 / 2 } }
      case .emptyPack: for file in packs { try shorten(file) { _ in 0 } }
      case .truncatedIndex: for file in indexes { try shorten(file) { $0 - 30 } }
      case .zeroedIndex:
        for file in indexes { try replace(file, with: Data(repeating: 0, count: 2000)) }
      case .lostPack: for file in packs { try FileManager.default.removeItem(atPath: file) }
      case .lostIndex: for file in indexes { try FileManager.default.removeItem(atPath: file) }
      case .lostBranch: try FileManager.default.removeItem(atPath: mirror + "/refs/heads/main")
      case .damagedBranch: try replace(mirror + "/refs/heads/main", with: Data("nonsense".utf8))
      case .lostHead: try FileManager.default.removeItem(atPath: mirror + "/HEAD")
      case .emptyHead: try replace(mirror + "/HEAD", with: Data())
      case .lostConfig: try FileManager.default.removeItem(atPath: mirror + "/config")
      case .damagedConfig: try replace(mirror + "/config", with: Data("[core\n\0\0\0".utf8))
      case .lostReferences: try FileManager.default.removeItem(atPath: mirror + "/refs")
      case .objectsAreAFile:
        try FileManager.default.removeItem(atPath: mirror + "/objects")
        try replace(mirror + "/objects", with: Data())
      case .lostOwner: try FileManager.default.removeItem(atPath: mirror + "/evenkeel-url")
      }
    }

    private func shorten(_ file: String, to length: (Int) -> Int) throws {
      let data = try Data(contentsOf: URL(filePath: file))
      try replace(file, with: data.prefix(length(data.count)))
    }

    /// Git makes packs read-only.
    private func replace(_ file: String, with data: Data) throws {
      try? FileManager.default.removeItem(atPath: file)
      try Data(data).write(to: URL(filePath: file))
    }
  }

  @Test(arguments: Damage.allCases)
  func `a damaged mirror is made anew by the next fetch`(damage: Damage) async throws {
    try await Fixture.with { fixture in
      let tip = try await fixture.mirror().fetch()
      try damage.strike(fixture.state, tip: tip)
      let mirror = fixture.mirror()
      // Whether anybody looks at it first makes no difference.
      _ = await complaint { _ = try await mirror.desired(at: tip) }
      try await expectSound(mirror, tip, in: fixture)
    }
  }

  @Test(arguments: [Damage.lostPack, .lostBranch, .lostReferences])
  func `a mirror that is damaged while it is open is made anew`(damage: Damage) async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      try damage.strike(fixture.state, tip: tip)
      try await expectSound(mirror, tip, in: fixture)
    }
  }

  /// Pushes a commit of our own and cuts its file short, as a power cut may.
  private func cutTipShort(_ mirror: MirrorRepository, in fixture: Fixture) async throws -> CommitID {
    let first = try await mirror.fetch()
    let tree = try await mirror.tree(of: first, replacing: ["models/a.yaml": Array("a: 0\n".utf8)])
    let tip = try await mirror.commit(tree, onto: first, message: "Own", at: Timestamp(milliseconds: 0))
    #expect(try await mirror.push(tip, replacing: first) == .accepted)
    #expect(try await mirror.fetch() == tip)
    let file = "\(fixture.state)/objects/\(tip.rawValue.prefix(2))/\(tip.rawValue.dropFirst(2))"
    let whole = try Data(contentsOf: URL(filePath: file))
    try FileManager.default.removeItem(atPath: file)
    try whole.prefix(whole.count / 2).write(to: URL(filePath: file))
    return tip
  }

  @Test func `an object that is cut short holds nobody up, and the mirror is made anew`() async throws {
    try await Fixture.with { fixture in
      let tip = try await cutTipShort(fixture.mirror(), in: fixture)
      try await expectSound(fixture.mirror(timeout: .seconds(6)), tip, in: fixture)
    }
  }

  @Test func `an object that is cut short while the agent runs costs one fetch`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror(timeout: .seconds(6))
      let tip = try await cutTipShort(mirror, in: fixture)
      let error = await complaint { _ = try await mirror.fetch() }
      #expect(error?.kind == .timedOut)
      try await expectSound(mirror, tip, in: fixture)
    }
  }

  @Test func `a worker that always crashes costs nothing that was to be carried over`() async throws {
    try await Fixture.with { fixture in
      let tip = try await fixture.mirror().fetch()
      try await GitCommand(in: fixture.state)("update-ref", Self.reference, tip.rawValue)
      let worker = fixture.folder + "/worker"
      try write("#!/bin/sh\nkill -SEGV $$\n", to: worker)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: worker)
      for _ in 1...3 {
        let error = await complaint { _ = try await fixture.mirror(worker: worker).fetch() }
        #expect(error?.message.contains("signal 11") == true, "\(error?.message ?? "")")
      }
      try await expectSound(fixture.mirror(), tip, in: fixture)
      #expect(try await GitCommand(in: fixture.state)("rev-parse", Self.reference) == tip.rawValue)
    }
  }

  /// Where the agent keeps what only it knows.
  private static let reference = "refs/evenkeel/baseline"

  @Test(arguments: [
    Damage.truncatedPack, .lostIndex, .lostHead, .damagedConfig, .lostBranch, .zeroedIndex,
  ])
  func `what only this host knows is carried over into the new mirror`(damage: Damage) async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      // A commit that the remote does not have: its own objects are loose files.
      let tree = try await mirror.tree(of: tip, replacing: ["models/a.yaml": Array("a: 0\n".utf8)])
      let own = try await mirror.commit(tree, onto: tip, message: "Own", at: Timestamp(milliseconds: 0))
      try await GitCommand(in: fixture.state)("update-ref", Self.reference, own.rawValue)
      try damage.strike(fixture.state, tip: tip)
      let again = fixture.mirror()
      try await expectSound(again, tip, in: fixture)
      #expect(try await GitCommand(in: fixture.state)("rev-parse", Self.reference) == own.rawValue)
      #expect(try await again.file("models/a.yaml", at: own) == Array("a: 0\n".utf8))
    }
  }

  @Test func `what was rewritten away on the remote is carried over, too`() async throws {
    try await Fixture.with { fixture in
      let baseline = try await fixture.mirror().fetch()
      try await GitCommand(in: fixture.state)("update-ref", Self.reference, baseline.rawValue)
      try await fixture.remote.work("commit", "--quiet", "--amend", "-m", "Rewritten")
      try await fixture.remote.publish()
      let tip = CommitID(try await fixture.remote.work("rev-parse", "HEAD"))
      try Damage.lostHead.strike(fixture.state, tip: baseline)
      let mirror = fixture.mirror()
      try await expectSound(mirror, tip, in: fixture)
      #expect(try await GitCommand(in: fixture.state)("rev-parse", Self.reference) == baseline.rawValue)
      #expect(try await mirror.history(from: baseline, downTo: nil, limit: 10).count == 1)
    }
  }

  @Test func `a reference whose commit cannot be read is left behind, and the log says so`() async throws {
    try await Fixture.with { fixture in
      let (logger, log) = recordingLogger()
      let tip = try await fixture.mirror().fetch()
      let lost = String(repeating: "1", count: 40)
      try write(lost + "\n", to: fixture.state + "/" + Self.reference)
      try Damage.lostHead.strike(fixture.state, tip: tip)
      let mirror = fixture.mirror(logger: logger)
      try await expectSound(mirror, tip, in: fixture)
      #expect(log.text.contains("is lost"), "\(log.text)")
      #expect(log.text.contains("\(Self.reference): cannot find its commit"), "\(log.text)")
      #expect(try await GitCommand(in: fixture.state)("for-each-ref", "refs/evenkeel") == "")
    }
  }

  @Test func `nothing is carried over from the mirror of another remote`() async throws {
    try await Fixture.with { fixture in
      let tip = try await fixture.mirror().fetch()
      try await GitCommand(in: fixture.state)("update-ref", Self.reference, tip.rawValue)
      let other = try await GitRemote(in: fixture.folder, name: "other")
      try await other.commit(["c.yaml": "c: 1\n"])
      try await other.publish()
      _ = try await fixture.mirror(other.path).fetch()
      #expect(try await GitCommand(in: fixture.state)("for-each-ref", "refs/evenkeel") == "")
    }
  }

  @Test func `damage again and again leaves one old mirror on the disk`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      for _ in 1...3 {
        try Damage.lostPack.strike(fixture.state, tip: tip)
        try await expectSound(mirror, tip, in: fixture)
      }
      // Not even what nobody may look into stays for ever.
      try FileManager.default.setAttributes(
        [.posixPermissions: 0], ofItemAtPath: fixture.state + ".aside/objects")
      try Damage.lostPack.strike(fixture.state, tip: tip)
      try await expectSound(mirror, tip, in: fixture)
      let folders = try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/state")
      #expect(folders.sorted() == ["mirror.git", "mirror.git.aside"])
    }
  }

  @Test func `a remote that is away keeps a damaged mirror from nothing but being made anew`() async throws {
    try await Fixture.with { fixture in
      let tip = try await fixture.mirror().fetch()
      try await GitCommand(in: fixture.state)("update-ref", Self.reference, tip.rawValue)
      try Damage.lostHead.strike(fixture.state, tip: tip)
      let away = fixture.remote.path + ".away"
      try FileManager.default.moveItem(atPath: fixture.remote.path, toPath: away)
      let error = await complaint { _ = try await fixture.mirror().fetch() }
      #expect(error?.kind == .notFound)
      try FileManager.default.moveItem(atPath: away, toPath: fixture.remote.path)
      // Another life of the agent: nobody remembers that there was something to carry over.
      try await expectSound(fixture.mirror(), tip, in: fixture)
      #expect(try await GitCommand(in: fixture.state)("rev-parse", Self.reference) == tip.rawValue)
    }
  }

  @Test func `packs that cannot be brought together are no failure of the fetch`() async throws {
    try await Fixture.with { fixture in
      let (logger, log) = recordingLogger()
      let worker = fixture.folder + "/worker"
      try write(
        """
        #!/bin/sh
        if grep -q '"maintain"' /proc/self/fd/0; then echo no upkeep today >&2; exit 3; fi
        exec \(fixture.worker) "$@"

        """, to: worker)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: worker)
      let mirror = fixture.mirror(worker: worker, logger: logger) { $0.maximumPacks = 1 }
      _ = try await mirror.fetch()
      for number in 1...3 {
        let tip = try await fixture.remote.commit(["models/a.yaml": "number: \(number)\n"])
        try await fixture.remote.publish()
        #expect(try await mirror.fetch() == CommitID(tip))
      }
      try await eventually("the log tells") { log.text.contains("no upkeep today") }
      #expect(log.text.ranges(of: "could not be brought together").count == 1, "\(log.text)")
    }
  }

  @Test func `half a pack that a killed worker left is removed`() async throws {
    try await Fixture.with { fixture in
      let mirror = fixture.mirror()
      let tip = try await mirror.fetch()
      let pack = "\(fixture.state)/objects/pack/pack-\(String(repeating: "a", count: 40))"
      try write("no index", to: pack + ".pack")
      #expect(try await mirror.fetch() == tip)
      #expect(!FileManager.default.fileExists(atPath: pack + ".pack"))
    }
  }

  private func expectSound(_ mirror: MirrorRepository, _ tip: CommitID, in fixture: Fixture) async throws {
    // One fetch may be needed to see the damage that only a look at the manifests finds.
    _ = try await mirror.fetch()
    #expect(try await mirror.mirroredTip() == tip)
    #expect(try await mirror.filesRead(at: tip) == ["models/a.yaml", "models/b.yaml"])
    try await GitCommand(in: fixture.state)("fsck", "--full", "--strict")
  }
}
