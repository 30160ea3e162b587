import ArgumentParser
import Foundation
import Simulation

/// `make simulate`.
@main
struct Simulator: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulator", abstract: "Live through random lives of a host, and say when a rule is broken.")

  @Option(help: "How many lives; 200 when neither this nor --seconds is given.")
  var seeds: UInt64?

  @Option(help: "For how many seconds to begin lives.")
  var seconds: Double?

  @Option(help: "The seed of the first one.")
  var first: UInt64 = 1

  @Option(help: "Only the life of this seed, with its story.")
  var seed: UInt64?

  @Option(help: "How many lives at once; as many as there are cores when it is not given.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Go on after a broken rule.")
  var keepGoing = false

  @Flag(inversion: .prefixedNo, help: "Leave out of a story what does not matter.")
  var shrink = true

  func validate() throws {
    guard seeds == nil || seconds == nil else {
      throw ValidationError("Give --seeds or --seconds, not both.")
    }
    guard jobs > 0 else { throw ValidationError("There has to be a job.") }
  }

  func run() async throws {
    if let seed {
      let isSound = await tell(seed)
      if isSound { return }
      throw ExitCode.failure
    }
    let report = await live()
    for broken in report.broken { _ = await tell(broken.seed) }
    guard report.broken.isEmpty else {
      if report.broken.count > 1 {
        let seeds = report.broken.map { String($0.seed) }.joined(separator: ", ")
        say("\(report.broken.count) seeds break an invariant: \(seeds)")
      }
      throw ExitCode.failure
    }
  }

  /// Lives through all that was asked for, and says how it was in all.
  private func live() async -> Campaign.Report {
    let stopwatch = Stopwatch()
    var progress = Progress(stopwatch: stopwatch)
    let end = seconds == nil ? first + (seeds ?? 200) : .max
    let report = await Campaign(seeds: first..<end, jobs: jobs, keepsGoing: keepGoing)
      .run(isOver: { seconds.map { stopwatch.seconds >= $0 } ?? false }, watch: { progress.show($0) })
    say(report.summary(from: first, stopwatch))
    if report.broken.isEmpty { say("no invariant is broken in \(report.tally.seeds) lives") }
    return report
  }

  /// Tells a life; answers whether it breaks nothing.
  private func tell(_ seed: UInt64) async -> Bool {
    let scenario = Scenario(seed: seed)
    if let finding = await Finding(scenario, shrinks: shrink) {
      say(
        "\n\(finding)\nseed \(seed) breaks \(finding.violation.headline); replay with make simulate SEED=\(seed)"
      )
      return false
    }
    let result = await Episode.live(scenario, tellsStory: true)
    say(result.story.lines.joined(separator: "\n") + "\nseed \(seed) breaks no invariant")
    return true
  }
}

private func say(_ text: String) {
  FileHandle.standardOutput.write(Data((text + "\n").utf8))
}
