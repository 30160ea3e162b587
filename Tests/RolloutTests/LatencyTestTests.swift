import Foundation
import Rollout
import Testing
import Vocabulary

@Suite struct LatencyTestTests {
  private func test(
    quantile: Double = 0.99, max: Int? = nil, ratio: Double? = nil, alpha: Double = 0.01
  ) -> LatencyTest {
    LatencyTest(
      Check.Latency(
        quantile: quantile, max: max.map { .milliseconds($0) },
        versusStable: ratio.map { .init(ratio: $0) }, alpha: alpha))
  }

  private let none = LatencyHistogram()

  /// Requests by how many milliseconds they took.
  private func times(_ counts: [Int: Int]) -> LatencyHistogram {
    LatencyHistogram(
      bins: counts.map {
        .init(from: .milliseconds($0.key), to: .milliseconds($0.key + 1), count: $0.value)
      })
  }

  @Test func `212 of 3,410 requests beyond the bound fail`() {
    var test = test(max: 250)
    test.observe(candidate: times([20: 3198, 300: 212]), stable: none)
    #expect(test.verdict == .fail)
    #expect(
      CheckTest.latency(test).evidence.sentence(stable: "7").hasPrefix(
        "212 of 3,410 requests took longer than 250 ms, at most 1 % allowed (e-value "))
  }

  @Test func `a candidate slower than stable by more than the ratio fails`() {
    var test = test(ratio: 1.2)
    test.learn(ofStable: times([20: 990, 239: 10]))
    test.observe(candidate: times([20: 800, 300: 40]), stable: times([20: 8910, 239: 80, 300: 12]))
    #expect(test.verdict == .fail)
    #expect(
      CheckTest.latency(test).evidence.sentence(stable: "7").hasPrefix(
        "40 of 840 requests took longer than 25.2 ms against 92 of 9,002 longer than 21 ms on version 7 (e"))
  }

  @Test func `a candidate as much slower as the ratio allows does not fail`() {
    var test = test(quantile: 0.5, ratio: 1.5)
    test.learn(ofStable: times([20: 50, 40: 50]))
    for _ in 1...200 {
      test.observe(candidate: times([30: 50, 60: 50]), stable: times([20: 50, 40: 50]))
    }
    #expect(test.verdict == .undecided)
  }

  @Test func `nothing is compared before stable's quantile is known`() {
    var test = test(ratio: 1)
    test.learn(ofStable: nil)
    test.observe(candidate: times([900: 300]), stable: times([20: 499]))
    test.learn(ofStable: times([20: 499]))
    #expect(test.verdict == .undecided)
    #expect(
      CheckTest.latency(test).evidence.sentence(stable: nil)
        == "compared once stable has answered 1 more request (e-value 1, alpha 0.01)")
    test.learn(ofStable: times([20: 500]))
    #expect(test.verdict == .undecided, "what came before is no comparison")
    test.observe(candidate: times([900: 300]), stable: times([20: 500]))
    #expect(test.verdict == .fail)
  }

  @Test func `no data is neither a pass nor a fail`() {
    for var test in [test(max: 250), test(ratio: 1), test(max: 250, ratio: 2)] {
      for _ in 0..<3 {
        test.learn(ofStable: nil)
        test.observe(candidate: none, stable: none)
        test.observe(candidate: none, stable: times([10: 100_000, 500: 100_000]))
        test.learn(ofStable: times([10: 100_000, 500: 100_000]))
      }
      #expect(test.verdict == .undecided)
    }
  }

  @Test func `forgiven answers are not counted, quick ones are`() {
    var test = test(max: 250, ratio: 1)
    test.learn(ofStable: times([20: 1000]))
    test.observe(candidate: times([20: 10, 900: 500]), stable: times([20: 100]), forgiving: true)
    #expect(test.verdict == .undecided)
    #expect(test.evidence.max?.requests == 10)
    #expect(test.evidence.max?.slow == 0)
    #expect(test.evidence.versusStable?.candidate?.slow == 0)
    test.observe(candidate: times([900: 10]), stable: times([20: 100]))
    #expect(test.verdict == .fail, "from then on they count")
  }

  @Test func `a fail stays, with the evidence it was given on`() {
    var test = test(max: 250)
    test.observe(candidate: times([900: 10]), stable: none)
    let evidence = test.evidence
    test.observe(candidate: times([20: 1_000_000]), stable: none)
    #expect(test.verdict == .fail)
    #expect(test.evidence == evidence)
  }

  @Test func `either part can fail a candidate, and both are quoted`() {
    var test = test(max: 250, ratio: 2)
    test.learn(ofStable: times([20: 1000]))
    test.observe(candidate: times([20: 100, 1500: 900]), stable: times([20: 1000]))
    #expect(test.verdict == .fail)
    let sentence = CheckTest.latency(test).evidence.sentence(stable: nil)
    #expect(
      sentence.hasPrefix(
        "900 of 1,000 requests took longer than 250 ms, at most 1 % allowed; "
          + "900 of 1,000 requests took longer than 42 ms against 0 of 1,000 longer than 21 ms on stable (e-")
    )
    var bounded = self.test(max: 250, ratio: 100)
    bounded.learn(ofStable: times([20: 1000]))
    bounded.observe(candidate: times([20: 100, 1500: 900]), stable: times([20: 1000]))
    #expect(bounded.verdict == .fail)
  }

  @Test func `evidence is written with the keys of the contract`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var test = test(quantile: 0.5, max: 250, ratio: 1.5, alpha: 0.25)
    let empty = try encoder.encode(CheckTest.latency(test).evidence)
    #expect(
      String(decoding: empty, as: UTF8.self)
        == #"{"alpha":0.25,"eValue":0.5,"max":{"requests":0,"seconds":0.25,"slow":0},"quantile":0.5,"#
        + #""versusStable":{"missing":10,"ratio":1.5}}"#)
    test.learn(ofStable: times([20: 10]))
    test.observe(candidate: times([300: 1, 20: 2]), stable: times([20: 4]))
    let evidence = CheckTest.latency(test).evidence
    let encoded = try encoder.encode(evidence)
    #expect(
      String(decoding: encoded, as: UTF8.self).hasSuffix(
        #""versusStable":{"candidate":{"requests":3,"seconds":0.0315,"slow":1},"ratio":1.5,"#
          + #""stable":{"requests":4,"seconds":0.021,"slow":0}}}"#))
    #expect(try JSONDecoder().decode(Evidence.self, from: encoded) == evidence)
  }

  @Test func `a test restored from a journal goes on, and stays small`() throws {
    var kept = CheckState(
      Check(
        name: "tail",
        latency: .init(quantile: 0.9, max: .milliseconds(250), versusStable: .init(ratio: 1.5), alpha: 0.01)))
    var restored = kept
    for look in 1...200 {
      let candidate = times([20: 5, 260: look % 20 == 0 ? 1 : 0, 40: 1])
      let stable = times([20: 50, 260: 1, 900: look % 3 == 0 ? 1 : 0])
      kept.observe(candidate, stable)
      restored.observe(candidate, stable)
      let encoded = try JSONEncoder().encode(restored)
      #expect(encoded.count < 1500)
      restored = try JSONDecoder().decode(CheckState.self, from: encoded)
      #expect(restored == kept)
    }
    #expect(kept.report.evidence == restored.report.evidence)
  }

  @Test func `a journal from before there were other checks is read`() throws {
    let check = #"{"name":"budget","errorRate":{"max":0.01,"versusStable":true,"alpha":0.01}}"#
    let counts = #"{"requests":7,"errors":1}"#
    let evidence =
      #"{"candidate":\#(counts),"stable":\#(counts),"eValue":1.5,"alpha":0.01,"max":0.01,"versusStable":true}"#
    let report = #"{"name":"budget","verdict":"undecided","evidence":\#(evidence)}"#
    let test = try JSONEncoder().encode(
      ErrorRateTest(Check.ErrorRate(max: 0.01, versusStable: true, alpha: 0.01)))
    let state = #"{"check":\#(check),"test":\#(String(decoding: test, as: UTF8.self))}"#
    let decoder = JSONDecoder()
    #expect(
      try decoder.decode(CheckState.self, from: Data(state.utf8))
        == CheckState(
          Check(name: "budget", errorRate: .init(max: 0.01, versusStable: true, alpha: 0.01))))
    let decoded = try decoder.decode(CheckReport.self, from: Data(report.utf8))
    #expect(
      decoded.evidence.sentence(stable: nil)
        == "1 errors in 7 requests, at most 1 % allowed, against 1 in 7 (e-value 2, alpha 0.01)")
  }
}

extension CheckState {
  fileprivate mutating func observe(_ candidate: LatencyHistogram, _ stable: LatencyHistogram) {
    guard case .latency(var running) = test else { return }
    running.observe(candidate: candidate, stable: stable)
    running.learn(ofStable: stable)
    test = .latency(running)
  }
}
