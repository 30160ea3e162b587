package import Vocabulary

package struct Evidence: Hashable, Codable, Sendable { package var sentence: String { "" } }
package struct ErrorRateTest: Hashable, Codable, Sendable {
  package init(_ e: Check.ErrorRate) {}
  package mutating func observe(candidate: RequestCounts, stable: RequestCounts) {}
  package var verdict: Verdict { .undecided }
  package var evidence: Evidence { Evidence() }
}
