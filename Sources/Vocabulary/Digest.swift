/// A SHA-256 digest, written `sha256:` and 64 lower-case hexadecimal digits.
package struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  package let hex: String

  /// Reads `sha256:…`; `nil` when the algorithm or the length is another, or a digit is not hexadecimal.
  package init?(_ text: String) {
    let prefix = "sha256:"
    guard text.hasPrefix(prefix) else { return nil }
    self.init(hex: text.dropFirst(prefix.count).lowercased())
  }

  /// Reads the 64 digits alone.
  package init?(hex: String) {
    guard hex.utf8.count == 64, hex.utf8.allSatisfy(isLowerHex) else { return nil }
    self.hex = hex
  }

  /// The digest whose 32 raw bytes these are.
  package init?(bytes: some Sequence<UInt8>) {
    self.init(hex: bytes.map { hexDigits[Int($0 >> 4)] + hexDigits[Int($0 & 15)] }.joined())
  }

  package var description: String { "sha256:\(hex)" }

  /// The first twelve digits: enough for people and for names of clusters, instances and logs.
  package var short: String { String(hex.prefix(12)) }

  package static func < (left: Digest, right: Digest) -> Bool { left.hex < right.hex }
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

private let hexDigits = [
  "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f",
]

private func isLowerHex(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
}

/// The digest over everything that decides what runs: artifact, resolved runtime and environment.
/// Replicas, route, policy and labels are not in it; they apply live, with no rollout.
package typealias Revision = Digest
