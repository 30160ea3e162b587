/// One primitive step. Every strategy is only a list of these.
package enum Step: Hashable, Codable, Sendable {
  case fetch
  case verify
  /// Starts this many instances of the candidate beside the stable ones and waits until their model is ready.
  case start(instances: Int)
  /// Gives the candidate this percentage of new requests.
  case weight(Int)
  /// Judges at the current weight for a time and until this many requests of the candidate were counted.
  case analyze(for: Duration, minRequests: Int)
  /// Keeps the weight for a time; `nil` waits for a person.
  case pause(for: Duration?)
  /// Gives the candidate all traffic and makes it stable.
  case promote
  /// Stops the instances that are no longer needed.
  case stop
}

/// What a strategy compiles to: the steps in order, and the rules that hold during all of them.
package struct Program: Hashable, Codable, Sendable {
  package var steps: [Step]

  package init(_ steps: [Step]) {
    self.steps = steps
  }

  /// A canary: the candidate starts beside stable and earns traffic through `steps`
  /// (weights, analyses and pauses).
  package static func canary(_ steps: [Step], instances: Int) -> Program {
    Program([.fetch, .verify, .start(instances: instances)] + steps + [.promote, .stop])
  }

  /// The first deployment of a model: there is no stable to compare with or to share traffic with, so the
  /// candidate gets all of it as soon as it is ready.
  package static func firstDeployment(instances: Int) -> Program {
    Program([.fetch, .verify, .start(instances: instances), .promote])
  }

  /// The way back to a revision that was stable before: known-safe, so nothing is judged.
  package static func restoration(instances: Int) -> Program {
    Program([.fetch, .verify, .start(instances: instances), .promote, .stop])
  }
}

extension Step: CustomStringConvertible {
  /// A few words, as in "step 2 of 6 (weight 5 %)".
  package var description: String {
    switch self {
    case .fetch: "fetch the artifact"
    case .verify: "verify the artifact"
    case .start(1): "start 1 instance"
    case .start(let instances): "start \(instances) instances"
    case .weight(let percent): "weight \(percent) %"
    case .analyze(let duration, 0): "analyze for \(duration.text)"
    case .analyze(let duration, let requests):
      "analyze for \(duration.text) and at least \(requests) requests"
    case .pause(nil): "pause until promoted by hand"
    case .pause(let duration?): "pause for \(duration.text)"
    case .promote: "promote"
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
