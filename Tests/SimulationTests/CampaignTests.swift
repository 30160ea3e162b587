import Synchronization
import Testing

@testable import Simulation

/// Many lives at once, and what is said of them.
@Suite struct CampaignTests {
  /// Lives of which those of some seeds end badly, and of which the first is the slowest.
  private func campaign(_ seeds: Range<UInt64>, jobs: Int, broken: Set<UInt64>, keepsGoing: Bool = false)
    -> Campaign
  {
    Campaign(seeds: seeds, jobs: jobs, keepsGoing: keepsGoing) { seed in
      for _ in 0..<(seed == seeds.lowerBound ? 2000 : 1) { await Task.yield() }
      var tally = Tally()
      tally.seeds = 1
      tally.passes = Int(seed)
      let violation = Violation(invariant: .traffic, message: "a lie", at: World.beginning)
      return Episode.Result(
        violation: broken.contains(seed) ? violation : nil, story: Story(isTold: false), tally: tally)
    }
  }

  private static let sound = Episode.Result(violation: nil, story: Story(isTold: false), tally: Tally())

  @Test(arguments: [1, 2, 7]) func `the lowest seed that fails is told, whatever the number of jobs`(
    jobs: Int
  ) async {
    let report = await campaign(1..<1000, jobs: jobs, broken: [300, 301, 310, 900]).run()
    #expect(report.broken.map(\.seed) == [300])
    #expect(report.tally.seeds == 300)
    #expect(report.tally.passes == 300 * 301 / 2)
  }

  @Test(arguments: [1, 2, 7]) func `it goes on after a failure if it is told to`(jobs: Int) async {
    let report = await campaign(5..<500, jobs: jobs, broken: [5, 77, 499], keepsGoing: true).run()
    #expect(report.broken.map(\.seed) == [5, 77, 499])
    #expect(report.tally.seeds == 495)
  }

  @Test func `no life begins when the time is over, and those that have begun are counted`() async {
    let begun = Atomic(0)
    var isOver = false
    let report = await Campaign(seeds: 1..<(.max), jobs: 3) { _ in
      begun.add(1, ordering: .relaxed)
      return Self.sound
    }.run(isOver: { isOver }, watch: { _ in isOver = begun.load(ordering: .relaxed) >= 20 })
    #expect(report.broken.isEmpty)
    #expect((20...25).contains(begun.load(ordering: .relaxed)))
  }

  @Test func `a slow life does not let those after it pile up`() async {
    let begun = Atomic(0)
    _ = await Campaign(seeds: 1..<5000, jobs: 2) { seed in
      begun.add(1, ordering: .relaxed)
      guard seed == 1 else { return Self.sound }
      for _ in 0..<20_000 { await Task.yield() }
      #expect(begun.load(ordering: .relaxed) <= 128)
      return Self.sound
    }.run()
    #expect(begun.load(ordering: .relaxed) == 4999)
  }
}
