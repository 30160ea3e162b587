/// One line of thought of the report: a piece of work, and what it is compared with.
struct Scenario: Sendable {
  let name: String
  let measure: @Sendable (Scale) async throws -> [Figure]
}

/// How much is measured.
struct Scale: Sendable {
  /// Models in the repositories, one manifest each.
  var models: Int
  /// Commits before the one that is measured.
  var history: Int
  /// How often cheap work is repeated, and work that takes seconds.
  var rounds: Int
  var rollouts: Int
  /// Simulated rollouts.
  var simulations: Int

  static let full = Scale(models: 10_000, history: 1000, rounds: 15, rollouts: 20, simulations: 4000)
  static let quick = Scale(models: 1000, history: 100, rounds: 5, rollouts: 5, simulations: 400)
}

/// Something that keeps a figure from being true.
struct BenchmarkFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Ends a benchmark whose work did not do what it was measured for.
func require(_ condition: Bool, _ complaint: @autoclosure () -> String) throws(BenchmarkFailure) {
  if !condition { throw BenchmarkFailure(complaint()) }
}
