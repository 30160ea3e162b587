import ArgumentParser
import Foundation
import Subprocess

/// `make mutants`: every deliberate bug has to be noticed by the simulator.
@main
struct Mutants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutants", abstract: "Have the simulator find every deliberate bug of the table.")

  @Option(help: "How many seeds the simulator gets to find each one.")
  var seeds = 6000

  @Flag(help: "Leave the seeds in the table aside, and count how many it takes.")
  var fresh = false

  @Option(help: "Only the mutants whose names contain this.")
  var only: String?

  @Option(help: "Where the copy is made and built.")
  var folder = ".build/mutants"

  @Option(help: "How many simulators run at once.")
  var width = ProcessInfo.processInfo.activeProcessorCount

  func run() async throws {
    let project = URL(filePath: FileManager.default.currentDirectoryPath)
    let workshop = Workshop(project: project, folder: project.appending(path: folder))
    try workshop.copy(Mutant.all)
    say("building the simulator with \(Mutant.all.count) mutants in it")
    try await build(workshop)
    let chosen = Mutant.all.indices.filter { only.map(Mutant.all[$0].name.contains) ?? true }
    let hunt = Hunt(
      program: workshop.folder.appending(path: ".build/release/hunter"), seeds: seeds, remembers: !fresh)
    let survivors = try await find(chosen, hunt)
    guard survivors.isEmpty else {
      say("\(survivors.count) of \(chosen.count) mutants live: \(survivors.joined(separator: ", "))")
      throw ExitCode.failure
    }
    say("all \(chosen.count) mutants are found")
  }

  private func build(_ workshop: Workshop) async throws {
    let result = try await Subprocess.run(
      .name("swift"),
      arguments: ["build", "-c", "release", "--product", "hunter", "--package-path", workshop.folder.path],
      output: .string(limit: 1 << 22), error: .combinedWithOutput)
    guard result.terminationStatus.isSuccess else {
      say(result.standardOutput)
      throw WorkshopError(description: "the copy with the mutants cannot be built")
    }
  }

  /// Runs the simulator with each mutant; answers the names of those that it does not find.
  private func find(_ mutants: [Int], _ hunt: Hunt) async throws -> [String] {
    var waiting = mutants[...]
    return try await withThrowingTaskGroup(of: (Int, Hunt.Catch?).self) { group in
      func next() {
        guard let mutant = waiting.popFirst() else { return }
        group.addTask { (mutant, try await hunt.find(mutant)) }
      }
      for _ in 0..<max(1, width) { next() }
      var survivors: [String] = []
      for try await (mutant, caught) in group {
        let name = Mutant.all[mutant].name
        say(line(name, caught))
        if caught == nil { survivors.append(name) }
        next()
      }
      return survivors.sorted()
    }
  }

  private func line(_ name: String, _ caught: Hunt.Catch?) -> String {
    guard let caught else { return "\(name.padded(to: 34)) lives after \(seeds) seeds" }
    let columns = [
      name.padded(to: 34), caught.invariant.padded(to: 14), "seed \(caught.seed)".padded(to: 10),
      caught.lives == 1 ? "1 life".padded(to: 11) : "\(caught.lives) lives".padded(to: 11), caught.message,
    ]
    return columns.joined(separator: " ")
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

private func say(_ text: String) {
  FileHandle.standardOutput.write(Data((text + "\n").utf8))
}
