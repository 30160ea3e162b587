package import Vocabulary

/// A check, and the test that judges it in this rollout.
package struct CheckState: Hashable, Sendable {
  package var check: Check
  package var test: CheckTest

  package init(_ check: Check) {
    self.check = check
    switch check.question {
    case .errorRate(let errorRate): test = .errorRate(ErrorRateTest(errorRate))
    case .latency(let latency): test = .latency(LatencyTest(latency))
    }
  }

  package var report: CheckReport {
    CheckReport(name: check.name, verdict: test.verdict, evidence: test.evidence)
  }
}

/// The running test of a check, of the kind that its question needs.
package enum CheckTest: Hashable, Sendable {
  case errorRate(ErrorRateTest)
  case latency(LatencyTest)

  var judgesLatency: Bool {
    if case .latency = self { true } else { false }
  }

  /// How many more requests stable has to answer before anything can be compared.
  var missingOfStable: Int {
    if case .latency(let test) = self { test.missing } else { 0 }
  }

  package var verdict: Verdict {
    switch self {
    case .errorRate(let test): test.verdict
    case .latency(let test): test.verdict
    }
  }

  package var evidence: Evidence {
    switch self {
    case .errorRate(let test): .errorRate(test.evidence)
    case .latency(let test): .latency(test.evidence)
    }
  }
}

/// The question says which kind of test follows.
extension CheckState: Codable {
  private enum CodingKeys: String, CodingKey {
    case check, test
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    check = try container.decode(Check.self, forKey: .check)
    switch check.question {
    case .errorRate: test = .errorRate(try container.decode(ErrorRateTest.self, forKey: .test))
    case .latency: test = .latency(try container.decode(LatencyTest.self, forKey: .test))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(check, forKey: .check)
    switch test {
    case .errorRate(let test): try container.encode(test, forKey: .test)
    case .latency(let test): try container.encode(test, forKey: .test)
    }
  }
}
