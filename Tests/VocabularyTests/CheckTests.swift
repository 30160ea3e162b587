import Foundation
import Testing
import Vocabulary

struct CheckTests {
  private static let checks = [
    (
      Check(name: "errors", errorRate: .init(max: 0.01, versusStable: true, alpha: 0.05)),
      #"{"errorRate":{"alpha":0.05,"max":0.01,"versusStable":true},"name":"errors"}"#
    ),
    (
      Check(name: "errors", errorRate: .init(max: nil, versusStable: true, alpha: 0.05)),
      #"{"errorRate":{"alpha":0.05,"versusStable":true},"name":"errors"}"#
    ),
    (
      Check(
        name: "tail",
        latency: .init(quantile: 0.95, max: .milliseconds(1250), versusStable: .init(ratio: 1.5), alpha: 0.25)
      ),
      #"{"latency":{"alpha":0.25,"max":"1250ms","quantile":0.95,"versusStable":{"ratio":1.5}},"name":"tail"}"#
    ),
    (
      Check(
        name: "tail", latency: .init(quantile: 0.5, max: nil, versusStable: .init(ratio: 1), alpha: 0.25)),
      #"{"latency":{"alpha":0.25,"quantile":0.5,"versusStable":{"ratio":1}},"name":"tail"}"#
    ),
  ]

  @Test(arguments: checks) func `is written in the shape of its manifest, and read back`(
    check: Check, json: String
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(check), as: UTF8.self) == json)
    #expect(try JSONDecoder().decode(Check.self, from: Data(json.utf8)) == check)
  }

  @Test(arguments: ["250", "ms", "0.5ms", "250s"]) func `a time without its unit is not read`(text: String) {
    let json = #"{"latency":{"alpha":0.25,"max":"\#(text)","quantile":0.5},"name":"tail"}"#
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Check.self, from: Data(json.utf8))
    }
  }
}
