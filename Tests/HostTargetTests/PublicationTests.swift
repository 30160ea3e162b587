import Effects
import Foundation
import Manifests
import Testing
import Vocabulary

@testable import HostTarget

/// The order of changes, on the text that Envoy would read.
struct PublicationTests {
  @Test(arguments: 0..<10 as Range<UInt64>)
  func `whatever follows on what, and whatever is refused, no route leads to a cluster that is not there`(
    seed: UInt64
  ) throws {
    var dice = Dice(state: seed)
    var (clusters, table) = ([String: EnvoyCluster](), RouteTable())
    func expectWhole(_ step: String) throws {
      let missing = try namesOfRoutes(table).subtracting(clusters.keys)
      #expect(missing.isEmpty, "\(step): \(missing)")
      #expect(try namesOfClusters(clusters.values) == Set(clusters.keys))
    }
    for round in 0..<30 {
      let next = RouteTable.random(&dice)
      let change = Publication(from: clusters, to: next)
      // A file that is refused leaves some of its new clusters behind.
      let refused = dice.roll(6)
      guard refused != 0 else {
        clusters.merge(change.first.filter { _ in dice.roll(2) == 0 }) { $1 }
        try expectWhole("clusters refused in round \(round)")
        continue
      }
      clusters = change.first
      try expectWhole("clusters of round \(round)")
      guard refused != 1 else {
        clusters = change.retreat
        try expectWhole("routes refused in round \(round)")
        continue
      }
      table = next
      try expectWhole("routes of round \(round)")
      if refused != 2 { clusters = change.last }
      try expectWhole("the end of round \(round)")
    }
  }

  @Test func `weights, mirrors and previews are changes of the routes alone`() {
    let before = table([("1", 100, [1]), ("2", 0, [2])])
    for after in [
      table([("1", 95, [1]), ("2", 5, [2])]), table([("1", 100, [1]), ("2", 0, [2])], mirror: (20, "2")),
      table([("1", 100, [1]), ("2", 0, [2])], preview: (.host("p.example"), "2")),
      table([("1", 100, [1]), ("2", 0, [2])], preview: (.header("x-preview"), "2"), mirror: (1, "2")),
    ] {
      for change in [
        Publication(from: before.clusters, to: after), Publication(from: after.clusters, to: before),
      ] {
        #expect(change.first == before.clusters && change.last == before.clusters)
      }
    }
  }

  @Test func `a backend that loses its requests keeps its instances until it has lost them`() {
    let before = table([("1", 50, [1]), ("2", 50, [2])])
    let after = table([("1", 100, [1, 3]), ("2", 0, [])])
    let change = Publication(from: before.clusters, to: after)
    #expect(change.first.values.map(\.ports).sorted { $0.count > $1.count } == [[1, 3], [2]])
    #expect(change.last == after.clusters)
  }

  @Test(arguments: [
    #"{"version_info":"1-1.0","resources":[]}"#, "", "{", #"{"version_info":""#, #"{"version_info":"x"}"#,
    #"{"version_info":"x","resources":}"#,
  ])
  func `what somebody else wrote is not taken for ours`(text: String) {
    #expect(EnvoyFile.version(of: Array(text.utf8)) == nil)
  }

  @Test func `a file of ours is known as it is, and by its smallest change not any more`() {
    let file = EnvoyFile(id: "life-7", resources: [["name": "a", "port": 80], ["name": "é"]])
    #expect(EnvoyFile.version(of: file.bytes) == file.version)
    #expect(EnvoyFile.id(of: file.version) == "life-7")
    for index in file.bytes.indices {
      var other = file.bytes
      other[index] ^= 1
      #expect(EnvoyFile.version(of: other) != file.version, "byte \(index)")
      #expect(EnvoyFile.version(of: Array(file.bytes[..<index])) == nil, "\(index) bytes")
    }
  }
}

private let configuration = EnvoyConfiguration(
  settings: GatewaySettings(host: "127.0.0.1", port: 1, program: "envoy"),
  paths: EnvoyPaths(stateDirectory: "/"))

/// All clusters that are named anywhere in the routes.
private func namesOfRoutes(_ table: RouteTable) throws -> Set<String> {
  var names: Set<String> = []
  func look(_ value: Any) {
    if let object = value as? [String: Any] {
      if let name = object["cluster"] as? String { names.insert(name) }
      for cluster in (object["weighted_clusters"] as? [String: Any])?["clusters"] as? [[String: Any]] ?? [] {
        if let name = cluster["name"] as? String { names.insert(name) }
      }
      for part in object.values { look(part) }
    } else if let list = value as? [Any] {
      for part in list { look(part) }
    }
  }
  look(try JSONSerialization.jsonObject(with: Data(configuration.routes(table, id: "").bytes)))
  return names
}

private func namesOfClusters(_ clusters: some Collection<EnvoyCluster>) throws -> Set<String> {
  let file = try JSONSerialization.jsonObject(with: Data(configuration.clusters(clusters, id: "").bytes))
  let resources = (file as? [String: Any])?["resources"] as? [[String: Any]]
  return Set(try #require(resources).compactMap { $0["name"] as? String })
}

/// SplitMix64, so that a failing seed fails again.
private struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &self) }
}

extension RouteTable {
  /// Some of three models, each with some of four revisions and with every kind of preview and mirror.
  fileprivate static func random(_ dice: inout Dice) -> RouteTable {
    var whole = RouteTable()
    for name in ["a", "b", "c"] as [ModelName] where dice.roll(4) > 0 {
      let revisions = ("1234" as String).filter { _ in dice.roll(2) == 0 }
      guard let first = revisions.randomElement(using: &dice) else { continue }
      let second = revisions.randomElement(using: &dice) ?? first
      let share = dice.roll(101)
      let backends = revisions.map { revision in
        (
          revision: revision,
          weight: (revision == first ? 100 - share : 0) + (revision == second ? share : 0),
          ports: (0..<dice.roll(3)).map { _ in 1 + dice.roll(9) }
        )
      }
      let accesses: [Preview?] = [nil, .header("x-preview"), .host("p.example"), .host("\(name).example")]
      let access = accesses[dice.roll(4)]
      let mirror = dice.roll(2) == 0 ? (percent: 1 + dice.roll(100), revision: second) : nil
      whole =
        whole
        + table(
          backends, model: name, host: dice.roll(2) == 0 ? nil : "\(name).example",
          preview: access.map { ($0, first) }, mirror: mirror)
    }
    return whole
  }
}
