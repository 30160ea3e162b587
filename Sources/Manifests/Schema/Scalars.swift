import YAML

extension Node.Scalar {
  /// What messages call the scalar.
  var kind: String {
    if isNull { return "nothing" }
    guard isPlain else { return "text" }
    if isBoolean { return "a truth value" }
    return isNumber ? "a number" : "text"
  }

  /// Whether YAML's core schema reads the scalar as a truth value.
  var isBoolean: Bool {
    // Nearly all text is longer than these words.
    guard isPlain, text.utf8.count <= 5 else { return false }
    return switch text {
    case "true", "True", "TRUE", "false", "False", "FALSE": true
    default: false
    }
  }

  /// Whether YAML's core schema reads the scalar as a number.
  var isNumber: Bool {
    guard isPlain, let first = text.utf8.first, canStartNumber(first) else { return false }
    if ["inf", "nan"].contains(text.drop { "+-.".contains($0) }.lowercased()) { return true }
    if text.hasPrefix("0x") || text.hasPrefix("0o") {
      return Int(text.dropFirst(2), radix: text.hasPrefix("0x") ? 16 : 8) != nil
    }
    return text.utf8.allSatisfy { isDigit($0) || "+-.eE".utf8.contains($0) } && Double(text) != nil
  }
}

private func canStartNumber(_ byte: UInt8) -> Bool {
  isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isLowerLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

func isLetter(_ byte: UInt8) -> Bool { isLowerLetter(byte | 0x20) }

extension ValueType {
  /// A value written as text. The closure returns `nil` when the text is not such a value; the complaint then
  /// says what it must be.
  static func text(
    _ name: String, mustBe expectation: String,
    parse: @escaping @Sendable (String) -> Value?
  ) -> ValueType {
    text(name) { text, label, position, reading in
      if let value = parse(text) { return value }
      reading.report("\(quoted(label)) must be \(expectation), not \(quoted(text))", at: position)
      return nil
    }
  }

  /// A value written as text, with complaints of its own.
  static func text(
    _ name: String,
    parse:
      @escaping @Sendable (
        _ text: String, _ label: String, _ position: Position, _ reading: inout Reading
      ) -> Value?
  ) -> ValueType {
    ValueType(TypeDescription(name: name)) { node, label, reading in
      guard case .scalar(let scalar) = node, !scalar.isNull else {
        reading.report("\(quoted(label)) must be text, not \(node.kind)", at: node.position)
        return nil
      }
      guard !scalar.isNumber, !scalar.isBoolean else {
        reading.report(
          "\(quoted(label)) must be text, not \(scalar.kind)", at: scalar.position,
          suggestion: "write it in quotes: \"\(scalar.text)\"")
        return nil
      }
      return parse(scalar.text, label, scalar.position, &reading)
    }
  }
}

extension ValueType where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> ValueType {
    let name = "integer, \(range.lowerBound) to \(range.upperBound)"
    return ValueType(TypeDescription(name: name)) { node, label, reading in
      guard case .scalar(let scalar) = node, scalar.isNumber, let value = Int(scalar.text) else {
        reading.report("\(quoted(label)) must be an integer, not \(node.kind)", at: node.position)
        return nil
      }
      guard range.contains(value) else {
        reading.report(
          "\(quoted(label)) must be from \(range.lowerBound) to \(range.upperBound), not \(value)",
          at: scalar.position)
        return nil
      }
      return value
    }
  }
}

extension ValueType where Value == Bool {
  static var boolean: ValueType {
    ValueType(TypeDescription(name: "true or false")) { node, label, reading in
      guard case .scalar(let scalar) = node, scalar.isBoolean else {
        reading.report("\(quoted(label)) must be true or false, not \(node.kind)", at: node.position)
        return nil
      }
      return scalar.text.lowercased() == "true"
    }
  }
}

extension ValueType where Value == Double {
  /// A share above 0 and up to a limit, written `1%` or `0.01`.
  static func share(upTo limit: Double, shown: String) -> ValueType {
    let name = "share above 0, up to \(shown)"
    return ValueType(TypeDescription(name: name)) { node, label, reading in
      guard case .scalar(let scalar) = node, let value = shareValue(scalar.text) else {
        reading.report(
          "\(quoted(label)) must be a share such as 1% or 0.01, not \(described(node))", at: node.position)
        return nil
      }
      guard value > 0, value <= limit else {
        let meant = value >= 1 && !scalar.text.hasSuffix("%") ? "a percentage is written with `%`" : nil
        reading.report(
          "\(quoted(label)) must be above 0 and at most \(shown), not \(quoted(scalar.text))",
          at: scalar.position, suggestion: meant)
        return nil
      }
      return value
    }
  }
}

/// What was written instead: the text of a scalar, or the kind of anything else.
private func described(_ node: Node) -> String {
  guard case .scalar(let scalar) = node, !scalar.isNull else { return node.kind }
  return quoted(scalar.text)
}

private func shareValue(_ text: String) -> Double? {
  let isPercentage = text.utf8.last == UInt8(ascii: "%")
  let number = isPercentage ? text.dropLast() : text[...]
  let dots = number.utf8.count { $0 == UInt8(ascii: ".") }
  guard dots <= 1, number.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) else { return nil }
  return Double(number).map { isPercentage ? $0 / 100 : $0 }
}

extension ValueType where Value == String {
  /// One of several words. Words of the design without behaviour yet are refused as such.
  static func choice(_ words: [String], notYet: [String] = []) -> ValueType {
    let name = words.map(quoted).joined(separator: " or ")
    let later = notYet.map { "; \(quoted($0)) is not supported yet" }.joined()
    return text(name + later) { text, label, position, reading in
      if words.contains(text) { return text }
      if notYet.contains(text) {
        reading.report("\(quoted("\(label): \(text)")) is not supported yet", at: position)
      } else {
        reading.report(
          "\(quoted(label)) must be \(name), not \(quoted(text))", at: position,
          suggestion: didYouMean(text, among: words))
      }
      return nil
    }
  }
}

extension ValueType
where Value: CaseIterable & RawRepresentable & Sendable, Value.AllCases: Sendable, Value.RawValue == String {
  /// One of the words of an enumeration.
  static func word() -> ValueType {
    // The choice lets no other word pass.
    ValueType<String>.choice(Value.allCases.map(\.rawValue)).made { word, _, _ in Value(rawValue: word) }
  }
}
