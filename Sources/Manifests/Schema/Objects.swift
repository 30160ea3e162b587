import YAML

/// Mappings with fixed fields and no others, by the number of fields.
///
/// All fields are read, so that all complaints are reported at once; only then is the value built. Parameter packs
/// would say this once, but the compiler does not specialise them: decoding then takes more than half as long again,
/// and a cold start is mostly decoding.
extension ValueType {
  private static func mapping(
    _ fields: [FieldDescription], _ notYet: [UnsupportedField],
    read: @escaping @Sendable (_ pairs: [Node.Pair], _ start: Position, _ reading: inout Reading) -> Value?
  ) -> ValueType {
    let keys = KnownKeys(fields + notYet.map(\.description))
    return ValueType(TypeDescription(name: "mapping", fields: keys.descriptions)) { node, label, reading in
      guard let pairs = keys.pairs(of: node, label, &reading) else { return nil }
      return read(pairs, node.position, &reading)
    }
  }

  /// A mapping without any field.
  static func empty(build: @escaping @Sendable () -> Value) -> ValueType {
    mapping([], []) { _, _, _ in build() }
  }

  /// A mapping with one field, standing for the field's value.
  static func object(_ field: Field<Value>) -> ValueType {
    mapping([field.description], []) { pairs, start, reading in part(field, of: pairs, at: start, &reading) }
  }

  static func object<First, Second>(
    _ first: Field<First>, _ second: Field<Second>,
    notYet: [UnsupportedField] = [],
    build: @escaping @Sendable (First, Second) -> Value
  ) -> ValueType {
    mapping([first.description, second.description], notYet) { pairs, start, reading in
      let first = part(first, of: pairs, at: start, &reading)
      let second = part(second, of: pairs, at: start, &reading)
      guard let first, let second else { return nil }
      return build(first, second)
    }
  }

  static func object<First, Second, Third>(
    _ first: Field<First>, _ second: Field<Second>, _ third: Field<Third>,
    notYet: [UnsupportedField] = [],
    build: @escaping @Sendable (First, Second, Third) -> Value
  ) -> ValueType {
    mapping([first.description, second.description, third.description], notYet) { pairs, start, reading in
      let first = part(first, of: pairs, at: start, &reading)
      let second = part(second, of: pairs, at: start, &reading)
      let third = part(third, of: pairs, at: start, &reading)
      guard let first, let second, let third else { return nil }
      return build(first, second, third)
    }
  }

  static func object<First, Second, Third, Fourth>(
    _ first: Field<First>, _ second: Field<Second>, _ third: Field<Third>, _ fourth: Field<Fourth>,
    notYet: [UnsupportedField] = [],
    build: @escaping @Sendable (First, Second, Third, Fourth) -> Value
  ) -> ValueType {
    mapping([first.description, second.description, third.description, fourth.description], notYet) {
      pairs, start, reading in
      let first = part(first, of: pairs, at: start, &reading)
      let second = part(second, of: pairs, at: start, &reading)
      let third = part(third, of: pairs, at: start, &reading)
      let fourth = part(fourth, of: pairs, at: start, &reading)
      guard let first, let second, let third, let fourth else { return nil }
      return build(first, second, third, fourth)
    }
  }

  static func object<First, Second, Third, Fourth, Fifth>(
    _ first: Field<First>, _ second: Field<Second>, _ third: Field<Third>, _ fourth: Field<Fourth>,
    _ fifth: Field<Fifth>,
    notYet: [UnsupportedField] = [],
    build: @escaping @Sendable (First, Second, Third, Fourth, Fifth) -> Value
  ) -> ValueType {
    mapping(
      [first.description, second.description, third.description, fourth.description, fifth.description],
      notYet
    ) { pairs, start, reading in
      let first = part(first, of: pairs, at: start, &reading)
      let second = part(second, of: pairs, at: start, &reading)
      let third = part(third, of: pairs, at: start, &reading)
      let fourth = part(fourth, of: pairs, at: start, &reading)
      let fifth = part(fifth, of: pairs, at: start, &reading)
      guard let first, let second, let third, let fourth, let fifth else { return nil }
      return build(first, second, third, fourth, fifth)
    }
  }

  static func object<First, Second, Third, Fourth, Fifth, Sixth>(
    _ first: Field<First>, _ second: Field<Second>, _ third: Field<Third>, _ fourth: Field<Fourth>,
    _ fifth: Field<Fifth>, _ sixth: Field<Sixth>,
    notYet: [UnsupportedField] = [],
    build: @escaping @Sendable (First, Second, Third, Fourth, Fifth, Sixth) -> Value
  ) -> ValueType {
    mapping(
      [
        first.description, second.description, third.description, fourth.description, fifth.description,
        sixth.description,
      ], notYet
    ) { pairs, start, reading in
      let first = part(first, of: pairs, at: start, &reading)
      let second = part(second, of: pairs, at: start, &reading)
      let third = part(third, of: pairs, at: start, &reading)
      let fourth = part(fourth, of: pairs, at: start, &reading)
      let fifth = part(fifth, of: pairs, at: start, &reading)
      let sixth = part(sixth, of: pairs, at: start, &reading)
      guard let first, let second, let third, let fourth, let fifth, let sixth else { return nil }
      return build(first, second, third, fourth, fifth, sixth)
    }
  }

