import Effects
import Foundation
import HostTarget
import Testing
import Vocabulary

/// Somebody else's hands on Envoy's files, while requests arrive.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct EnvoyDriftTests {
  /// What somebody does to a file, and to which of the three.
  struct Deed: CustomTestStringConvertible, Sendable {
    enum Way: String, CaseIterable { case edit, replace, remove }
    var way: Way
    var file: String
    /// What an edit changes. None of these hurts a request.
    var change: (String, String)

    var testDescription: String { "\(way) \(file)" }

    static let all = Way.allCases.flatMap { way in
      [
        Deed(way: way, file: "lds/listeners.json", change: ("\"10s\"", "\"11s\"")),
        Deed(way: way, file: "cds/clusters.json", change: ("\"2s\"", "\"3s\"")),
        Deed(way: way, file: "rds/routes.json", change: ("No model has", "Nothing has")),
      ]
    }

    func happen(in folder: String) throws {
      let path = "\(folder)/\(file)"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try #require(text.contains(change.0))
      let changed = text.replacing(change.0, with: change.1)
      switch way {
      case .edit: try changed.write(toFile: path, atomically: false, encoding: .utf8)
      case .replace: try changed.write(toFile: path, atomically: true, encoding: .utf8)
      case .remove: try FileManager.default.removeItem(atPath: path)
      }
    }
  }

  @Test(arguments: Deed.all)
  func `a file that somebody changes is noticed, and put right without a failed request`(deed: Deed)
    async throws
  {
    try await withGateway { setting in
      let wanted = table([("1", 100, [try await setting.serve("a")])])
      try await setting.gateway.apply(wanted)
      let before = try setting.contents(of: deed.file)
      let tally = try await underLoad(on: setting.port) {
        try deed.happen(in: setting.folder)
        let seen = await setting.gateway.observe()
        #expect(seen.accepted == nil && seen.problem == nil)
        #expect(seen.drift?.contains("\(setting.folder)/\(deed.file)") == true, "\(seen)")
        #expect(seen.statistics?.isEmpty == false)
        try await setting.gateway.apply(wanted)
        #expect(await setting.gateway.observe().drift == nil)
        #expect(await setting.gateway.observe().accepted == wanted)
      }
      #expect(tally.statuses == [200: tally.total] && tally.broken.isEmpty && tally.total > 0)
      #expect(try setting.contents(of: deed.file).withoutVersion == before.withoutVersion)
    }
  }

  @Test(arguments: Deed.Way.allCases)
  func `an Envoy that starts again after its files were changed gets ours`(way: Deed.Way) async throws {
    try await withGateway { setting in
      let wanted = table([("1", 100, [try await setting.serve("a")])])
      try await setting.gateway.apply(wanted)
      for deed in Deed.all where deed.way == way { try deed.happen(in: setting.folder) }
      kill(try setting.envoy(), SIGKILL)
      try await eventually("it serves again") { await setting.gateway.observe().accepted == wanted }
      #expect(await setting.gateway.observe().drift == nil)
      #expect(try await infer(setting.port, 1).status == 200)
      #expect(try await get(setting.port, "/").text == "No model has this route.\n")
      let more = wanted + table([("1", 100, [1])], model: "other")
      try await setting.gateway.apply(more)
      #expect(await setting.gateway.observe().accepted == more)
    }
  }

  @Test(arguments: ["lds/listeners.json", "cds/clusters.json", "rds/routes.json"])
  func `what Envoy rejects of somebody else is not held against the next change`(file: String) async throws {
    try await withGateway { setting in
      let port = try await setting.serve("a")
      try await setting.gateway.apply(table([("1", 100, [port])]))
      let tally = try await underLoad(on: setting.port) {
        let rejected = #"{"version_info":"1","resources":[{"@type":"type.googleapis.com/nothing"}]}"#
        try rejected.write(toFile: "\(setting.folder)/\(file)", atomically: true, encoding: .utf8)
        try await eventually("Envoy complains") {
          try setting.contents(of: "log").contains("type.googleapis.com/nothing")
        }
        #expect(await setting.gateway.observe().drift?.contains(file) == true)
        let next = table([("2", 100, [port])])
        try await setting.gateway.apply(next)
        #expect(await setting.gateway.observe().accepted == next)
      }
      #expect(tally.statuses == [200: tally.total] && tally.broken.isEmpty)
    }
  }

  @Test func `an Envoy that goes by somebody else's routes is noticed though the file is ours again`()
    async throws
  {
    try await withGateway { setting in
      let wanted = table([("1", 100, [try await setting.serve("a")])])
      try await setting.gateway.apply(wanted)
      let path = setting.folder + "/rds/routes.json"
      let ours = try setting.contents(of: "rds/routes.json")
      let theirs = ours.replacing("No model has", with: "Nothing has")
        .replacing(#"{"version_info":""#, with: #"{"version_info":"mine: \"1"#)
      try theirs.write(toFile: path, atomically: true, encoding: .utf8)
      try await eventually("Envoy goes by it") {
        try await get(setting.port, "/").text.hasPrefix("Nothing")
      }
      // In place, which Envoy does not notice.
      try ours.write(toFile: path, atomically: false, encoding: .utf8)
      let seen = await setting.gateway.observe()
      #expect(seen.drift == "Envoy goes by routes that are not ours" && seen.accepted == nil)
      try await setting.gateway.apply(wanted)
      #expect(await setting.gateway.observe().accepted == wanted)
      #expect(try await get(setting.port, "/").text.hasPrefix("No model"))
    }
  }

  @Test func `a file that is written again as it was is no drift`() async throws {
    try await withGateway { setting in
      let wanted = table([("1", 100, [try await setting.serve("a")])])
      try await setting.gateway.apply(wanted)
      for deed in Deed.all where deed.way == .replace {
        let path = "\(setting.folder)/\(deed.file)"
        try setting.contents(of: deed.file).write(toFile: path, atomically: true, encoding: .utf8)
      }
      let seen = await setting.gateway.observe()
      #expect(seen.drift == nil && seen.accepted == wanted)
    }
  }

  @Test func `the next life sees drift only in files that are not as the last one left them`() async throws {
    try await withGateway { setting in
      let port = try await setting.serve("a")
      let wanted = table([("1", 100, [port]), ("2", 0, [port])], mirror: (10, "2"))
      try await setting.gateway.apply(wanted)
      let second = try setting.nextLife()
      try await second.start()
      let asLeft = await second.observe()
      #expect(asLeft.drift == nil && asLeft.accepted == wanted)

      for deed in Deed.all {
        try deed.happen(in: setting.folder)
        let next = try setting.nextLife()
        try await next.start()
        let seen = await next.observe()
        #expect(seen.drift?.contains(deed.file) == true && seen.accepted == nil, "\(deed.testDescription)")
        try await next.apply(wanted)
        let right = await next.observe()
        #expect(right.drift == nil && right.accepted == wanted, "\(deed.testDescription)")
        #expect(try await infer(setting.port, 1).status == 200)
      }
    }
  }

  @Test(arguments: ["", "/rds", "/admin.sock"])
  func `an Envoy whose folder or socket is removed is replaced, since nothing can be told to it`(part: String)
    async throws
  {
    try await withGateway { setting in
      let wanted = table([("1", 100, [try await setting.serve("a")])])
      try await setting.gateway.apply(wanted)
      let pid = try setting.envoy()
      try FileManager.default.removeItem(atPath: setting.folder + part)
      try await eventually("another serves") {
        guard await setting.gateway.observe().accepted == wanted else { return false }
        return try setting.envoy() != pid
      }
      #expect(try await infer(setting.port, 1).status == 200)
      let next = table([("2", 100, [try await setting.serve("b")])])
      try await setting.gateway.apply(next)
      #expect(await setting.gateway.observe().accepted == next)
    }
  }
}

extension GatewayHost {
  /// Where Envoy's files are.
  fileprivate var folder: String { host.state + "/gateway" }

  fileprivate func contents(of file: String) throws -> String {
    try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
  }
}

extension String {
  /// A file of Envoy's without what tells one writing of it from the other.
  fileprivate var withoutVersion: Substring {
    self[(firstRange(of: "\"resources\"")?.lowerBound ?? startIndex)...]
  }
}
