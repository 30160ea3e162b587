/// A SHA-256 digest, written `sha256:` and 64 lower-case hexadecimal digits.
///
/// Every model has several, and they are hashed and compared all the time: so it is kept as 32 bytes and not as text.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
  /// Eight bytes each, the first byte of the digest in the highest place of the first.
  private var words: (UInt64, UInt64, UInt64, UInt64)

  /// Reads `sha256:…`; `nil` when the algorithm or the length is another, or a digit is not hexadecimal.
  package init?(_ text: String) {
    let prefix = "sha256:"
    guard text.hasPrefix(prefix) else { return nil }
    self.init(hex: text.utf8.dropFirst(prefix.utf8.count), allowingUpperCase: true)
  }

  /// Reads the 64 lower-case digits alone.
  package init?(hex: String) {
    self.init(hex: hex.utf8, allowingUpperCase: false)
  }

  /// The digest whose 32 raw bytes these are.
  package init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    words = (0, 0, 0, 0)
    for byte in bytes {
      push(byte >> 4)
      push(byte & 15)
    }
  }

  private init?(hex: some Collection<UInt8>, allowingUpperCase: Bool) {
    guard hex.count == 64 else { return nil }
    words = (0, 0, 0, 0)
    for character in hex {
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): push(character - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): push(character - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F") where allowingUpperCase:
        push(character - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
  }

  /// Adds a digit at the end, and moves all others one place up.
  private mutating func push(_ digit: UInt8) {
    words.0 = words.0 << 4 | words.1 >> 60
    words.1 = words.1 << 4 | words.2 >> 60
    words.2 = words.2 << 4 | words.3 >> 60
    words.3 = words.3 << 4 | UInt64(digit)
  }

  /// 64 lower-case hexadecimal digits.
  package var hex: String { text(digits: 64) }

  package var description: String { "sha256:\(hex)" }

  /// The first twelve digits: enough for people and for names of clusters, instances and logs.
  package var short: String { text(digits: 12) }

  private func text(digits: Int) -> String {
    let words = [words.0, words.1, words.2, words.3]
    return String(unsafeUninitializedCapacity: digits) { buffer in
      for index in 0..<digits {
        let digit = UInt8(truncatingIfNeeded: words[index / 16] >> (60 - 4 * UInt64(index % 16)) & 15)
        buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      }
      return digits
    }
  }

  package static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

  /// One word is enough: what is a digest already is spread evenly.
  package func hash(into hasher: inout Hasher) { hasher.combine(words.3) }
}

extension Digest: Comparable {
  /// The order of the digits, as text and as numbers.
  package static func < (left: Digest, right: Digest) -> Bool { left.words < right.words }
}

extension Digest: Codable {
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let digest = Digest(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not a sha256 digest: \(text)"))
    }
    self = digest
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// The digest over everything that decides what runs: artifact, resolved runtime and environment.
/// Replicas, route, policy and labels are not in it; they apply live, with no rollout.
package typealias Revision = Digest
