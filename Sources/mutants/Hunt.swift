import Foundation
import Subprocess
import SystemPackage

/// Looks for the lives in which mutants show themselves.
struct Hunt: Sendable {
  /// The simulator of the copy.
  var program: URL
  /// How many seeds from the first on each mutant is looked for in.
  var seeds: Int
  /// Whether the seed that found a mutant before is tried first.
  var remembers: Bool

  /// A life in which a mutant breaks a rule that is kept without it.
  struct Catch {
    var seed: Int
    var invariant: String
    var message: String
    /// How many lives it took.
    var lives: Int
  }

  /// `nil` when the mutant lives.
  func find(_ number: Int) async throws -> Catch? {
    var tried = 0
    if remembers, let seed = Mutant.all[number].seed {
      if let caught = try await live(number, from: seed, 1) { return try await doubt(caught) }
      tried = 1
    }
    guard var caught = try await live(number, from: 1, seeds) else { return nil }
    caught.lives += tried
    return try await doubt(caught)
  }

  /// A simulator that complains of the sources as they should be finds anything.
  private func doubt(_ caught: Catch) async throws -> Catch {
    guard let complaint = try await live(nil, from: caught.seed, 1) else { return caught }
    throw WorkshopError(
      description: "seed \(caught.seed) breaks \(complaint.invariant) without a mutant: \(complaint.message)")
  }

  /// Lives through some seeds up to the first in which a rule is broken.
  private func live(_ mutant: Int?, from first: Int, _ count: Int) async throws -> Catch? {
    // A mutant must not be able to keep the hunt from ending.
    let result = try await Subprocess.run(
      .name("timeout"), arguments: [Self.patience, program.path, String(first), String(count)],
      environment: .inherit.updating(["EVENKEEL_MUTANT": mutant.map(String.init) ?? "none"]),
      output: .string(limit: 1 << 20), error: .combinedWithOutput)
    let name = mutant.map { Mutant.all[$0].name } ?? "no mutant"
    guard result.terminationStatus.isSuccess else {
      throw WorkshopError(
        description: "\(name): the simulator ends with \(result.terminationStatus) \(result.standardOutput)")
    }
    let words = result.standardOutput.split(separator: "\n").last?.split(separator: "\t") ?? []
    guard words.count == 3, let seed = Int(words[0]) else { return nil }
    return Catch(
      seed: seed, invariant: String(words[1]), message: String(words[2]), lives: seed - first + 1)
  }

  private static let patience = "600"
}
