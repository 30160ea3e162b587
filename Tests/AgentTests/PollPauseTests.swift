import Agent
import Testing

/// How often a remote is asked, whatever it does.
@Suite struct PollPauseTests {
  /// Dice that leave a pause as it is.
  private let even: UInt64 = 100

  @Test(arguments: [(0, 30), (1, 30), (2, 60), (3, 120), (4, 240), (5, 300), (6, 300), (1_000_000, 300)])
  func `a remote that fails is asked less and less often, down to every five minutes`(
    failures: Int, seconds: Int
  ) {
    #expect(pollPause(.seconds(30), afterFailures: failures, dice: even) == .seconds(seconds))
  }

  @Test func `an interval longer than that stays what it is`() {
    for failures in 0...20 {
      #expect(pollPause(.seconds(3600), afterFailures: failures, dice: even) == .seconds(3600))
    }
  }

  @Test func `many agents do not ask at the same moment`() {
    let pauses = (0..<200).map { pollPause(.seconds(30), afterFailures: 0, dice: $0) }
    #expect(pauses.allSatisfy { $0 >= .seconds(27) && $0 < .seconds(33) })
    #expect(Set(pauses).count == 200)
  }

  @Test func `a remote that comes and goes is never asked more often than one that is well`() {
    for failures in 0...64 {
      for dice in [0, 1, 57, 199, UInt64.max] as [UInt64] {
        let well = pollPause(.seconds(30), afterFailures: 0, dice: dice)
        let pause = pollPause(.seconds(30), afterFailures: failures, dice: dice)
        #expect(pause >= well && pause <= .seconds(330))
      }
    }
  }
}
