import Simulation
import TestSupport
import Testing

/// The executable, as `make simulate` runs it.
@Suite struct ReplayTests {
  @Test func `the same seed is the same story in processes that hash differently`() async throws {
    let program = try builtExecutable("simulator")
    for seed in try await seedsWithMistakes(3) {
      var stories: Set<String> = []
      for _ in 1...3 {
        // Each process has a hash seed of its own, as long as nobody sets SWIFT_DETERMINISTIC_HASHING.
        stories.insert(try await run(program, ["--seed", String(seed), "--no-shrink"]).output)
      }
      #expect(stories.count == 1)
      #expect(stories.first?.contains("has a mistake") == true)
    }
  }

  /// Lives in which the agent finds mistakes of a commit, several of them at once in most: what it says of them comes
  /// out of sets and dictionaries.
  private func seedsWithMistakes(_ count: Int) async throws -> [UInt64] {
    var seeds: [UInt64] = []
    for seed in 1...300 as ClosedRange<UInt64> where seeds.count < count {
      let life = await Episode.live(Scenario(seed: seed), tellsStory: true)
      if life.story.lines.contains(where: { $0.contains("has a mistake") }) { seeds.append(seed) }
    }
    try #require(seeds.count == count)
    return seeds
  }

  @Test func `the number of jobs changes nothing but the time`() async throws {
    let program = try builtExecutable("simulator")
    func counts(jobs: Int) async throws -> [Substring] {
      let arguments = ["--first", "7", "--seeds", "6", "--keep-going", "--no-shrink", "--jobs", String(jobs)]
      let lines = try await run(program, arguments).output.split(separator: "\n")
      #expect(lines.first?.hasPrefix("6 seeds, 7 to 12, in ") == true)
      return Array(lines.dropFirst(2))
    }
    #expect(try await counts(jobs: 1) == counts(jobs: 3))
  }

  @Test func `a budget of time is kept, and says how many lives it was`() async throws {
    let result = try await run(builtExecutable("simulator"), ["--first", "3", "--seconds", "0.1"])
    #expect(result.output.contains(" seeds, 3 to "))
    #expect(try await run(builtExecutable("simulator"), ["--seeds", "1", "--seconds", "1"]).status == 64)
  }
}
