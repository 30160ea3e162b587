/// The trailers of a commit's message by Git's rules (git-interpret-trailers): lines `Key: value` that make up its last
/// paragraph, which is not its first. What looks like one anywhere else, for example in a message that is quoted, is text.
package func trailers(of message: String) -> [(key: String, value: String)] {
  let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
  guard let last = lines.lastIndex(where: { !isBlank($0) }),
    let before = lines[...last].lastIndex(where: isBlank),
    lines[..<before].contains(where: { !isBlank($0) })
  else { return [] }
  var found: [(key: String, value: String)] = []
  for line in lines[(before + 1)...last] {
    if line.first == " " || line.first == "\t" {
      // A continuation of the line before.
      guard !found.isEmpty else { return [] }
      found[found.count - 1].value = trimmed("\(found[found.count - 1].value) \(line)")
    } else if let trailer = trailer(line) {
      found.append(trailer)
    } else if !line.hasPrefix("(cherry picked from commit ") {
      return []
    }
  }
  return found
}

private func trailer(_ line: Substring) -> (key: String, value: String)? {
  guard let colon = line.firstIndex(of: ":") else { return nil }
  let key = line[..<colon]
  let isKey =
    !key.isEmpty
    && key.utf8.allSatisfy { byte in
      let scalar = Unicode.Scalar(byte)
      return scalar.isASCII
        && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-")
    }
  return isKey ? (String(key), trimmed(line[line.index(after: colon)...])) : nil
}

private func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

private func trimmed(_ text: Substring) -> String {
  let start = text.drop(while: \.isWhitespace)
  return String(start.reversed().drop(while: \.isWhitespace).reversed())
}
