import Effects
import Foundation
import HostTarget
import Testing
import Vocabulary

/// Every kind of change after every other one, under load.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct EnvoySwitchTests {
  @Test func `no request fails in a hundred switches of weights, mirrors, previews and instances`()
    async throws
  {
    try await withGateway { setting in
      let (a, b) = (try await setting.serve("a"), try await setting.serve("b"))
      let c = try await setting.serve("c")
      let hangs = try await setting.serve("hangs", "--delay", "60")
      let alone = table([("1", 100, [a])])
      let kinds: [(kind: String, table: RouteTable)] = [
        ("a candidate", table([("1", 100, [a]), ("2", 0, [b])])),
        ("mirror", table([("1", 100, [a]), ("2", 0, [b])], mirror: (100, "2"))),
        ("mirror", table([("1", 100, [a]), ("2", 0, [b])], mirror: (20, "2"))),
        ("mirror that hangs", table([("1", 100, [a]), ("3", 0, [hangs])], mirror: (100, "3"))),
        ("preview", table([("1", 100, [a]), ("2", 0, [b])], preview: (.header("x-preview"), "2"))),
        ("preview", table([("1", 100, [a]), ("2", 0, [b])], preview: (.host("p.example"), "2"))),
        (
          "preview",
          table([("1", 100, [a]), ("2", 0, [b])], preview: (.host("127.0.0.1"), "2"), mirror: (50, "1"))
        ),
        ("weights", table([("1", 50, [a]), ("2", 50, [b])])),
        ("weights", table([("1", 0, [a]), ("2", 100, [b])])),
        ("instances", table([("1", 0, [a]), ("2", 100, [b, c])])),
        ("instances", table([("1", 0, [a]), ("2", 100, [c])])),
        ("candidate gone", alone),
      ]
      try await setting.gateway.apply(alone)
      let listeners = try setting.inode(of: "lds/listeners.json")
      var durations: [String: [Duration]] = [:]
      let tally = try await underLoad(on: setting.port) {
        // Steps of 5 through a list of 12: every kind comes after and before several others.
        for step in 0..<100 {
          let change = kinds[step * 5 % kinds.count]
          let begun = ContinuousClock.now
          try await setting.gateway.apply(change.table)
          durations[change.kind, default: []].append(ContinuousClock.now - begun)
          #expect(await setting.gateway.observe().accepted == change.table)
        }
      }
      #expect(tally.statuses == [200: tally.total] && tally.broken.isEmpty)
      #expect(tally.count(of: "1") > 0 && tally.count(of: "2") > 0)
      #expect(try setting.inode(of: "lds/listeners.json") == listeners, "a listener that changes drains")
      for (kind, times) in durations.sorted(by: { $0.key < $1.key }) {
        let sorted = times.sorted()
        print(
          "\(kind): confirmed after \(sorted[sorted.count / 2]) in the median of \(sorted.count), \(sorted[sorted.count - 1]) at most"
        )
      }
      print("100 switches: \(tally.total) requests, none failed: \(tally.statuses)")
    }
  }
}

extension GatewayHost {
  fileprivate func inode(of file: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(host.state)/gateway/\(file)")
    return try #require(attributes[.systemFileNumber] as? Int)
  }
}
