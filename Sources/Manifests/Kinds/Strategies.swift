import Vocabulary

/// `spec.strategy` of a `RolloutPolicy`.
let strategy: ValueType<Policy.Strategy> = .oneOf(
  besideStable + [
    .init("shadow", shadow, "Copy live requests to the candidate, and drop its answers.") { .shadow($0) },
    .init(
      "recreate", .empty { Policy.Strategy.recreate },
      "Stop stable before the candidate starts, for a host that can hold one copy. Nobody answers in between."
    ) { $0 },
  ])

/// The strategies that can also follow a shadow.
private let besideStable: [ValueType<Policy.Strategy>.Case] = [
  .init("canary", canary, "Shift traffic to the candidate step by step.") { .canary($0) },
  .init("blueGreen", blueGreen, "Switch all traffic at once, and keep the old stable warm.") {
    .blueGreen($0)
  },
]

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
  .init("analyze", analyze, "Look at the checks for a while.") { .analyze($0) },
  .init("pause", pause, "Wait; `pause: {}` waits for `evenkeel promote`.") { .pause($0) },
])

private let blueGreen: ValueType<Policy.BlueGreen> = .object(
  .optional(
    "preview", preview,
    "What happens before the switch, while only those who ask for the candidate reach it. It lasts as long as "
      + "`analyze` and `pause` in it; without both, as long as the `analyze` after the switch."),
  .optional("analyze", analyze, "Look at the checks after the switch, with all traffic on the candidate."),
  .byDefault(
    "keepStableFor", .duration(from: .zero, to: longest), .zero, shown: "0s",
    "How long the old stable stays warm after promotion and the checks go on; the longer of this and `rollbackWindow` "
      + "holds.")
) { preview, analyze, keepStableFor in
  var preview = preview
  if let analyze, preview?.endsAtOnce == true {
    // Nobody may ask for the preview in all that time: what is asked is judged, and nothing is waited for.
    preview?.analyze = Policy.Analysis(for: analyze.duration, minRequests: 0)
  }
  return Policy.BlueGreen(preview: preview, analyze: analyze, keepStableFor: keepStableFor)
}.checked { blueGreen, position, reading in
  if blueGreen.preview?.endsAtOnce == true {
    reading.report(
      "the preview would end at once", at: position,
      suggestion: "give it `analyze` or `pause`, or `blueGreen` an `analyze`")
  }
}

extension Policy.PreviewStage {
  fileprivate var endsAtOnce: Bool { analyze == nil && pause == nil }
}

/// A preview as written, before it is known whether it names one way to the candidate.
private struct PreviewSpec: Sendable {
  var header: Located<String>?
  var host: Located<String>?
  var analyze: Policy.Analysis?
  var pause: Policy.Pause?
}

private let preview = ValueType<PreviewSpec>.object(
  .alternative(
    "header", ValueType.previewHeader.located,
    "Requests with this header, whatever its value, reach the candidate."),
  .alternative(
    "host", ValueType.host.located, "Requests of the model's path for this host name reach the candidate."),
  .optional("analyze", analyze, "Look at the checks before any other request reaches the candidate."),
  .optional("pause", pause, "Wait for people to look; `pause: {}` waits for `evenkeel promote`.")
) { header, host, analyze, pause in
  PreviewSpec(header: header, host: host, analyze: analyze, pause: pause)
}.made { spec, position, reading in
  let access: Preview
  switch (spec.header, spec.host) {
  case (let header?, nil): access = .header(header.value)
  case (nil, let host?): access = .host(host.value)
  case (nil, nil):
    reading.report("`preview` needs one of `header`, `host`", at: position)
    return Policy.PreviewStage?.none
  case (let header?, let host?):
    reading.report("`preview` takes `header` or `host`, not both", at: max(header.position, host.position))
    return nil
  }
  return Policy.PreviewStage(access: access, analyze: spec.analyze, pause: spec.pause)
}

private let shadow: ValueType<Policy.Shadow> = .object(
  .required("percent", .integer(1...100), "Percent of the live requests that are copied to the candidate."),
  .required("analyze", analyze, "How long, and over how many requests, its answers are judged."),
  .optional(
    "then", continuation,
    "How the candidate becomes stable afterwards. Without it the candidate is stopped and waits for "
      + "`evenkeel promote`.")
) { percent, analyze, then in Policy.Shadow(percent: percent, analyze: analyze, then: then) }

private let continuation: ValueType<Policy.Strategy> = .oneOf(
  besideStable,
  refusing: [
    "shadow": "a `shadow` cannot follow a `shadow`: the first one has shown all that the second would",
    "recreate":
      "`recreate` cannot follow a `shadow`: the candidate already runs beside stable, so nothing has to stop "
      + "for it",
  ])

private let analyze: ValueType<Policy.Analysis> = .object(
  .required("for", .duration(from: .seconds(1), to: longest), "How long the checks are looked at, at least."),
  .byDefault(
    "minRequests", .integer(1...1_000_000_000), 1, shown: "1",
    "How many requests the candidate must have answered before the step can pass.")
) { time, requests in Policy.Analysis(for: time, minRequests: requests) }

private let pause = ValueType<Duration?>.object(
  .optional(
    "for", .duration(from: .seconds(1), to: longest), "How long; until `evenkeel promote` when absent.")
).map { Policy.Pause(for: $0) }

extension Policy.Strategy {
  /// The host name by which people reach a candidate before the switch.
  var previewHost: String? {
    switch self {
    case .blueGreen(let settings):
      guard case .host(let host) = settings.preview?.access else { return nil }
      return host
    case .shadow(let shadow): return shadow.then?.previewHost
    case .canary, .recreate: return nil
    }
  }

  /// Whether the candidate is judged while it has all traffic, or kept under watch after promotion.
  fileprivate var judgesWithoutStable: Bool {
    switch self {
    case .canary(let steps):
      guard let all = steps.firstIndex(of: .weight(100)) else { return false }
      return steps[all...].contains { if case .analyze = $0 { true } else { false } }
    case .blueGreen(let settings): return settings.analyze != nil || settings.keepStableFor > .zero
    case .shadow(let shadow): return shadow.then?.judgesWithoutStable ?? false
    case .recreate: return false
    }
  }
}

extension Policy {
  /// Whether the candidate is judged at a time when stable gets no requests that it could be compared with.
  var judgesWithoutStable: Bool { rollbackWindow > .zero || strategy.judgesWithoutStable }
}
