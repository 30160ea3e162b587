import YAML

/// How a value is written: its name for people, and how it is read from a node.
///
/// Types are declared once and shared by decoding, validation and the reference page.
struct ValueType<Value>: Sendable {
  let description: TypeDescription
  /// Reads a node. The label is what messages call the value: the key it stands under. `nil` when the node is
  /// not such a value; then at least one complaint was reported.
  let read: @Sendable (_ node: Node, _ label: String, _ reading: inout Reading) -> Value?

  init(
    _ description: TypeDescription,
    read: @escaping @Sendable (_ node: Node, _ label: String, _ reading: inout Reading) -> Value?
  ) {
    self.description = description
    self.read = read
  }
}

/// What the reference page says about a type.
struct TypeDescription: Sendable {
  let name: String
  /// The fields of a mapping, or of each item of a list of mappings.
  var fields: [FieldDescription] = []
  var isList = false
}

/// What the reference page says about a field.
struct FieldDescription: Sendable {
  enum Presence: Sendable {
    case required
    case optional
    /// The value taken when the field is absent, as people would write it.
    case byDefault(String)
    /// One of several fields of which exactly one must be there.
    case oneOf
    /// Part of the design, without behaviour yet.
    case notSupportedYet
  }

  let key: String
  let type: TypeDescription
  let presence: Presence
  let meaning: String
}

/// The complaints about one document while it is read.
struct Reading {
  private(set) var problems: [Problem] = []

  mutating func report(_ message: String, at position: Position, suggestion: String? = nil) {
    problems.append(Problem(position: position, message: message, suggestion: suggestion))
  }
}

/// A value and where it was written.
struct Located<Value: Sendable>: Sendable {
  var value: Value
  var position: Position
}

extension ValueType {
  /// The same type, with a rule that looks at the finished value. The rule reports what it finds; a value that
  /// drew a complaint is still returned, so that other rules can look at it too.
  func checked(
    _ rule: @escaping @Sendable (_ value: Value, _ position: Position, _ reading: inout Reading) -> Void
  ) -> ValueType {
    ValueType(description) { node, label, reading in
      guard let value = read(node, label, &reading) else { return nil }
      rule(value, node.position, &reading)
      return value
    }
  }

  func map<Mapped>(_ transform: @escaping @Sendable (Value) -> Mapped) -> ValueType<Mapped> {
    ValueType<Mapped>(description) { node, label, reading in
      read(node, label, &reading).map(transform)
    }
  }

  /// What a value stands for, where not every one stands for something; the closure then reports why.
  func made<Made>(
    _ make: @escaping @Sendable (_ value: Value, _ position: Position, _ reading: inout Reading) -> Made?
  ) -> ValueType<Made> {
    ValueType<Made>(description) { node, label, reading in
      read(node, label, &reading).flatMap { make($0, node.position, &reading) }
    }
  }
}

extension ValueType where Value: Sendable {
  /// The value together with its place, for complaints that need other files.
  var located: ValueType<Located<Value>> {
    ValueType<Located<Value>>(description) { node, label, reading in
      read(node, label, &reading).map { Located(value: $0, position: node.position) }
    }
  }

  /// A list of such values.
  func list(atLeast minimum: Int = 0) -> ValueType<[Value]> {
    let description = TypeDescription(
      name: "list of " + self.description.name, fields: self.description.fields, isList: true)
    return ValueType<[Value]>(description) { node, label, reading in
      guard case .sequence(let items, let position) = node else {
        reading.report("\(quoted(label)) must be a list, not \(node.kind)", at: node.position)
        return nil
      }
      var values: [Value] = []
      values.reserveCapacity(items.count)
      for item in items {
        if let value = read(item, label, &reading) { values.append(value) }
      }
      guard items.count >= minimum else {
        reading.report("\(quoted(label)) must not be empty", at: position)
        return nil
      }
      return values.count == items.count ? values : nil
    }
  }

  /// A mapping from names of the author's choice to such values.
  ///
  /// - Parameter complaint: What is wrong with a name, as the rest of a sentence that begins with it.
  func mapped(
    refusing complaint: @escaping @Sendable (_ name: String) -> String?
  ) -> ValueType<[String: Value]> {
    let description = TypeDescription(name: "mapping of names to " + self.description.name)
    return ValueType<[String: Value]>(description) { node, label, reading in
      guard case .mapping(let pairs, _) = node else {
        reading.report("\(quoted(label)) must be a mapping, not \(node.kind)", at: node.position)
        return nil
      }
      var values: [String: Value] = [:]
      for pair in pairs {
        if let complaint = complaint(pair.key.text) {
          reading.report("\(quoted(pair.key.text)) \(complaint)", at: pair.key.position)
        } else if let value = read(pair.value, pair.key.text, &reading) {
          values[pair.key.text] = value
        }
      }
      return values.count == pairs.count ? values : nil
    }
  }
}

extension Node {
  /// What messages call the node.
  var kind: String {
    switch self {
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .scalar(let scalar): scalar.kind
    }
  }
}
