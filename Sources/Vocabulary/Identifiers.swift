/// A name that is only a string underneath, kept apart from other strings by its type.
package protocol StringIdentifier: Hashable, Comparable, Codable, Sendable,
  CustomStringConvertible, ExpressibleByStringLiteral
{
  var rawValue: String { get }
  init(rawValue: String)
}

extension StringIdentifier {
  package init(_ rawValue: String) { self.init(rawValue: rawValue) }
  package init(stringLiteral: String) { self.init(rawValue: stringLiteral) }
  package init(from decoder: any Decoder) throws {
    self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
  }
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
  package var description: String { rawValue }
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The name of a model: a DNS label, unique in the configuration repository.
package struct ModelName: StringIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// A Git commit: 40 hexadecimal digits.
package struct CommitID: StringIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
  /// What people read in messages.
  package var short: String { String(rawValue.prefix(8)) }
}

/// One running model server: `MODEL-REVISION-NUMBER`.
package struct InstanceID: StringIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// One rollout: a ULID, so that the order of names is the order of time.
package struct RolloutID: StringIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }

  /// The ULID of 48 bits of time and 80 bits of randomness (github.com/ulid/spec), both given by the caller:
  /// the core has neither a clock nor dice.
  package init(at time: Timestamp, randomness: (UInt16, UInt64)) {
    let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    var high = UInt64(clamping: time.milliseconds) << 16 | UInt64(randomness.0)
    var low = randomness.1
    var characters: [UInt8] = []
    for _ in 0..<26 {
      characters.append(alphabet[Int(low & 31)])
      low = low >> 5 | high << 59
      high >>= 5
    }
    self.init(rawValue: String(decoding: characters.reversed(), as: UTF8.self))
  }
}
