/// SplitMix64 (Steele, Lea and Flood 2014): small, and the same on every machine.
package struct SeededDice: Hashable, Sendable {
  private var state: UInt64

  package init(_ seed: UInt64) { state = seed }

  /// 64 random bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// Dice of their own for another purpose, so that neither disturbs the other.
  package mutating func split() -> SeededDice { SeededDice(next()) }

  /// 0 up to and without `sides`.
  package mutating func roll(_ sides: Int) -> Int { Int(next() % UInt64(max(1, sides))) }

  /// 0 up to and without 1.
  package mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }

  package mutating func chance(_ percent: Int) -> Bool { roll(100) < percent }

  /// One of several; `nil` when there are none.
  package mutating func pick<Item>(_ items: [Item]) -> Item? {
    items.isEmpty ? nil : items[roll(items.count)]
  }

  /// Whole seconds between two bounds, both included.
  package mutating func seconds(_ range: ClosedRange<Int>) -> Duration {
    .seconds(range.lowerBound + roll(range.count))
  }
}
