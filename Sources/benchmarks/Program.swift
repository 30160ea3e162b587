import ArgumentParser
import GitSource
import Glibc

@main
enum Program {
  static func main() async {
    // Like the agent's own executable: the network worker comes first, for it must start fast.
    switch CommandLine.arguments.dropFirst().first {
    case "git-worker": exit(NetworkWorker.run())
    case RestingAgent.command: await RestingAgent.main(Array(CommandLine.arguments.dropFirst(2)))
    default: await Benchmarks.main()
    }
  }
}

/// Measures Evenkeel against other tools that do the same work on this machine in the same run.
struct Benchmarks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks", abstract: "Measure Evenkeel against other tools on this machine, in one run.")

  @Option(help: "Only this scenario. May be repeated.")
  var only: [String] = []

  @Flag(help: "A tenth of the models and fewer rounds: to see that everything works, not to quote.")
  var quick = false

  func validate() throws {
    let names = allScenarios.map(\.name)
    for name in only where !names.contains(name) {
      throw ValidationError("there is no scenario '\(name)'; there are \(names.joined(separator: ", "))")
    }
  }

  func run() async throws {
    let scale = quick ? Scale.quick : .full
    var report = Report(scale: scale)
    var failures: [String] = []
    for scenario in allScenarios where only.isEmpty || only.contains(scenario.name) {
      Progress.say("\(scenario.name) …")
      do {
        report.add(try await scenario.measure(scale))
      } catch {
        // The figures of hours are not thrown away for one that cannot be had.
        failures.append("\(scenario.name): \(error)")
      }
    }
    report.show()
    guard failures.isEmpty else { throw BenchmarkFailure(failures.joined(separator: "\n")) }
  }
}

private let allScenarios: [Scenario] = [
  .coldRead, .unchangedPass, .oneChange, .revert, .crowdedRevert, .growth, .failedVerdict, .memoryAtRest,
  .verdictQuality,
]
