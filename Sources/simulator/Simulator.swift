import ArgumentParser
import Foundation
import Simulation

@main
struct Simulator: AsyncParsableCommand {
  @Option var seeds = 200
  @Option var first: UInt64 = 1
  @Option var seed: UInt64?
  @Flag var keepGoing = false

  func run() async throws {
    let clock = ContinuousClock()
    var total = Tally()
    let start = clock.now
    for seed in seed.map({ [$0] }) ?? (first..<(first + UInt64(seeds))).map({ $0 }) {
      let result = await Episode(Scenario(seed: seed), tellsStory: self.seed != nil).run()
      total.add(result.tally)
      if self.seed != nil { say(result.story.lines.joined(separator: "\n")) }
      if let violation = result.violation {
        say("seed \(seed): \(violation)")
        if !keepGoing { break }
      }
    }
    let time = clock.now - start
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    say("\(total)")
    say("\(total.rollouts) rollouts, \(Double(total.rollouts) / seconds) per second")
  }
}

private func say(_ text: String) {
  FileHandle.standardOutput.write(Data((text + "\n").utf8))
}
