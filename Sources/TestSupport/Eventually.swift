/// A condition that did not become true in time.
package struct NeverHappened: Error, CustomStringConvertible {
  package var description: String
}

/// Waits until a condition holds. It is asked every few milliseconds, so a test goes on as soon as it can.
///
/// - Throws: ``NeverHappened`` when the condition does not hold within `deadline`, or what `condition` throws.
package func eventually(
  _ what: String, within deadline: Duration = .seconds(30), isolation: isolated (any Actor)? = #isolation,
  _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let end = clock.now + deadline
  while true {
    if try await condition() { return }
    guard clock.now < end else { throw NeverHappened(description: "never happened: \(what)") }
    try await Task.sleep(for: .milliseconds(5))
  }
}
