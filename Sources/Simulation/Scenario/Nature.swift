import Vocabulary

/// What a version of a model is really like: the truth that the agent has to find out.
package struct Nature: Hashable, Sendable {
  package enum Bytes: Hashable, Sendable {
    case sound
    /// The registry has no such artifact.
    case missing
    /// It does not have the digest that the manifest promises.
    case corrupt
    /// It has, and is an archive that must not be unpacked.
    case unsafe
  }

  package var bytes = Bytes.sound
  /// Whether its command can be run at all.
  package var isStartable = true
  /// How long it takes until its model answers; `nil` is for ever.
  package var readyAfter: Duration? = .seconds(1)
  /// How long after its start each instance ends by itself; `nil` is never.
  package var crashesAfter: Duration?
  /// How long after it was ready each instance stops to answer; `nil` is never.
  package var hangsAfter: Duration?
  /// The share of its answers that are errors.
  package var errorRate = 0.0

  package init() {}

  /// Whether nothing at all is wrong with it.
  package var isGood: Bool {
    bytes == .sound && isStartable && readyAfter.map { $0 <= .seconds(5) } == true && crashesAfter == nil
      && hangsAfter == nil && errorRate <= Nature.tolerable
  }

  /// The share of errors that every good version has at most.
  package static let tolerable = 0.002
}

extension Nature: CustomStringConvertible {
  package var description: String {
    var words: [String] = []
    switch bytes {
    case .sound: break
    case .missing: words.append("its artifact is missing")
    case .corrupt: words.append("its artifact has another digest")
    case .unsafe: words.append("its archive is unsafe")
    }
    if !isStartable { words.append("it cannot be started") }
    if let readyAfter {
      if readyAfter > .seconds(5) { words.append("ready only after \(readyAfter.milliseconds / 1000) s") }
    } else {
      words.append("never ready")
    }
    if let crashesAfter { words.append("crashes \(crashesAfter.words) after each start") }
    if let hangsAfter { words.append("hangs \(hangsAfter.milliseconds / 1000) s after it was ready") }
    if errorRate > Nature.tolerable { words.append("\(Int(errorRate * 100)) % errors") }
    return words.isEmpty ? "good" : words.joined(separator: ", ")
  }
}