  static func object<First, Second, Third, Fourth, Fifth, Sixth, Seventh>(
    _ first: Field<First>, _ second: Field<Second>, _ third: Field<Third>, _ fourth: Field<Fourth>,
    _ fifth: Field<Fifth>, _ sixth: Field<Sixth>, _ seventh: Field<Seventh>,
    notYet: [UnsupportedField] = [],
    build: @escaping @Sendable (First, Second, Third, Fourth, Fifth, Sixth, Seventh) -> Value
  ) -> ValueType {
    mapping(
      [
        first.description, second.description, third.description, fourth.description, fifth.description,
        sixth.description, seventh.description,
      ], notYet
    ) { pairs, start, reading in
      let first = part(first, of: pairs, at: start, &reading)
      let second = part(second, of: pairs, at: start, &reading)
      let third = part(third, of: pairs, at: start, &reading)
      let fourth = part(fourth, of: pairs, at: start, &reading)
      let fifth = part(fifth, of: pairs, at: start, &reading)
      let sixth = part(sixth, of: pairs, at: start, &reading)
      let seventh = part(seventh, of: pairs, at: start, &reading)
      guard let first, let second, let third, let fourth, let fifth, let sixth, let seventh else {
        return nil
      }
      return build(first, second, third, fourth, fifth, sixth, seventh)
    }
  }

  static func object<First, Second, Third, Fourth, Fifth, Sixth, Seventh, Eighth>(
    _ first: Field<First>, _ second: Field<Second>, _ third: Field<Third>, _ fourth: Field<Fourth>,
    _ fifth: Field<Fifth>, _ sixth: Field<Sixth>, _ seventh: Field<Seventh>, _ eighth: Field<Eighth>,
    notYet: [UnsupportedField] = [],
    build: @escaping @Sendable (First, Second, Third, Fourth, Fifth, Sixth, Seventh, Eighth) -> Value
  ) -> ValueType {
    mapping(
      [
        first.description, second.description, third.description, fourth.description, fifth.description,
        sixth.description, seventh.description, eighth.description,
      ], notYet
    ) { pairs, start, reading in
      let first = part(first, of: pairs, at: start, &reading)
      let second = part(second, of: pairs, at: start, &reading)
      let third = part(third, of: pairs, at: start, &reading)
      let fourth = part(fourth, of: pairs, at: start, &reading)
      let fifth = part(fifth, of: pairs, at: start, &reading)
      let sixth = part(sixth, of: pairs, at: start, &reading)
      let seventh = part(seventh, of: pairs, at: start, &reading)
      let eighth = part(eighth, of: pairs, at: start, &reading)
      guard let first, let second, let third, let fourth, let fifth, let sixth, let seventh, let eighth else {
        return nil
      }
      return build(first, second, third, fourth, fifth, sixth, seventh, eighth)
    }
  }

  static func object<First, Second, Third, Fourth, Fifth, Sixth, Seventh, Eighth, Ninth>(
    _ first: Field<First>, _ second: Field<Second>, _ third: Field<Third>, _ fourth: Field<Fourth>,
    _ fifth: Field<Fifth>, _ sixth: Field<Sixth>, _ seventh: Field<Seventh>, _ eighth: Field<Eighth>,
    _ ninth: Field<Ninth>,
    notYet: [UnsupportedField] = [],
    build: @escaping @Sendable (First, Second, Third, Fourth, Fifth, Sixth, Seventh, Eighth, Ninth) -> Value
  ) -> ValueType {
    mapping(
      [
        first.description, second.description, third.description, fourth.description, fifth.description,
        sixth.description, seventh.description, eighth.description, ninth.description,
      ], notYet
    ) { pairs, start, reading in
      let first = part(first, of: pairs, at: start, &reading)
      let second = part(second, of: pairs, at: start, &reading)
      let third = part(third, of: pairs, at: start, &reading)
      let fourth = part(fourth, of: pairs, at: start, &reading)
      let fifth = part(fifth, of: pairs, at: start, &reading)
      let sixth = part(sixth, of: pairs, at: start, &reading)
      let seventh = part(seventh, of: pairs, at: start, &reading)
      let eighth = part(eighth, of: pairs, at: start, &reading)
      let ninth = part(ninth, of: pairs, at: start, &reading)
      guard let first, let second, let third, let fourth, let fifth, let sixth, let seventh, let eighth,
        let ninth
      else {
        return nil
      }
      return build(first, second, third, fourth, fifth, sixth, seventh, eighth, ninth)
    }
  }
}
