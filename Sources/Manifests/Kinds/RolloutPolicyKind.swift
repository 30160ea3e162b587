/// A `RolloutPolicy` document, with the names of its checks.
struct PolicySpec: Sendable {
  var strategy: Policy.Strategy
  var checks: [Located<String>]
  var readyTimeout: Duration
}

let rolloutPolicyKind = Kind(
  "RolloutPolicy", "How a candidate becomes stable.",
  spec: .object(
    .required("strategy", strategy, "The steps from the first request to all of them."),
    .byDefault(
      "checks", checks, [], shown: "none", "The `Check`s that are asked while the candidate has traffic."),
    .byDefault(
      "readyTimeout", .duration(from: .seconds(1), to: day), .seconds(120), shown: "2m",
      "How long a candidate's instances may take until their model answers ready."),
    .byDefault(
      "rollbackWindow", .only(.zero), .zero, shown: "0s",
      "How long the old stable stays warm after promotion. Only `0s` is supported yet."),
    .byDefault(
      "onFailure", .choice(["revert"], notYet: ["hold"]), "revert", shown: "revert",
      "What follows once traffic is restored after a failure."),
    .byDefault(
      "onUndecided", .choice(["hold"], notYet: ["promote", "revert"]), "hold", shown: "hold",
      "What follows when a check has too little data."),
    .byDefault(
      "supersede", .choice(["replace"], notYet: ["queue"]), "replace", shown: "replace",
      "What a new commit does to a rollout that is under way."),
    notYet: [UnsupportedField("progressDeadline", "How long a rollout may take as a whole.")]
  ) { strategy, checks, readyTimeout, _, _, _, _ in
    // The last four have one supported value each, and that is what the agent does.
    PolicySpec(strategy: strategy, checks: checks, readyTimeout: readyTimeout)
  })

let day = Duration.seconds(86_400)

private let checks = ValueType.name.located.list().checked { checks, _, reading in
  var seen: Set<String> = []
  for check in checks where !seen.insert(check.value).inserted {
    reading.report("the check `\(check.value)` is listed twice", at: check.position)
  }
}

private let strategy: ValueType<Policy.Strategy> = .oneOf(
  [.init("canary", canary, "Shift traffic to the candidate step by step.") { .canary($0) }],
  notYet: [
    UnsupportedField("blueGreen", "Switch all traffic at once, with the old stable kept warm."),
    UnsupportedField("shadow", "Copy requests to the candidate without using its answers."),
    UnsupportedField("recreate", "Stop stable before the candidate starts."),
  ])

private let canary: ValueType<[Policy.CanaryStep]> = .object(
  .required("steps", steps, "The steps in their order; after the last one the candidate is promoted.")
)

private let steps = step.located.list(atLeast: 1).checked { steps, _, reading in
  var weight = 0
  for step in steps {
    switch step.value {
    case .weight(let next) where next <= weight:
      reading.report("weights must rise: \(next) follows \(weight)", at: step.position)
    case .weight(let next):
      weight = next
    case .analyze where weight == 0:
      reading.report(
        "`analyze` needs traffic to look at", at: step.position, suggestion: "put a `weight` step before it")
    case .analyze, .pause: break
    }
  }
}.map { $0.map(\.value) }

private let step: ValueType<Policy.CanaryStep> = .oneOf([
  .init("weight", .integer(1...100), "Percent of the traffic for the candidate; rises from step to step.") {
    .weight($0)
  },
  .init("analyze", analyze, "Look at the checks for a while.") {
    .analyze(for: $0.time, minRequests: $0.requests)
  },
  .init("pause", pause, "Wait; `pause: {}` waits for `evenkeel promote`.") { .pause(for: $0) },
])

private let analyze: ValueType<(time: Duration, requests: Int)> = .object(
  .required(
    "for", .duration(from: .seconds(1), to: day * 30), "How long the checks are looked at, at least."),
  .byDefault(
    "minRequests", .integer(1...1_000_000_000), 1, shown: "1",
    "How many requests the candidate must have answered before the step can pass.")
) { time, requests in (time, requests) }

private let pause: ValueType<Duration?> = .object(
  .optional(
    "for", .duration(from: .seconds(1), to: day * 30), "How long; until `evenkeel promote` when absent.")
)
