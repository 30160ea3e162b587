import Rollout
import Testing
import Vocabulary

/// Whatever Git, people and the world do, in whatever order, some things never happen.
@Suite struct MachinePropertyTests {
  @Test(arguments: 0..<200)
  func `random lives keep the promises`(seed: UInt64) {
    var life = Life(seed: seed)
    for _ in 0..<300 {
      life.step()
      if let broken = life.brokenPromise {
        Issue.record("seed \(seed): \(broken)\n\(life.story.suffix(12).joined(separator: "\n"))")
        return
      }
    }
  }

  @Test func `the table of phases is what lives are made of`() {
    var moves: Set<PhaseMove> = []
    for seed in 0..<1500 {
      var life = Life(seed: UInt64(seed))
      for _ in 0..<300 { life.step() }
      moves.formUnion(life.moves)
    }
    let table = Set(PhaseMove.all)
    #expect(moves.subtracting(table).map(\.words).sorted() == [], "moves that the table does not have")
    #expect(table.subtracting(moves).map(\.words).sorted() == [], "moves that never happen")
    #expect(table.count == PhaseMove.all.count, "a move is in the table twice")
  }
}

extension PhaseMove {
  fileprivate var words: String { "\(from) -> \(to), when \(cause.rawValue)" }
}
