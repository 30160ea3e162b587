import YAML

extension ValueType where Value == Int {
  /// CPU in thousandths of a core, written as Kubernetes does: `2`, `0.5` or `500m`.
  static let cpu = quantity(
    "CPU, 1m to 1024", mustBe: "cores such as 2 or 0.5, or thousandths of one such as 500m",
    within: 1...1_024_000, shown: formattedCPU, parse: parseCPU)

  /// Memory in bytes, written as Kubernetes does: `512Mi`, `1G` or `1073741824`.
  static let memory = quantity(
    "memory, 1Mi to 64Ti", mustBe: "bytes such as 512Mi, 1Gi or 1G", within: (1 << 20)...(1 << 46),
    shown: formattedMemory, parse: parseMemory, meant: similarMemory)

  /// A whole percentage, written with its sign.
  static func percent(_ range: ClosedRange<Int>) -> ValueType {
    let (lowest, highest) = ("\(range.lowerBound)%", "\(range.upperBound)%")
    return quantity(
      "percentage, \(lowest) to \(highest)", mustBe: "a whole percentage such as 50%", within: range,
      shown: { "\($0)%" },
      parse: parsePercent, meant: { text in Int(text) == nil ? nil : "\(text)%" })
  }

  /// A number with or without a unit, so that YAML may take it for a number or for text.
  ///
  /// - Parameter meant: What was probably meant by a text that is none.
  private static func quantity(
    _ name: String, mustBe expectation: String, within range: ClosedRange<Int>,
    shown: @escaping @Sendable (Int) -> String, parse: @escaping @Sendable (String) -> Int?,
    meant: @escaping @Sendable (String) -> String? = { _ in nil }
  ) -> ValueType {
    ValueType(TypeDescription(name: name)) { node, label, reading in
      guard case .scalar(let scalar) = node, !scalar.isNull else {
        reading.report("\(quoted(label)) must be \(expectation), not \(node.kind)", at: node.position)
        return nil
      }
      guard let value = parse(scalar.text) else {
        reading.report(
          "\(quoted(label)) must be \(expectation), not \(quoted(scalar.text))", at: scalar.position,
          suggestion: meant(scalar.text).map { "did you mean \(quoted($0))?" })
        return nil
      }
      guard range.contains(value) else {
        reading.report(
          "\(quoted(label)) must be from \(shown(range.lowerBound)) to \(shown(range.upperBound)), "
            + "not \(quoted(scalar.text))", at: scalar.position)
        return nil
      }
      return value
    }
  }
}

/// Reads a whole percentage with its sign, `50%`. `nil` for anything else.
package func parsePercent(_ text: String) -> Int? {
  text.utf8.last == UInt8(ascii: "%") && text.utf8.dropLast().allSatisfy(isDigit) ? Int(text.dropLast()) : nil
}

/// Reads cores as Kubernetes writes them, `2`, `0.5` or `500m`, as thousandths of a core. `nil` for anything else, also
/// for what is finer than that.
package func parseCPU(_ text: String) -> Int? {
  text.utf8.last == UInt8(ascii: "m") ? whole(text.dropLast(), times: 1) : whole(text[...], times: 1000)
}

/// Reads bytes as Kubernetes writes them: a number, with `k`, `M`, `G`, `T` for powers of 1000 or `Ki`, `Mi`, `Gi`,
/// `Ti` for powers of 1024. `nil` for anything else, also for fractions of a byte.
package func parseMemory(_ text: String) -> Int? {
  let number = text.prefix { !$0.isLetter }
  guard let unit = memoryUnits.first(where: { $0.name == text[number.endIndex...] }) else { return nil }
  return whole(number, times: unit.bytes)
}

/// The shortest way to write thousandths of a core that `parseCPU` reads back.
package func formattedCPU(_ thousandths: Int) -> String {
  thousandths % 1000 == 0 ? "\(thousandths / 1000)" : "\(thousandths)m"
}

/// Bytes in the largest unit of powers of 1024 that they are a whole number of.
package func formattedMemory(_ bytes: Int) -> String {
  let unit = memoryUnits.last {
    bytes > 0 && bytes % $0.bytes == 0 && ($0.bytes == 1 || $0.name.hasSuffix("i"))
  }
  return "\(bytes / (unit?.bytes ?? 1))\(unit?.name ?? "")"
}

private let memoryUnits: [(name: String, bytes: Int)] = [
  ("", 1), ("k", 1000), ("Ki", 1 << 10), ("M", 1_000_000), ("Mi", 1 << 20), ("G", 1_000_000_000),
  ("Gi", 1 << 30),
  ("T", 1_000_000_000_000), ("Ti", 1 << 40),
]

/// `512Mi` for what looks like it: `512m`, `512mb`, `512MiB`.
private func similarMemory(_ text: String) -> String? {
  let number = text.prefix { !$0.isLetter }
  guard let first = text[number.endIndex...].first?.lowercased(),
    let unit = memoryUnits.first(where: { $0.name.lowercased() == first + "i" })
  else { return nil }
  let similar = String(number) + unit.name
  return parseMemory(similar) == nil ? nil : similar
}

/// A decimal number such as `1.5`, multiplied; `nil` when it is none, or the product is not whole or too large.
private func whole(_ number: Substring, times factor: Int) -> Int? {
  let parts = number.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }),
    let digits = Int(parts.map { String(Substring($0)) }.joined())
  else { return nil }
  var (product, overflow) = digits.multipliedReportingOverflow(by: factor)
  guard !overflow else { return nil }
  for _ in 0..<(parts.count == 2 ? parts[1].count : 0) {
    guard product % 10 == 0 else { return nil }
    product /= 10
  }
  return product
}
