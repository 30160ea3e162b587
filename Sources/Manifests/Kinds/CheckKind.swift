import Vocabulary
import YAML

let checkKind = Kind(
  "Check", "A question about the candidate, asked while traffic shifts to it.",
  spec: ValueType<Check.Question>.oneOf(
    [
      .init("errorRate", errorRate, "The share of answers that are server errors (5xx).") { .errorRate($0) },
      .init(
        "latency", latency,
        "A quantile of the time to answer. Requests without an answer have none: they are errors."
      ) { .latency($0) },
    ],
    notYet: [
      UnsupportedField("prometheus", "The value of a Prometheus query."),
      UnsupportedField("smoke", "Requests with known answers, before any traffic."),
    ]))

private let errorRate = ValueType<Check.ErrorRate>.object(
  .optional(
    "max", .share(upTo: 0.99, shown: "99%"),
    "The largest acceptable share. Needed unless `versusStable` is true."),
  .byDefault(
    "versusStable", .boolean, false, shown: "false",
    "Whether the candidate may not be worse than stable over the same time."),
  alpha
) { maximum, versusStable, alpha in
  Check.ErrorRate(max: maximum, versusStable: versusStable, alpha: alpha)
}.checked { rate, position, reading in
  if rate.max == nil, !rate.versusStable {
    reading.report(
      "`errorRate` compares with nothing", at: position,
      suggestion: "set `max`, or `versusStable: true`, or both")
  }
}

private let latency = ValueType<Check.Latency>.object(
  .byDefault(
    "quantile", quantile, 0.99, shown: "0.99", "Which part of the requests has to be quick enough."),
  .optional(
    "max", .duration(from: .milliseconds(1), to: .seconds(300)),
    "The longest acceptable time for that part of the requests. Needed unless `versusStable` is there."),
  .optional(
    "versusStable", versusStable,
    "How much slower than stable the candidate may be. They are compared over the same time, so it says nothing "
      + "while stable gets no requests."),
  alpha
) { quantile, maximum, versusStable, alpha in
  Check.Latency(quantile: quantile, max: maximum, versusStable: versusStable, alpha: alpha)
}.checked { latency, position, reading in
  if latency.max == nil, latency.versusStable == nil {
    reading.report(
      "`latency` compares with nothing", at: position, suggestion: "set `max`, or `versusStable`, or both")
  }
}

private let alpha = Field.byDefault(
  "alpha", .share(upTo: 0.5, shown: "0.5"), 0.01, shown: "0.01",
  "The probability of ever failing a candidate that is good, however often the check is looked at.")

private let versusStable = ValueType<Check.VersusStable>.object(
  .required("ratio", ratio, "How many times as long as stable's the candidate's answers may take."))

/// Below the median nobody asks, and beyond 999 of 1,000 a rollout seldom has the requests to tell.
private let quantile = ValueType<Double>(TypeDescription(name: "share, 0.5 to 0.999")) {
  node, label, reading in
  guard let value = ValueType.share(upTo: 0.999, shown: "0.999").read(node, label, &reading) else {
    return nil
  }
  guard value >= 0.5 else {
    reading.report("`\(label)` must be at least 0.5, not `\(value)`", at: node.position)
    return nil
  }
  return value
}

private let ratio = ValueType<Check.VersusStable>(TypeDescription(name: "number, 1 to 100")) {
  node, label, reading in
  guard case .scalar(let scalar) = node, scalar.isNumber, let value = Double(scalar.text) else {
    let written = if case .scalar(let scalar) = node { "`\(scalar.text)`" } else { node.kind }
    reading.report("`\(label)` must be a number such as 1.2, not \(written)", at: node.position)
    return nil
  }
  guard (1...100).contains(value) else {
    reading.report("`\(label)` must be from 1 to 100, not `\(scalar.text)`", at: scalar.position)
    return nil
  }
  return Check.VersusStable(ratio: value)
}
