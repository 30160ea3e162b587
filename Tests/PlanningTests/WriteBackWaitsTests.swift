import Planning
import Testing
import Vocabulary

@Suite struct WriteBackWaitsTests {
  @Test func `a lost race is run again after tens to hundreds of milliseconds, growing`() {
    let waits = (1...8).map { WriteBackWaits.race(afterLosing: $0, jitter: 0.5) }
    #expect(waits == [50, 100, 200, 400, 800, 1000, 1000, 1000].map { .milliseconds($0) })
    #expect(WriteBackWaits.race(afterLosing: 1, jitter: 0) == .milliseconds(25))
    #expect(WriteBackWaits.race(afterLosing: 1, jitter: 1) == .milliseconds(75))
  }

  @Test func `what is out of reach is asked again after a second to five minutes`() {
    let waits = (0...10).map { WriteBackWaits.trouble(after: $0, jitter: 0.5) }
    #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map { .seconds($0) })
  }

  @Test(arguments: [PushRefusal.Kind.protectedBranch, .hook, .denied])
  func `who has said no is asked again after a minute to an hour`(_ kind: PushRefusal.Kind) {
    let waits = (0...8).map { WriteBackWaits.refusal(kind, after: $0, jitter: 0.5) }
    #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0 * 60) })
  }

  @Test func `a refusal that nobody understands may be over soon`() {
    #expect(WriteBackWaits.refusal(.other, after: 0, jitter: 0.5) == .seconds(1))
  }

  @Test func `no number of tries makes a wait overflow, and jitter moves it by a quarter`() {
    for jitter in [0, 0.25, 0.999] {
      #expect(WriteBackWaits.race(afterLosing: .max, jitter: jitter) <= .milliseconds(1500))
      #expect(WriteBackWaits.trouble(after: .max, jitter: jitter) <= .seconds(375))
      #expect(WriteBackWaits.refusal(.hook, after: .max, jitter: jitter) <= .seconds(4500))
    }
    #expect(WriteBackWaits.refusal(.hook, after: 0, jitter: 0) == .seconds(45))
  }
}
