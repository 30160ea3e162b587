import Foundation
import Testing

/// An object of a JSON document, taken apart by its keys.
struct JSONObject {
  private let content: [String: Any]

  init(_ text: String) throws {
    content = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private init(_ content: [String: Any]) { self.content = content }

  var keys: Set<String> { Set(content.keys) }

  subscript(key: String) -> JSONObject {
    get throws { JSONObject(try #require(content[key] as? [String: Any], "no object \(key)")) }
  }

  func list(_ key: String) throws -> [JSONObject] {
    try #require(content[key] as? [[String: Any]], "no list \(key)").map(JSONObject.init)
  }

  func text(_ key: String) throws -> String { try #require(content[key] as? String, "no text \(key)") }
  func number(_ key: String) throws -> Int { try #require(content[key] as? Int, "no number \(key)") }
}
