import YAML

/// The one declaration of a field: key, type, whether it must be there, and what it means. Decoding, validation
/// and the reference page all come from it.
///
/// A class, so that reading a document passes references around and never copies declarations.
final class Field<Value>: Sendable {
  let description: FieldDescription
  /// Reads the field of a mapping that starts at a position; the node is `nil` where the field is absent.
  fileprivate let read: @Sendable (_ node: Node?, _ container: Position, _ reading: inout Reading) -> Value?

  var key: String { description.key }

  private init(
    _ key: String, _ type: TypeDescription, _ presence: FieldDescription.Presence, _ meaning: String,
    read: @escaping @Sendable (_ node: Node?, _ container: Position, _ reading: inout Reading) -> Value?
  ) {
    description = FieldDescription(key: key, type: type, presence: presence, meaning: meaning)
    self.read = read
  }

  /// A field that must be there.
  static func required(_ key: String, _ type: ValueType<Value>, _ meaning: String) -> Field {
    Field(key, type.description, .required, meaning) { node, container, reading in
      guard let node else {
        reading.report("the field \(quoted(key)) is missing", at: container)
        return nil
      }
      return type.read(node, key, &reading)
    }
  }

  /// A field that may be absent.
  static func optional<Wrapped>(
    _ key: String, _ type: ValueType<Wrapped>, _ meaning: String
  ) -> Field where Value == Wrapped? {
    Field(key, type.description, .optional, meaning) { node, _, reading in
      guard let node else { return .some(nil) }
      return type.read(node, key, &reading).map(Optional.some)
    }
  }

  /// One of several fields of which a mapping must have exactly one, beside other fields. The type of the mapping
  /// sees to that.
  static func alternative<Wrapped>(
    _ key: String, _ type: ValueType<Wrapped>, _ meaning: String
  ) -> Field where Value == Wrapped? {
    Field(key, type.description, .oneOf, meaning) { node, _, reading in
      guard let node else { return .some(nil) }
      return type.read(node, key, &reading).map(Optional.some)
    }
  }

  /// A mapping whose fields all have defaults, so that it may be absent itself.
  static func nested(_ key: String, _ type: ValueType<Value>, _ meaning: String) -> Field {
    Field(key, type.description, .optional, meaning) { node, container, reading in
      type.read(node ?? .mapping([], container), key, &reading)
    }
  }
}

extension Field where Value: Sendable {
  /// A field with a default.
  ///
  /// - Parameter shown: the default as people would write it.
  static func byDefault(
    _ key: String, _ type: ValueType<Value>, _ value: Value, shown: String, _ meaning: String
  ) -> Field {
    Field(key, type.description, .byDefault(shown), meaning) { node, _, reading in
      guard let node else { return value }
      return type.read(node, key, &reading)
    }
  }
}

/// A field that the design has and whose behaviour does not exist yet: refused rather than ignored.
struct UnsupportedField: Sendable {
  let description: FieldDescription

  init(_ key: String, _ meaning: String) {
    description = FieldDescription(
      key: key, type: TypeDescription(name: "–"), presence: .notSupportedYet, meaning: meaning)
  }
}

extension ValueType {
  /// A mapping with exactly one of these fields, which decides what the value is.
  ///
  /// - Parameter refusing: Fields that people may well expect here, and why they cannot be.
  static func oneOf(
    _ cases: [Case], notYet: [UnsupportedField] = [], refusing: [String: String] = [:]
  ) -> ValueType {
    let keys = KnownKeys(cases.map(\.description) + notYet.map(\.description), refusing: refusing)
    let choices = cases.map { quoted($0.description.key) }.joined(separator: ", ")
    return ValueType(TypeDescription(name: "mapping", fields: keys.descriptions)) {
      node, label, reading in
      guard let pairs = keys.pairs(of: node, label, &reading) else { return nil }
      let known = pairs.compactMap { pair in
        cases.first { $0.description.key == pair.key.text }.map { ($0, pair) }
      }
      guard let (first, pair) = known.first else {
        if pairs.isEmpty {
          reading.report("\(quoted(label)) needs one of \(choices)", at: node.position)
        }
        return nil
      }
      for (_, other) in known.dropFirst() {
        reading.report(
          "\(quoted(other.key.text)) cannot stand beside \(quoted(pair.key.text))",
          at: other.key.position)
      }
      return first.read(pair.value, &reading)
    }
  }

  /// One of the fields of which a mapping must have exactly one.
  struct Case: Sendable {
    let description: FieldDescription
    fileprivate let read: @Sendable (_ node: Node, _ reading: inout Reading) -> Value?

    init<Part>(
      _ key: String, _ type: ValueType<Part>, _ meaning: String,
      build: @escaping @Sendable (Part) -> Value
    ) {
      description = FieldDescription(
        key: key, type: type.description, presence: .oneOf, meaning: meaning)
      read = { node, reading in type.read(node, key, &reading).map(build) }
    }
  }
}

/// The keys that a mapping may have.
struct KnownKeys: Sendable {
  let descriptions: [FieldDescription]
  private let supported: [String]
  private let unsupported: [String]
  /// Other keys, each with the complaint about it.
  private let refused: [String: String]

  init(_ descriptions: [FieldDescription], refusing refused: [String: String] = [:]) {
    self.descriptions = descriptions
    self.refused = refused
    var supported: [String] = []
    var unsupported: [String] = []
    for field in descriptions {
      if case .notSupportedYet = field.presence {
        unsupported.append(field.key)
      } else {
        supported.append(field.key)
      }
    }
    self.supported = supported
    self.unsupported = unsupported
  }

  /// The pairs of a mapping; complains of those whose key is not known.
  func pairs(of node: Node, _ label: String, _ reading: inout Reading) -> [Node.Pair]? {
    guard case .mapping(let pairs, _) = node else {
      reading.report("\(quoted(label)) must be a mapping, not \(node.kind)", at: node.position)
      return nil
    }
    for pair in pairs where !supported.contains(where: { isSame($0, pair.key.text) }) {
      if unsupported.contains(pair.key.text) {
        reading.report("\(quoted(pair.key.text)) is not supported yet", at: pair.key.position)
      } else if let complaint = refused[pair.key.text] {
        reading.report(complaint, at: pair.key.position)
      } else {
        reading.report(
          "unknown field \(quoted(pair.key.text))", at: pair.key.position,
          suggestion: didYouMean(pair.key.text, among: supported))
      }
    }
    return pairs
  }
}

/// The value of one field of a mapping that starts at a position.
func part<Part>(
  _ field: Field<Part>, of pairs: [Node.Pair], at position: Position, _ reading: inout Reading
) -> Part? {
  for pair in pairs where isSame(pair.key.text, field.key) {
    return field.read(pair.value, position, &reading)
  }
  return field.read(nil, position, &reading)
}

/// Equality that looks at the lengths first, which tells most keys apart without a call.
private func isSame(_ left: String, _ right: String) -> Bool {
  left.utf8.count == right.utf8.count && left == right
}
