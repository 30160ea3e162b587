/// A condition that did not become true in time.
package struct NeverHappened: Error, CustomStringConvertible {
  package var description: String

  package init(description: String) {
    self.description = description
  }
}

/// Waits until a condition holds. It is asked again and again, so a test goes on as soon as it can.
///
/// - Parameters:
///   - what: For the error; it may tell what was seen last.
///   - pace: The pause between two questions; longer for those that cost something.
/// - Throws: ``NeverHappened`` when the condition does not hold within `deadline`, or what `condition` throws.
package func eventually(
  _ what: @autoclosure () -> String, within deadline: Duration = .seconds(30),
  pace: Duration = .milliseconds(5),
  isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let end = clock.now + deadline
  while true {
    if try await condition() { return }
    guard clock.now < end else { throw NeverHappened(description: "never happened: \(what())") }
    try await Task.sleep(for: pace)
  }
}
