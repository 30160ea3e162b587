package import Vocabulary

/// What holds at a point of a program: what the steps up to it, taken together, ask of the world.
package struct Stance: Hashable, Sendable {
  /// Whether the candidate's instances have to run.
  package var candidateRuns = false
  /// Whether the instances of the release that it takes the place of have to run.
  package var stableRuns = true
  /// Percent of new requests for the candidate.
  package var weight = 0
  /// Percent of the requests that are copied to the candidate.
  package var mirror = 0
  /// How people reach the candidate whatever its weight.
  package var preview: Preview?

  /// - Parameter steps: the completed steps, and the current one.
  package init(after steps: some Sequence<Step>) {
    for step in steps { take(step) }
  }

  private mutating func take(_ step: Step) {
    switch step {
    case .fetch, .verify, .analyze, .pause, .watch: break
    case .stopStable: stableRuns = false
    case .start: candidateRuns = true
    case .preview(let access): preview = access
    case .mirror(let percent): mirror = percent
    case .weight(let percent):
      weight = percent
      preview = nil
    case .stopCandidate: candidateRuns = false
    case .promote:
      weight = 100
      mirror = 0
      preview = nil
    case .stop: stableRuns = false
    }
  }
}
