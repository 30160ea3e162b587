package import Vocabulary

/// One primitive step. Every strategy is only a list of these.
package enum Step: Hashable, Codable, Sendable {
  case fetch
  case verify
  /// Stops the stable instances before the candidate starts: nobody answers from here on.
  case stopStable
  /// Starts this many instances of the candidate and waits until their model is ready.
  case start(instances: Int)
  /// Lets those who ask for the candidate reach it, until the next change of weights.
  case preview(Preview)
  /// Copies this percentage of the live requests to the candidate and drops its answers; 0 ends it.
  case mirror(Int)
  /// Gives the candidate this percentage of new requests.
  case weight(Int)
  /// Judges for a time and until this many requests of the candidate were counted.
  case analyze(for: Duration, minRequests: Int)
  /// Keeps things as they are for a time; `nil` waits for a person.
  case pause(for: Duration?)
  /// Stops the candidate's instances: it has been looked at, and gets no traffic yet.
  case stopCandidate
  /// Gives the candidate all traffic and makes it stable.
  case promote
  /// Keeps the old stable warm and goes on judging for a time.
  case watch(for: Duration)
  /// Stops the instances that are no longer needed.
  case stop
}

/// What a strategy compiles to: the steps in order.
package struct Program: Hashable, Codable, Sendable {
  package var steps: [Step]

  package init(_ steps: [Step]) {
    self.steps = steps
  }

  /// The candidate starts beside stable and earns its promotion through `steps`; then the old stable stays warm for
  /// `window`.
  package static func beside(_ steps: [Step], instances: Int, window: Duration = .zero) -> Program {
    Program([.fetch, .verify, .start(instances: instances)] + steps + ending(window: window))
  }

  /// Stable makes way before the candidate starts.
  package static func recreate(instances: Int, window: Duration = .zero) -> Program {
    let watch: [Step] = window > .zero ? [.watch(for: window)] : []
    return Program([.fetch, .verify, .stopStable, .start(instances: instances), .promote] + watch)
  }

  /// The first deployment of a model: there is no stable to compare with or to share traffic with, so the
  /// candidate gets all of it as soon as it is ready.
  package static func firstDeployment(instances: Int) -> Program {
    Program([.fetch, .verify, .start(instances: instances), .promote])
  }

  /// The way back to a revision that was stable before: known-safe, so nothing is judged.
  ///
  /// - Parameter isExclusive: whether the host can hold one release only.
  package static func restoration(instances: Int, isExclusive: Bool = false) -> Program {
    Program(
      [.fetch, .verify] + (isExclusive ? [.stopStable] : []) + [.start(instances: instances), .promote])
  }

  private static func ending(window: Duration) -> [Step] {
    window > .zero ? [.promote, .watch(for: window), .stop] : [.promote, .stop]
  }
}

extension Step: CustomStringConvertible {
  /// A few words, as in "step 2 of 6 (weight 5 %)".
  package var description: String {
    switch self {
    case .fetch: "fetch the artifact"
    case .verify: "verify the artifact"
    case .stopStable: "stop stable"
    case .start(1): "start 1 instance"
    case .start(let instances): "start \(instances) instances"
    case .preview(.header(let name)): "preview by header \(name)"
    case .preview(.host(let name)): "preview by host \(name)"
    case .mirror(0): "end the mirror"
    case .mirror(let percent): "mirror \(percent) %"
    case .weight(let percent): "weight \(percent) %"
    case .analyze(let duration, 0): "analyze for \(duration.text)"
    case .analyze(let duration, let requests):
      "analyze for \(duration.text) and at least \(requests) requests"
    case .pause(nil): "pause until promoted by hand"
    case .pause(let duration?): "pause for \(duration.text)"
    case .stopCandidate: "stop the candidate"
    case .promote: "promote"
    case .watch(let duration): "watch for \(duration.text)"
    case .stop: "stop the previous version"
    }
  }
}

extension Duration {
  /// As manifests write it: `90s`, `10m`, `1h30m`, `250ms`.
  package var text: String {
    let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
    let seconds = milliseconds / 1000
    if seconds < 120 || seconds % 60 != 0 { return "\(seconds)s" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    if hours == 0 { return "\(minutes)m" }
    return minutes == 0 ? "\(hours)h" : "\(hours)h\(minutes)m"
  }
}
