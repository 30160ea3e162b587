package import Vocabulary

/// Where the loop learns the time; a simulation gives it a virtual one.
package protocol Clock: Sendable {
  /// The wall clock.
  func now() -> Timestamp
}
