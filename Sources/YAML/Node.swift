/// A place in a file: line and column from 1. A column counts Unicode scalars, as libyaml's marks do.
package struct Position: Hashable, Comparable, Sendable {
  // Every node carries a position, so it is kept at eight bytes.
  private let storedLine: Int32
  private let storedColumn: Int32

  package var line: Int { Int(storedLine) }
  package var column: Int { Int(storedColumn) }

  package init(line: Int, column: Int) {
    storedLine = Int32(clamping: line)
    storedColumn = Int32(clamping: column)
  }

  package static func < (left: Position, right: Position) -> Bool {
    (left.storedLine, left.storedColumn) < (right.storedLine, right.storedColumn)
  }
}

/// A YAML value with the place where it starts.
package enum Node: Sendable {
  case scalar(Scalar)
  case sequence([Node], Position)
  /// Key and value pairs in the order of the file. No key occurs twice.
  case mapping([Pair], Position)

  /// Text, a number, a truth value or nothing: YAML writes them all as text.
  package struct Scalar: Sendable {
    package let text: String
    /// Whether it was written without quotes and not as a block, so that `1` means a number.
    package let isPlain: Bool
    package let position: Position
  }

  /// A key of a mapping and its value.
  package struct Pair: Sendable {
    package let key: Scalar
    package let value: Node
  }

  package var position: Position {
    switch self {
    case .scalar(let scalar): scalar.position
    case .sequence(_, let position), .mapping(_, let position): position
    }
  }

  /// The value of a key when this is a mapping that has it.
  package subscript(key: String) -> Node? {
    guard case .mapping(let pairs, _) = self else { return nil }
    return pairs.first { $0.key.text == key }?.value
  }
}

extension Node.Scalar {
  /// Whether it says "nothing" in YAML's core schema.
  package var isNull: Bool {
    // Nearly all text is longer than these words.
    guard isPlain, text.utf8.count <= 4 else { return false }
    return text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL"
  }
}

/// Something that makes a document unusable, and where.
package struct Problem: Hashable, Sendable {
  package let position: Position
  package let message: String
  package let suggestion: String?

  package init(position: Position, message: String, suggestion: String? = nil) {
    self.position = position
    self.message = message
    self.suggestion = suggestion
  }
}

/// How much a file may ask of its reader.
package struct Limits: Sendable {
  package var bytes: Int
  /// Mappings and sequences inside each other.
  package var depth: Int
  /// Scalars, mappings and sequences in one file.
  package var nodes: Int

  package init(bytes: Int = 1 << 20, depth: Int = 32, nodes: Int = 50_000) {
    self.bytes = bytes
    self.depth = depth
    self.nodes = nodes
  }
}
