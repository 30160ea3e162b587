import Foundation
import Rollout
import Testing
import Vocabulary

@Suite struct VerdictEvidenceTests {
  private func test(max: Double? = nil, versusStable: Bool = false, alpha: Double = 0.01) -> ErrorRateTest {
    ErrorRateTest(Check.ErrorRate(max: max, versusStable: versusStable, alpha: alpha))
  }

  private func counts(_ requests: Int, _ errors: Int) -> RequestCounts {
    RequestCounts(requests: requests, errors: errors)
  }

  @Test func `14 errors in 812 requests against 41 in 15,430 fail`() {
    var test = test(max: 0.01, versusStable: true)
    test.observe(candidate: counts(812, 14), stable: counts(15_430, 41))
    #expect(test.verdict == .fail)
    #expect(test.evidence.candidate == counts(812, 14))
    #expect(test.evidence.stable == counts(15_430, 41))
    #expect(test.evidence.eValue.rounded() == 33_818)
  }

  @Test func `the same counts over many looks fail too`() {
    var test = test(max: 0.01, versusStable: true)
    for look in 0..<14 {
      test.observe(candidate: counts(58, 1), stable: counts(1_102, look == 13 ? 2 : 3))
    }
    #expect(test.verdict == .fail)
  }

  @Test func `evidence is written with the keys of the contract`() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var test = test(max: 0.5, versusStable: true, alpha: 0.25)
    let empty = try encoder.encode(test.evidence)
    #expect(
      String(decoding: empty, as: UTF8.self)
        == #"{"alpha":0.25,"candidate":{"errors":0,"requests":0},"eValue":0.5,"max":0.5,"#
        + #""stable":{"errors":0,"requests":0},"versusStable":true}"#)
    test.observe(candidate: counts(3, 1), stable: counts(5, 0))
    let decoded = try JSONDecoder().decode(
      ErrorRateTest.Evidence.self, from: encoder.encode(test.evidence))
    #expect(decoded == test.evidence)
  }

  @Test(arguments: [(nil, true), (0.01, false), (0.01, true), (0, true), (nil, false)] as [(Double?, Bool)])
  func `no data is neither a pass nor a fail`(max: Double?, versusStable: Bool) {
    for alpha in [0.01, 1, 2, 0, .nan] {
      var test = test(max: max, versusStable: versusStable, alpha: alpha)
      #expect(test.verdict == .undecided)
      test.observe(candidate: counts(0, 0), stable: counts(0, 0))
      test.observe(candidate: counts(0, 0), stable: counts(10_000, 5_000))
      #expect(test.verdict == .undecided)
    }
  }

  @Test func `a flawless candidate never fails and never passes by itself`() {
    var test = test(max: 0.01, versusStable: true)
    test.observe(candidate: counts(1_000_000, 0), stable: counts(1_000_000, 1_000))
    #expect(test.verdict == .undecided)
    #expect(test.evidence.eValue < 1)
  }

  @Test func `a fail stays, with the evidence it was given on`() {
    var test = test(max: 0.01)
    test.observe(candidate: counts(10, 10), stable: counts(0, 0))
    let evidence = test.evidence
    test.observe(candidate: counts(1_000_000, 0), stable: counts(0, 0))
    #expect(test.verdict == .fail)
    #expect(test.evidence == evidence)
  }

  @Test func `the first error fails a check that allows none`() {
    var test = test(max: 0)
    test.observe(candidate: counts(100_000, 0), stable: counts(0, 0))
    #expect(test.verdict == .undecided)
    test.observe(candidate: counts(1, 1), stable: counts(0, 0))
    #expect(test.verdict == .fail)
    #expect(test.evidence.eValue <= ErrorRateTest.Evidence.largestEValue)
  }

  @Test func `a check that allows every error never fails`() {
    var test = test(max: 1)
    test.observe(candidate: counts(100_000, 100_000), stable: counts(0, 0))
    #expect(test.verdict == .undecided)
  }

  @Test func `errors that stable has too are not held against the candidate`() {
    var test = test(versusStable: true)
    for _ in 0..<100 {
      test.observe(candidate: counts(5, 5), stable: counts(95, 95))
    }
    #expect(test.verdict == .undecided)
  }

  @Test func `a candidate without stable's traffic is not compared`() {
    var test = test(versusStable: true)
    for _ in 0..<1_000 {
      test.observe(candidate: counts(10, 10), stable: counts(0, 0))
    }
    #expect(test.verdict == .undecided)
  }

  @Test func `a negative count is read as zero and an error as a request`() {
    var test = test(max: 0.5, versusStable: true)
    test.observe(candidate: counts(-5, -1), stable: counts(.min, .min))
    #expect(test.evidence.candidate == counts(0, 0))
    #expect(test.evidence.stable == counts(0, 0))
    test.observe(candidate: counts(1, 3), stable: counts(4, -2))
    #expect(test.evidence.candidate == counts(3, 3))
    #expect(test.evidence.stable == counts(4, 0))
  }

  @Test(arguments: [1_000_000_000, Int.max])
  func `huge counts overflow nothing`(requests: Int) {
    for errors in [0, 1, requests / 100, requests - 1, requests] {
      var test = test(max: 0.01, versusStable: true)
      for stableErrors in [0, requests / 2, requests] {
        test.observe(candidate: counts(requests, errors), stable: counts(requests, stableErrors))
        #expect(test.evidence.eValue.isFinite)
      }
      #expect(test.verdict == (errors < 2 ? .undecided : .fail))
    }
  }

  @Test func `a test restored from a journal goes on as if nothing had happened`() throws {
    var traffic = VerdictTraffic(
      candidateRate: 0.04, stableRate: 0.01, look: 1, seed: 11, weight: { _ in 0.3 })
    var kept = test(max: 0.01, versusStable: true)
    var restored = kept
    for _ in 0..<400 {
      let candidate = counts(1, traffic.next() < 0.04 ? 1 : 0)
      let stable = counts(2, traffic.next() < 0.02 ? 1 : 0)
      kept.observe(candidate: candidate, stable: stable)
      restored.observe(candidate: candidate, stable: stable)
      restored = try JSONDecoder().decode(
        ErrorRateTest.self, from: JSONEncoder().encode(restored))
      #expect(restored == kept)
    }
    #expect(kept.evidence.candidate.requests > 0)
  }

  @Test func `the state does not grow with what is observed`() throws {
    var test = test(max: 0.5, versusStable: true)
    for _ in 0..<5_000 {
      test.observe(candidate: counts(3, 1), stable: counts(9, 3))
    }
    #expect(try JSONEncoder().encode(test).count < 1_000)
  }
}
