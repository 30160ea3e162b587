import YAML

extension ValueType where Value == Duration {
  /// A duration such as `90s`, `10m`, `1h30m` or `500ms`, between two limits.
  static func duration(from minimum: Duration, to maximum: Duration) -> ValueType {
    text("duration, \(formatted(minimum)) to \(formatted(maximum))") { text, label, position, reading in
      guard let value = parseDuration(text) else {
        reading.report(
          "\(quoted(label)) must be a duration such as 90s, 10m or 1h30m, not \(quoted(text))",
          at: position)
        return nil
      }
      guard value >= minimum, value <= maximum else {
        reading.report(
          "\(quoted(label)) must be from \(formatted(minimum)) to \(formatted(maximum)), "
            + "not \(quoted(text))", at: position)
        return nil
      }
      return value
    }
  }
}

private let units: [(name: String, milliseconds: Int64)] = [
  ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
]

/// Reads whole numbers with the units `h`, `m`, `s` and `ms`, from the largest to the smallest, each at most
/// once. `nil` for anything else, and for more than a year.
package func parseDuration(_ text: String) -> Duration? {
  let year: Int64 = 365 * 24 * 3_600_000
  var rest = text.utf8[...]
  var total: Int64 = 0
  var unitsLeft = units[...]
  guard !rest.isEmpty else { return nil }
  while !rest.isEmpty {
    let digits = rest.prefix(while: isDigit)
    rest = rest[digits.endIndex...]
    let letters = rest.prefix(while: isLetter)
    rest = rest[letters.endIndex...]
    guard let number = Int64(Substring(digits)), number <= year,
      let unit = unitsLeft.firstIndex(where: { $0.name.utf8.elementsEqual(letters) })
    else { return nil }
    let (part, overflow) = number.multipliedReportingOverflow(by: units[unit].milliseconds)
    guard !overflow, part <= year else { return nil }
    total += part
    unitsLeft = units[(unit + 1)...]
  }
  return total <= year ? .milliseconds(total) : nil
}

/// The shortest way to write a duration that `parseDuration` reads back, in whole milliseconds.
func formatted(_ duration: Duration) -> String {
  var rest = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
  var text = ""
  for unit in units where rest >= unit.milliseconds {
    text += "\(rest / unit.milliseconds)\(unit.name)"
    rest %= unit.milliseconds
  }
  return text.isEmpty ? "0s" : text
}
