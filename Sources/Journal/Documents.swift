import Foundation

/// A row holds a document that this version cannot read.
struct UnreadableDocument: Error {
  var table: String
  var key: String
  var reason: String
}

/// The documents in the rows: JSON with sorted keys. A running test may hold an infinite
/// logarithm, which JSON has no number for.
enum Documents {
  private static let infinity = "inf"
  private static let negativeInfinity = "-inf"
  private static let notANumber = "nan"

  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: notANumber)
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// - Parameters:
  ///   - table: where the document is from, for the message when it cannot be read.
  ///   - key: which row of it.
  static func decode<Value: Decodable>(_ text: String, of table: String, key: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: notANumber)
    do {
      return try decoder.decode(Value.self, from: Data(text.utf8))
    } catch {
      throw UnreadableDocument(table: table, key: key, reason: "\(error)")
    }
  }
}
