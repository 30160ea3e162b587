import Testing
import YAML

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

struct HostileInputTests {
  @Test(arguments: UInt64(1)...300)
  func `random bytes are read without a crash, and complaints lie inside the file`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let tokens = Array("abc:-[]{}&*!|>'\"%@`#?, \n\r\t---\n...\n\u{FEFF}é\u{2028}".utf8)
    let bytes: [UInt8] = (0..<Int.random(in: 0...300, using: &random)).map { _ in
      Int.random(in: 0..<20, using: &random) == 0
        ? .random(in: 0...255, using: &random) : tokens.randomElement(using: &random) ?? 0
    }
    let stream = DocumentStream(bytes)
    let lines = bytes.split(omittingEmptySubsequences: false) { $0 == 10 || $0 == 13 }
    for problem in stream.problems + stream.documents.flatMap(\.problems) {
      #expect((1...lines.count).contains(problem.position.line))
      #expect((1...bytes.count + 1).contains(problem.position.column))
    }
  }
}
