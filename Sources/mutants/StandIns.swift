/// What takes the place of other people's packages in the copy, so that it is built in the time of the project's own few
/// sources, and without a network. Only what these sources use is here.
enum StandIns {
  /// Files by path below `Sources`.
  static let files = [
    "Crypto/SHA256.swift": crypto, "Logging/Logger.swift": logging, "RealModule/Double.swift": numerics,
  ]

  /// The real SHA-256: revisions are sorted by it, and a seed has to be the same life in the copy.
  private static let crypto = """
    import Glibc

    package struct SHA256 {
      private var bytes: [UInt8] = []

      package init() {}

      package mutating func update(data: [UInt8]) { bytes += data }

      package func finalize() -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: 63 - (bytes.count + 8) % 64)
        let message = bytes + [0x80] + zeros + bigEndian(UInt64(bytes.count * 8))
        var hash = primes.prefix(8).map { fraction(Double($0).squareRoot()) }
        for start in stride(from: 0, to: message.count, by: 64) { mix(message[start..<(start + 64)], into: &hash) }
        return hash.flatMap(bigEndian)
      }
    }

    private let primes = (2...311).filter { number in !(2..<number).contains { number.isMultiple(of: $0) } }
    private let constants = primes.map { fraction(cbrt(Double($0))) }

    private func fraction(_ root: Double) -> UInt32 { UInt32(truncatingIfNeeded: Int64(root * 0x1p32)) }

    private func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      withUnsafeBytes(of: number.bigEndian, Array.init)
    }

    private func turn(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    private func mix(_ block: ArraySlice<UInt8>, into hash: inout [UInt32]) {
      var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { start in
        block[start..<(start + 4)].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      }
      for i in 16..<64 {
        let (old, new) = (words[i - 15], words[i - 2])
        let left = turn(old, 7) ^ turn(old, 18) ^ old >> 3
        let right = turn(new, 17) ^ turn(new, 19) ^ new >> 10
        words.append(words[i - 16] &+ left &+ words[i - 7] &+ right)
      }
      var now = hash
      for i in 0..<64 {
        let (a, b, c, e) = (now[0], now[1], now[2], now[4])
        let choice = (e & now[5]) ^ (~e & now[6])
        let majority = (a & b) ^ (a & c) ^ (b & c)
        let first = now[7] &+ (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) &+ choice &+ constants[i] &+ words[i]
        let second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) &+ majority
        now = [first &+ second, a, b, c, now[3] &+ first, e, now[5], now[6]]
      }
      for i in hash.indices { hash[i] &+= now[i] }
    }

    """

  private static let logging = """
    package struct SwiftLogNoOpLogHandler { package init() {} }

    package struct Logger: Sendable {
      package init(label: String, factory: (String) -> SwiftLogNoOpLogHandler) {}
      package func error(_ message: @autoclosure () -> String, metadata: @autoclosure () -> [String: String] = [:]) {}
      package func warning(_ message: @autoclosure () -> String, metadata: @autoclosure () -> [String: String] = [:]) {}
      package func notice(_ message: @autoclosure () -> String, metadata: @autoclosure () -> [String: String] = [:]) {}
    }

    """

  private static let numerics = """
    import Glibc

    extension Double {
      package static func exp(_ x: Double) -> Double { Glibc.exp(x) }
      package static func log(_ x: Double) -> Double { Glibc.log(x) }
      package static func log(onePlus x: Double) -> Double { Glibc.log1p(x) }
    }

    """
}
