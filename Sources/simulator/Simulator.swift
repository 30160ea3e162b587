import ArgumentParser
import Foundation
import Simulation

/// `make simulate`.
@main
struct Simulator: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulator", abstract: "Live through random lives of a host, and say when a rule is broken.")

  @Option(help: "How many lives.")
  var seeds = 200

  @Option(help: "The seed of the first one.")
  var first: UInt64 = 1

  @Option(help: "Only the life of this seed, with its whole story.")
  var seed: UInt64?

  @Flag(help: "Go on after a broken rule.")
  var keepGoing = false

  func run() async throws {
    let clock = ContinuousClock()
    var total = Tally()
    let start = clock.now
    var broken = 0
    for seed in seed.map({ [$0] }) ?? (first..<(first + UInt64(seeds))).map({ $0 }) {
      let result = await Episode(Scenario(seed: seed), tellsStory: self.seed != nil).run()
      total.add(result.tally)
      if self.seed != nil { say(result.story.lines.joined(separator: "\n")) }
      if let violation = result.violation {
        say("seed \(seed): \(violation)")
        broken += 1
        if !keepGoing { break }
      }
    }
    let time = clock.now - start
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    say("\(total)")
    say("\(total.rollouts) rollouts, \(Double(total.rollouts) / seconds) per second")
    if broken > 0 { throw ExitCode.failure }
  }
}

private func say(_ text: String) {
  FileHandle.standardOutput.write(Data((text + "\n").utf8))
}
