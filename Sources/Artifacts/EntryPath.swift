import Effects

/// The path of a file inside an artifact, relative to the artifact's folder and safe to create there.
///
/// Names come from archives and servers that we do not trust. What is refused here never reaches the file
/// system: absolute paths, `..`, backslashes (a separator to some programs), control characters (they break
/// logs and terminals), bytes that are not UTF-8, names that no file system takes.
struct EntryPath: Hashable, Comparable {
  /// At least one name, none of them empty, `.` or `..`.
  let components: [String]

  static let maximumDepth = 32
  static let maximumBytes = 1024
  private static let maximumNameBytes = 255

  /// Reads a path as archives write it. `.` and empty components mean nothing and are dropped, as tar does.
  ///
  /// - Returns: `nil` for the artifact's folder itself, which archives often list as `./`.
  /// - Throws: `ArtifactError(.invalid)` that quotes the path.
  static func parse(_ bytes: [UInt8]) throws(ArtifactError) -> EntryPath? {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw refusal(String(decoding: bytes, as: UTF8.self), "the name is not valid UTF-8")
    }
    guard bytes.count <= maximumBytes else {
      throw refusal(text, "the name is longer than \(maximumBytes) bytes")
    }
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
      throw refusal(text, "the name contains a control character")
    }
    guard !text.utf8.contains(UInt8(ascii: "\\")) else {
      throw refusal(text, "the name contains a backslash")
    }
    guard text.utf8.first != UInt8(ascii: "/") else {
      throw refusal(text, "the path is absolute")
    }
    let components = text.split(separator: "/").map(String.init).filter { $0 != "." }
    guard !components.contains("..") else {
      throw refusal(text, "the path leaves the folder with ..")
    }
    guard components.count <= maximumDepth else {
      throw refusal(text, "the path has more than \(maximumDepth) levels")
    }
    guard components.allSatisfy({ $0.utf8.count <= maximumNameBytes }) else {
      throw refusal(text, "a name is longer than \(maximumNameBytes) bytes")
    }
    return components.isEmpty ? nil : EntryPath(components: components)
  }

  /// Reads the name of a single file, without folders.
  static func parseName(_ text: String) throws(ArtifactError) -> EntryPath {
    guard let path = try parse(Array(text.utf8)), path.components.count == 1, path.text == text else {
      throw refusal(text, "it is not the name of a file")
    }
    return path
  }

  /// The components joined by `/`.
  var text: String { components.joined(separator: "/") }

  /// By the bytes of the whole path, as `LC_ALL=C sort` orders them. Swift's own order of strings follows
  /// Unicode equivalence and would give another digest.
  static func < (left: EntryPath, right: EntryPath) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  static func == (left: EntryPath, right: EntryPath) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(Array(text.utf8)) }

  private static func refusal(_ text: String, _ reason: String) -> ArtifactError {
    ArtifactError(.invalid, "Refused the entry \(quoted(text)): \(reason).")
  }
}

/// The text in quotes for messages, with control characters escaped and the end of a very long one left out.
func quoted(_ text: String) -> String {
  let shown = text.unicodeScalars.prefix(120).map { $0.escaped(asASCII: false) }.joined()
  return "\"\(shown)\(text.unicodeScalars.count > 120 ? "…" : "")\""
}
