import ArgumentParser
import Simulation

@main
struct Simulator: AsyncParsableCommand {
  @Option var seeds = 200
  @Option var seed: UInt64?

  func run() async throws {
    let clock = ContinuousClock()
    var total = Tally()
    let start = clock.now
    for seed in seed.map({ [$0] }) ?? (1...UInt64(seeds)).map({ $0 }) {
      let result = await Episode(Scenario(seed: seed), tellsStory: self.seed != nil).run()
      total.add(result.tally)
      if self.seed != nil { print(result.story.lines.joined(separator: "\n")) }
      if let violation = result.violation {
        print("seed \(seed): \(violation)")
        break
      }
    }
    let time = clock.now - start
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    print(total)
    print("\(total.rollouts) rollouts, \(Double(total.rollouts) / seconds) per second")
  }
}
