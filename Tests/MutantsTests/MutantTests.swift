import Foundation
import Testing

@testable import mutants

/// The table of deliberate bugs, without building or running any: `make mutants` does that.
@Suite struct MutantTests {
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")

  @Test(arguments: Mutant.all)
  func `a mutant fits into the sources as they are`(mutant: Mutant) throws {
    let text = try String(contentsOf: Self.sources.appending(path: mutant.file), encoding: .utf8)
    // Where its text does not occur exactly once, this throws.
    let mutated = try Workshop.apply([mutant], to: mutant.file, text)
    #expect(mutated.contains("isMutant(0)"), "nothing switches it on")
    #expect(!mutated.contains("MUTANT"))
  }

  @Test func `mutants of the same file fit beside each other`() throws {
    for file in Set(Mutant.all.map(\.file)) {
      let text = try String(contentsOf: Self.sources.appending(path: file), encoding: .utf8)
      let mutated = try Workshop.apply(Mutant.all, to: file, text)
      for (number, mutant) in Mutant.all.enumerated() where mutant.file == file {
        #expect(mutated.contains("isMutant(\(number))"), "\(mutant.name) is lost")
      }
    }
  }

  @Test func `there are many, and each has its own name`() {
    #expect(Mutant.all.count >= 30)
    #expect(Set(Mutant.all.map(\.name)).count == Mutant.all.count)
  }

  @Test func `a mutant is only written into what is copied`() {
    for mutant in Mutant.all {
      #expect(Workshop.targets.contains { mutant.file.hasPrefix("\($0)/") }, "\(mutant.name)")
    }
  }

  @Test(arguments: ["nothing of the kind", "a b and a b"])
  func `a text that does not occur exactly once is refused`(text: String) {
    let mutant = Mutant("lost", in: "Agent/File.swift", "a b", "MUTANT")
    #expect(throws: WorkshopError.self) { try Workshop.apply([mutant], to: mutant.file, text) }
  }
}

extension Mutant: CustomTestStringConvertible {
  public var testDescription: String { name }
}
