/// The state of the world at one moment, for people.
struct Scene: Sendable {
  struct Row: Sendable {
    var version: String
    /// Percent of the traffic.
    var weight: Int
    var requests: Int
    var errors: Int
  }
  var elapsed: Duration
  /// The model's phase and step.
  var phase: String
  var rows: [Row]

  /// The phase, and below it a bar, requests and errors for each version.
  var lines: [String] {
    ["\(seconds(elapsed).leftPadded(8)) s  \(phase)"]
      + rows.map { row in
        "\(String(repeating: " ", count: 12))version \(row.version)  \(bar(row.weight)) "
          + "\(String(row.weight).leftPadded(3)) %  \(String(row.requests).leftPadded(6)) requests  "
          + "\(String(row.errors).leftPadded(4)) errors"
      }
  }

  /// What has to change for a new line to be worth printing when lines cannot be redrawn.
  var headline: String { phase + rows.map { " \($0.version):\($0.weight)" }.joined() }
}

/// Seconds with one decimal.
func seconds(_ duration: Duration) -> String {
  let tenths = duration.components.seconds * 10 + duration.components.attoseconds / 100_000_000_000_000_000
  return "\(tenths / 10).\(tenths % 10)"
}

private func bar(_ percent: Int) -> String {
  let width = 30
  let filled = (percent * width + 50) / 100
  return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
}

extension String {
  func leftPadded(_ width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
