import Vocabulary

/// The faults of the simulated world that last for a while, and until when each of them does.
struct Troubles {
  enum Kind: Int, CaseIterable {
    case startsRefused, portsTaken, gatewayRejects, gatewaySilent, gatewayDown, gatewaySlow, gatewaySlowTakes
    case countsLate, countsLost, remoteUnreachable, remoteRefuses, remoteLosesAnswers, diskFull, registryDown,
      gitSlow
  }

  private var ends = [Timestamp?](repeating: nil, count: Kind.allCases.count)
  /// When the next of them ends.
  private(set) var nextEnd: Timestamp?

  func has(_ kind: Kind) -> Bool { ends[kind.rawValue] != nil }

  mutating func begin(_ kind: Kind, until end: Timestamp) {
    ends[kind.rawValue] = max(end, ends[kind.rawValue] ?? end)
    findNextEnd()
  }

  mutating func endAll(at now: Timestamp) {
    ends = ends.map { end in end.map { min($0, now) } }
    findNextEnd()
  }

  /// Ends what is over; answers which.
  mutating func advance(to now: Timestamp) -> [Kind] {
    guard let nextEnd, nextEnd <= now else { return [] }
    let over = Kind.allCases.filter { kind in ends[kind.rawValue].map { $0 <= now } ?? false }
    for kind in over { ends[kind.rawValue] = nil }
    findNextEnd()
    return over
  }

  private mutating func findNextEnd() { nextEnd = ends.compactMap(\.self).min() }
}
