import ArgumentParser
import Foundation
import Subprocess
import SystemPackage

/// `make mutants`: every deliberate bug has to be noticed by the simulator.
@main
struct Mutants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutants", abstract: "Have the simulator find every deliberate bug of the table.")

  @Option(help: "How many seeds the simulator gets to find each one.")
  var seeds = 2000

  @Option(help: "How many seeds the sources without a bug have to pass first.")
  var soundSeeds = 2000

  @Option(help: "Only the mutants whose names contain this.")
  var only: String?

  @Option(help: "Where the copy is made and built.")
  var folder = ".build/mutants"

  @Option(help: "How many simulators run at once.")
  var width = 2

  func run() async throws {
    let project = URL(filePath: FileManager.default.currentDirectoryPath)
    let workshop = Workshop(project: project, folder: project.appending(path: folder))
    try workshop.copy(Mutant.all)
    say("building the simulator with \(Mutant.all.count) mutants in it")
    try await build(workshop)
    try await checkSound(workshop)
    let chosen = Mutant.all.indices.filter { only.map(Mutant.all[$0].name.contains) ?? true }
    let survivors = try await hunt(chosen, workshop)
    guard survivors.isEmpty else {
      say("\(survivors.count) of \(chosen.count) mutants live: \(survivors.joined(separator: ", "))")
      throw ExitCode.failure
    }
    say("all \(chosen.count) mutants were found")
  }

  // MARK: Building

  private func build(_ workshop: Workshop) async throws {
    let arguments = [
      "build", "-c", "release", "--product", "simulator", "--package-path", workshop.folder.path,
    ]
    let result = try await Subprocess.run(
      .name("swift"), arguments: Arguments(arguments), output: .string(limit: 1 << 22),
      error: .combinedWithOutput)
    guard result.terminationStatus.isSuccess else {
      say(result.standardOutput)
      throw WorkshopError(description: "the copy with the mutants cannot be built")
    }
  }

  /// A simulator that complains of sources as they should be finds anything.
  private func checkSound(_ workshop: Workshop) async throws {
    let verdict = try await simulate(nil, seeds: soundSeeds, workshop)
    guard case .lives = verdict else {
      throw WorkshopError(description: "the sources themselves fail: \(verdict.words)")
    }
    say("the sources themselves pass \(soundSeeds) seeds")
  }

  // MARK: Hunting

  /// Runs the simulator with each mutant; answers the names of those that it does not find.
  private func hunt(_ mutants: [Int], _ workshop: Workshop) async throws -> [String] {
    var waiting = mutants[...]
    return try await withThrowingTaskGroup(of: (Int, Verdict).self) { group in
      func next() {
        guard let mutant = waiting.popFirst() else { return }
        group.addTask { (mutant, try await simulate(mutant, seeds: seeds, workshop)) }
      }
      for _ in 0..<max(1, width) { next() }
      var survivors: [String] = []
      for try await (mutant, verdict) in group {
        let name = Mutant.all[mutant].name
        say(name.padding(toLength: 34, withPad: " ", startingAt: 0) + verdict.words)
        if case .lives = verdict { survivors.append(name) }
        next()
      }
      return survivors.sorted()
    }
  }

  private enum Verdict {
    case lives(String)
    case found(String)

    var words: String {
      switch self {
      case .lives(let words), .found(let words): words
      }
    }
  }

  private func simulate(_ mutant: Int?, seeds: Int, _ workshop: Workshop) async throws -> Verdict {
    let program = workshop.folder.appending(path: ".build/release/simulator").path
    let result = try await Subprocess.run(
      .path(FilePath(program)),
      arguments: ["--first", "1", "--seeds", String(seeds), "--jobs", "1", "--no-shrink"],
      environment: .inherit.updating(["EVENKEEL_MUTANT": mutant.map(String.init) ?? "none"]),
      output: .string(limit: 1 << 24), error: .combinedWithOutput)
    let lines = result.standardOutput.split(separator: "\n")
    if result.terminationStatus.isSuccess { return .lives("lives after \(seeds) seeds") }
    let words = lines.last ?? "the simulator ended without a word"
    return .found(String(words))
  }
}

private func say(_ text: String) {
  FileHandle.standardOutput.write(Data((text + "\n").utf8))
}
