import Vocabulary

/// What happened, in the order in which it did, for people.
package struct Story: Hashable, Sendable {
  package private(set) var lines: [String] = []
  /// Whether anybody will read it: to tell it costs more than to live it.
  let isTold: Bool

  init(isTold: Bool) { self.isTold = isTold }

  mutating func tell(_ text: String, at now: Timestamp) {
    let milliseconds = (now - World.beginning).milliseconds
    let (minutes, seconds) = (milliseconds / 60_000, milliseconds / 1000 % 60)
    let fraction = String(1000 + milliseconds % 1000).dropFirst()
    let padding = seconds < 10 ? "0" : ""
    lines.append("\(minutes):\(padding)\(seconds).\(fraction)  \(text)")
  }
}
