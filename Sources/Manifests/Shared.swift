/// A large value of which many copies are made. A copy costs one reference, and two copies of the same value are known to
/// be equal without a look at it. Coded as the value itself.
@propertyWrapper
package struct Shared<Value: Sendable>: Sendable {
  private final class Storage: Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }
  private var storage: Storage

  package init(wrappedValue: Value) { storage = Storage(wrappedValue) }

  /// Written as a whole: a change of a part of it copies it.
  package var wrappedValue: Value {
    // Lends the value, where `get` would copy it.
    _read { yield storage.value }
    set { storage = Storage(newValue) }
  }
}

extension Shared: Equatable where Value: Equatable {
  package static func == (left: Shared, right: Shared) -> Bool {
    left.storage === right.storage || left.storage.value == right.storage.value
  }
}

extension Shared: Hashable where Value: Hashable {
  package func hash(into hasher: inout Hasher) { hasher.combine(storage.value) }
}

extension Shared: Decodable where Value: Decodable {
  package init(from decoder: any Decoder) throws { self.init(wrappedValue: try Value(from: decoder)) }
}

extension Shared: Encodable where Value: Encodable {
  package func encode(to encoder: any Encoder) throws { try storage.value.encode(to: encoder) }
}
