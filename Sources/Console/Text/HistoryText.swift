import Planning
import Rollout
package import Vocabulary

/// A model's history for people at a terminal, newest first: how each rollout ended, why, and what was done in Git.
package func renderText(_ history: HistoryReport, at now: Timestamp, colour: Bool) -> String {
  let paint = Paint(isOn: colour)
  guard !history.rollouts.isEmpty else { return "\(history.model.rawValue.printable) has no rollouts yet\n" }
  let header = ["WHEN", "VERSION", "OUTCOME", "COMMIT", "REVERT", "TOOK"].map { Cell($0, .dim) }
  let rows = table([header] + history.rollouts.map { row($0, at: now) }, paint)
  var lines = [rows[0]]
  for (rollout, row) in zip(history.rollouts, rows.dropFirst()) {
    lines.append(row)
    lines += details(of: rollout, paint).map { "  " + $0 }
  }
  return lines.joined(separator: "\n") + "\n"
}

private func row(_ rollout: RolloutReport, at now: Timestamp) -> [Cell] {
  [
    Cell(rollout.startedAt.timestamp.ago(at: now)), Cell(rollout.version.printable, .bold),
    Cell(rollout.outcome?.words ?? "under way", rollout.outcome?.colour ?? .yellow),
    Cell(rollout.commit?.short ?? "-"), Cell(rollout.revert?.short ?? "-"), Cell(duration(of: rollout)),
  ]
}

private func duration(of rollout: RolloutReport) -> String {
  guard let end = rollout.endedAt else { return "" }
  let seconds = (end.timestamp - rollout.startedAt.timestamp).milliseconds / 1000
  return Duration.seconds(seconds).text
}

private func details(of rollout: RolloutReport, _ paint: Paint) -> [String] {
  var lines: [String] = []
  if let failure = rollout.failure {
    let place = "step \(failure.step.index) of \(failure.step.of) (\(failure.step.text.printable))"
    lines.append(
      "\(paint(.red, failure.reason.printable)) at \(place): \(failure.message.printable)")
    lines += failure.log.suffix(5).map { paint(.dim, "| ") + $0.printable.truncated(to: 200) }
  } else {
    lines += rollout.checks.map { check in
      "check \(check.name.printable): \(check.verdict.rawValue)  \(check.evidence.sentence(stable: nil).printable)"
    }
  }
  if let revert = rollout.revert { lines.append("reverted in Git by \(revert.rawValue.printable)") }
  lines += rollout.interventions.map { "\($0.by.printable) \($0.what.printable) at \($0.at)" }
  if let person = rollout.requestedBy { lines.append("asked for by \(person.printable)") }
  return lines
}

/// One line per event: time, model, reason, message. Times are absolute, so that lines can be compared with logs.
package func renderText(_ event: EventReport, colour: Bool) -> String {
  let paint = Paint(isOn: colour)
  return [
    paint(.dim, event.at.timestamp.description), paint(.bold, event.model?.rawValue.printable ?? "-"),
    event.reason.printable, event.message.printable,
  ].joined(separator: "  ")
}

/// What one reconciliation came to, for people at a terminal.
package func renderText(_ report: ReconcileReport, colour: Bool) -> String {
  var lines = report.events.map { renderText($0, colour: colour) }
  let phases = Dictionary(grouping: report.models, by: \.phase).mapValues(\.count)
  let counts = phases.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
  let models = counts.isEmpty ? "no models" : counts.joined(separator: ", ")
  lines.append("commit \(report.source.commit?.short ?? "unknown"): \(models)")
  return lines.joined(separator: "\n") + "\n"
}

extension Outcome {
  fileprivate var words: String {
    switch self {
    case .promoted: "promoted"
    case .rolledBack: "rolled back"
    case .superseded: "superseded"
    case .aborted: "aborted"
    }
  }

  fileprivate var colour: Paint.Colour {
    switch self {
    case .promoted: .green
    case .rolledBack, .aborted: .red
    case .superseded: .dim
    }
  }
}
