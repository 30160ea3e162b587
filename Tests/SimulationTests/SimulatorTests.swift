import Rollout
import Simulation
import Testing

/// The simulator itself: a small budget of its lives in every run of the tests. `make simulate` has more.
@Suite struct SimulatorTests {
  @Test func `every invariant holds in forty lives, and all that should happen in them does`() async {
    var total = Tally()
    for seed in 1...40 {
      let result = await Episode.live(Scenario(seed: UInt64(seed)))
      if let violation = result.violation { Issue.record("seed \(seed): \(violation)") }
      total.add(result.tally)
    }
    #expect(total.rollouts > 200)
    for outcome in [Outcome.promoted, .rolledBack, .superseded, .aborted] {
      #expect(total.outcomes[outcome, default: 0] > 0, "no rollout was \(outcome)")
    }
    #expect(Set(total.faults.keys) == Fault.kinds, "a fault that never strikes proves nothing")
  }

  @Test func `the same seed is the same life, to the word`() async {
    for seed in [7, 19, 23] as [UInt64] {
      let once = await Episode.live(Scenario(seed: seed), tellsStory: true)
      let again = await Episode.live(Scenario(seed: seed), tellsStory: true)
      #expect(once.story.lines == again.story.lines)
      #expect(once.story.lines.count > 50)
    }
  }
}
