package import Vocabulary

/// A check, and the test that judges it in this rollout.
package struct CheckState: Hashable, Codable, Sendable {
  package var check: Check
  package var test: ErrorRateTest

  package init(_ check: Check) {
    self.check = check
    switch check.question {
    case .errorRate(let errorRate): test = ErrorRateTest(errorRate)
    }
  }

  package var report: CheckReport {
    CheckReport(name: check.name, verdict: test.verdict, evidence: test.evidence)
  }
}
