import Vocabulary

let checkKind = Kind(
  "Check", "A question about the candidate, asked while traffic shifts to it.",
  spec: ValueType<Check.Question>.oneOf(
    [.init("errorRate", errorRate, "The share of answers that are server errors (5xx).") { .errorRate($0) }],
    notYet: [
      UnsupportedField("latency", "A quantile of the time to answer."),
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
  .byDefault(
    "alpha", .share(upTo: 0.5, shown: "0.5"), 0.01, shown: "0.01",
    "The probability of ever failing a candidate that is good, however often the check is looked at.")
) { maximum, versusStable, alpha in
  Check.ErrorRate(max: maximum, versusStable: versusStable, alpha: alpha)
}.checked { rate, position, reading in
  if rate.max == nil, !rate.versusStable {
    reading.report(
      "`errorRate` compares with nothing", at: position,
      suggestion: "set `max`, or `versusStable: true`, or both")
  }
}
