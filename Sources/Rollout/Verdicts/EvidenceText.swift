import Vocabulary

package typealias Evidence = ErrorRateTest.Evidence

extension ErrorRateTest.Evidence {
  /// One sentence for the revert commit, status and history, for example "14 errors in 812 requests against 41
  /// in 15,430 on version 7 (e-value 57,942, alpha 0.01)".
  package func sentence(stable version: String?) -> String {
    var text = "\(candidate.errors.grouped) errors in \(candidate.requests.grouped) requests"
    if let max { text += ", at most \(percent(max)) allowed" }
    if versusStable {
      text += (max == nil ? "" : ",") + " against \(stable.errors.grouped) in \(stable.requests.grouped)"
      if let version { text += " on version \(version)" }
    }
    return text + " (e-value \(Int(eValue.rounded()).grouped), alpha \(alpha))"
  }

  private func percent(_ share: Double) -> String {
    let hundredths = (share * 10_000).rounded() / 100
    return hundredths == hundredths.rounded() ? "\(Int(hundredths)) %" : "\(hundredths) %"
  }
}

extension Int {
  /// With a comma between thousands.
  fileprivate var grouped: String {
    var groups: [Substring] = []
    var digits = Substring(String(magnitude))
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = digits.dropLast(3)
    }
    groups.insert(digits, at: 0)
    return (self < 0 ? "-" : "") + groups.joined(separator: ",")
  }
}
