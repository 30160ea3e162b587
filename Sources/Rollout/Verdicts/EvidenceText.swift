import Vocabulary

extension Evidence {
  /// One sentence for the revert commit, status and history, for example "14 errors in 812 requests against 41
  /// in 15,430 on version 7 (e-value 57,942, alpha 0.01)".
  package func sentence(stable version: String?) -> String {
    let (what, eValue, alpha) =
      switch self {
      case .errorRate(let evidence): (evidence.counts(stable: version), evidence.eValue, evidence.alpha)
      case .latency(let evidence): (evidence.counts(stable: version), evidence.eValue, evidence.alpha)
      }
    return "\(what) (e-value \(Int(eValue.rounded()).grouped), alpha \(alpha))"
  }
}

extension ErrorRateTest.Evidence {
  fileprivate func counts(stable version: String?) -> String {
    var text = "\(candidate.errors.grouped) errors in \(candidate.requests.grouped) requests"
    if let max { text += ", at most \(percent(max)) allowed" }
    if versusStable {
      text += (max == nil ? "" : ",") + " against \(stable.errors.grouped) in \(stable.requests.grouped)"
      if let version { text += " on version \(version)" }
    }
    return text
  }
}

extension LatencyTest.Evidence {
  fileprivate func counts(stable version: String?) -> String {
    let stable = version.map { "version \($0)" } ?? "stable"
    var parts: [String] = []
    if let max { parts.append("\(max.text), at most \(percent(1 - quantile)) allowed") }
    if let versusStable { parts.append(versusStable.text(stable: stable)) }
    return parts.joined(separator: "; ")
  }
}

extension LatencyTest.Evidence.Share {
  fileprivate var text: String {
    "\(slow.grouped) of \(requests.grouped) requests took longer than \(timeText(seconds))"
  }
}

extension LatencyTest.Evidence.Comparison {
  fileprivate func text(stable name: String) -> String {
    guard let candidate, let stable else {
      let missing = missing ?? 0
      return "compared once \(name) has answered \(missing.grouped) more request\(missing == 1 ? "" : "s")"
    }
    return "\(candidate.text) against \(stable.slow.grouped) of \(stable.requests.grouped) longer than "
      + "\(timeText(stable.seconds)) on \(name)"
  }
}

/// `250 ms`, `42.6 ms` or `1.5 s`.
private func timeText(_ seconds: Double) -> String {
  let (value, unit, digits) = seconds < 1 ? (seconds * 1000, "ms", 10.0) : (seconds, "s", 100.0)
  let rounded = (value * digits).rounded() / digits
  return rounded == rounded.rounded() ? "\(Int(rounded).grouped) \(unit)" : "\(rounded) \(unit)"
}

private func percent(_ share: Double) -> String {
  let hundredths = (share * 10_000).rounded() / 100
  return hundredths == hundredths.rounded() ? "\(Int(hundredths)) %" : "\(hundredths) %"
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
