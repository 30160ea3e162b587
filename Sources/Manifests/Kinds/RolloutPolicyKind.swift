/// A `RolloutPolicy` document, with the names of its checks.
struct PolicySpec: Sendable {
  var strategy: Located<Policy.Strategy>
  var checks: [Located<String>]
  var readyTimeout: Duration
  var progressDeadline: Located<Duration>?
  var rollbackWindow: Located<Duration>?
  var onFailure: Policy.OnFailure
  var onUndecided: Policy.OnUndecided
  var supersede: Policy.Supersede
}

let rolloutPolicyKind = Kind(
  "RolloutPolicy", "How a candidate becomes stable.",
  spec: ValueType<PolicySpec>.object(
    .required("strategy", strategy.located, "The steps from the first request to all of them."),
    .byDefault(
      "checks", checks, [], shown: "none", "The `Check`s that are asked while the candidate has traffic."),
    .byDefault(
      "readyTimeout", .duration(from: .seconds(1), to: day), .seconds(120), shown: "2m",
      "How long a candidate's instances may take until their model answers ready."),
    .optional(
      "progressDeadline", ValueType.duration(from: .seconds(1), to: longest).located,
      "How long a rollout may take until promotion; one that takes longer has failed. Time that it waits for a person, "
        + "or for the end of an outage, does not count. Without it there is no limit."),
    .optional(
      "rollbackWindow", ValueType.duration(from: .zero, to: longest).located,
      "How long the old stable stays warm after promotion and the checks go on, so that a late failure is taken back "
        + "by one change of the route; `0s` when absent."),
    .byDefault(
      "onFailure", .word(), .revert, shown: "revert",
      "What follows once traffic is restored after a failure: the commit is reverted, or the model is held for a "
        + "person and Git stays as it is."),
    .byDefault(
      "onUndecided", .word(), .hold, shown: "hold",
      "What follows when the time of an analysis is over and there were too few requests to judge by: wait for them, "
        + "go on without, or take the candidate back as if it had failed."),
    .byDefault(
      "supersede", .word(), .replace, shown: "replace",
      "What a new commit does to a rollout that is under way: it takes its place, or waits for its end.")
  ) {
    strategy, checks, readyTimeout, progressDeadline, rollbackWindow, onFailure, onUndecided, supersede in
    PolicySpec(
      strategy: strategy, checks: checks, readyTimeout: readyTimeout, progressDeadline: progressDeadline,
      rollbackWindow: rollbackWindow, onFailure: onFailure, onUndecided: onUndecided, supersede: supersede)
  }.checked { policy, _, reading in
    guard let deadline = policy.progressDeadline else { return }
    let steps = policy.strategy.value.timeOfSteps
    if deadline.value <= steps {
      reading.report(
        "`progressDeadline` is \(formatted(deadline.value)), and the steps take \(formatted(steps)) by themselves",
        at: deadline.position,
        suggestion: "leave time beside that for the candidate to be fetched and to start")
    }
  })

let day = Duration.seconds(86_400)
let longest = day * 30

private let checks = ValueType.name.located.list().checked { checks, _, reading in
  var seen: Set<String> = []
  for check in checks where !seen.insert(check.value).inserted {
    reading.report("the check `\(check.value)` is listed twice", at: check.position)
  }
}

extension Policy.Strategy {
  /// The time that a rollout takes until promotion even if everything else takes none.
  fileprivate var timeOfSteps: Duration {
    switch self {
    case .canary(let steps): steps.map(\.time).reduce(.zero, +)
    case .blueGreen(let settings):
      (settings.preview?.analyze?.duration ?? .zero) + (settings.preview?.pause?.duration ?? .zero)
        + (settings.analyze?.duration ?? .zero)
    case .shadow(let shadow): shadow.analyze.duration + (shadow.then?.timeOfSteps ?? .zero)
    case .recreate: .zero
    }
  }
}

extension Policy.CanaryStep {
  fileprivate var time: Duration {
    switch self {
    case .weight: .zero
    case .analyze(let analysis): analysis.duration
    case .pause(let pause): pause.duration ?? .zero
    }
  }
}
