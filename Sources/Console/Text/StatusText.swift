package import Planning
import Rollout
package import Vocabulary

/// The status for people at a terminal: one line per model, and below it what keeps it from being as Git asks.
package func renderText(_ status: StatusReport, at now: Timestamp, colour: Bool) -> String {
  let paint = Paint(isOn: colour)
  var lines = [headline(of: status, at: now)]
  if let trouble = status.source.trouble { lines.append(paint(.red, "Git: \(trouble.printable)")) }
  lines.append("")
  guard !status.models.isEmpty else { return lines.joined(separator: "\n") + "\nno models\n" }
  let header = ["MODEL", "PHASE", "VERSION", "TRAFFIC", "READY"].map { Cell($0, .dim) }
  let rows = table([header] + status.models.map(row), paint)
  lines.append(rows[0])
  for (model, row) in zip(status.models, rows.dropFirst()) {
    lines.append(row)
    lines += model.conditions.filter(\.isWorthALine).map { "  " + line(for: $0, at: now, paint) }
  }
  return lines.joined(separator: "\n") + "\n"
}

/// Everything about one model for people at a terminal.
package func renderText(_ model: StatusReport.Model, at now: Timestamp, colour: Bool) -> String {
  let paint = Paint(isOn: colour)
  var lines = ["\(paint(.bold, model.name.rawValue.printable))  \(paint(model.colour, model.phaseText))"]
  if let step = model.step { lines.append("  step \(step.index) of \(step.of): \(step.text.printable)") }
  lines += table(releases(of: model), paint).map { "  " + $0 }
  lines += model.checks.map { check in
    "  check \(check.name.printable): \(paint(check.verdict.colour, check.verdict.rawValue))  "
      + check.evidence.sentence(stable: model.stable?.version).printable
  }
  lines += model.conditions.map { "  " + line(for: $0, at: now, paint) }
  lines += model.failures.suffix(3).reversed().map { failure in
    "  " + paint(.dim, "version \(failure.version.printable) failed \(failure.at.ago(at: now)): ")
      + failure.message.printable
  }
  return lines.joined(separator: "\n") + "\n"
}

private func headline(of status: StatusReport, at now: Timestamp) -> String {
  let agent = "\(status.agent.name.printable) (evenkeel \(status.agent.version.printable))"
  guard let commit = status.source.commit else { return "\(agent), nothing fetched from Git yet" }
  let age = status.source.fetchedAt.map { ", fetched \($0.timestamp.ago(at: now))" } ?? ""
  return "\(agent), commit \(commit.short)\(age)"
}

private func row(_ model: StatusReport.Model) -> [Cell] {
  let versions = [model.stable?.version, model.otherCandidate?.version].compactMap { $0?.printable }
  return [
    Cell(model.name.rawValue.printable, .bold), Cell(model.phaseText, model.colour),
    Cell(versions.joined(separator: " -> ")), Cell(trafficBar(of: model)), Cell(readyText(of: model)),
  ]
}

/// Twenty cells of traffic: full for stable, shaded for the candidate.
private func trafficBar(of model: StatusReport.Model) -> String {
  guard !model.weights.isEmpty else { return "none" }
  let share = model.otherCandidate.flatMap { model.weights[$0.revision] } ?? 0
  let cells = bar(share)
  let text = String(repeating: "█", count: 20 - cells) + String(repeating: "▒", count: cells)
  return model.otherCandidate == nil ? text : "\(text) \(share) %"
}

/// How many of twenty cells a percentage fills; a share that is not zero is never invisible.
private func bar(_ percent: Int) -> Int {
  percent == 0 ? 0 : min(20, max(1, (percent + 2) / 5))
}

private func readyText(of model: StatusReport.Model) -> String {
  [model.stable, model.otherCandidate].compactMap(\.self).map { release in
    let instances = model.instances.filter { $0.revision == release.revision }
    return "\(instances.count(where: \.ready))/\(instances.count)"
  }.joined(separator: " + ")
}

private func releases(of model: StatusReport.Model) -> [[Cell]] {
  [("stable", model.stable), ("candidate", model.otherCandidate)].compactMap { role, release in
    guard let release else { return nil }
    let weight = model.weights[release.revision] ?? 0
    let cells = bar(weight)
    let instances = model.instances.filter { $0.revision == release.revision }
    return [
      Cell(role), Cell("version \(release.version.printable)"), Cell(release.revision.short, .dim),
      Cell(release.commit.map { "commit \($0.short)" } ?? "", .dim),
      Cell(String(repeating: "█", count: cells) + String(repeating: "░", count: 20 - cells)),
      Cell("\(weight) %"), Cell("\(instances.count(where: \.ready)) of \(instances.count) instances ready"),
    ]
  }
}

private func line(for condition: Condition, at now: Timestamp, _ paint: Paint) -> String {
  let head = "\(condition.type.rawValue)=\(condition.status.rawValue) \(condition.reason.printable)"
  return "\(paint(condition.colour, head)): \(condition.message.printable) "
    + paint(.dim, "(\(condition.since.ago(at: now)))")
}

extension StatusReport.Model {
  /// The candidate, unless it already is what serves.
  fileprivate var otherCandidate: Release? {
    candidate?.revision == stable?.revision ? nil : candidate
  }

  fileprivate var phaseText: String {
    guard let step, phase != .restoring, phase != .writingBack, phase != .held else { return phase.rawValue }
    return "\(phase.rawValue) \(step.index)/\(step.of)"
  }

  fileprivate var colour: Paint.Colour {
    if conditions.contains(where: { $0.type == .stalled && $0.status == .yes }) { return .red }
    let isReady = conditions.contains { $0.type == .ready && $0.status == .yes }
    return phase == .stable && isReady ? .green : .yellow
  }
}

extension Condition {
  /// A model that serves what Git asks for needs no words.
  fileprivate var isWorthALine: Bool { type != .ready || status != .yes }

  fileprivate var colour: Paint.Colour {
    switch (type, status) {
    case (.ready, .yes): .green
    case (.stalled, .yes), (.ready, .no): .red
    default: .yellow
    }
  }
}

extension Verdict {
  fileprivate var colour: Paint.Colour {
    switch self {
    case .pass: .green
    case .fail: .red
    case .undecided: .yellow
    }
  }
}
