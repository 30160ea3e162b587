import Rollout
import Vocabulary

/// The plan for people at a terminal: one block per change, then what is left alone, then one line of sums.
/// `colour` adds ANSI colours. Nothing that manifests contain can steer the terminal.
package func renderText(_ plan: Plan, colour: Bool) -> String {
  let paint = Paint(isOn: colour)
  var lines: [String] = []
  for change in plan.changes {
    lines += blockLines(of: change, paint) + [""]
  }
  for model in plan.stalled {
    lines.append(paint(.yellow, "! \(model.model.description.printable)  \(model.message.printable)"))
  }
  if !plan.stalled.isEmpty { lines.append("") }
  lines.append(plan.summary.sentence)
  return lines.joined(separator: "\n") + "\n"
}

private func blockLines(of change: Change, _ paint: Paint) -> [String] {
  var lines = [paint(change.kind.colour, "\(change.kind.sign) \(change.headline.printable)")]
  for (index, step) in change.steps.enumerated() {
    let number = String(index + 1)
    let indent = String(repeating: " ", count: max(0, 5 - number.count))
    lines.append("\(indent)\(number). \(step.text.printable)")
  }
  if let sentence = change.failureSentence {
    lines.append("    if it fails: \(sentence.printable)")
  }
  for warning in change.warnings {
    lines.append(paint(.yellow, "    warning: \(warning.reason): \(warning.message.printable)"))
  }
  return lines
}

/// ANSI colours, or none.
private struct Paint {
  enum Colour: Int {
    case red = 31
    case green = 32
    case yellow = 33
  }

  let isOn: Bool

  func callAsFunction(_ colour: Colour, _ text: String) -> String {
    isOn ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}

extension Change.Kind {
  var sign: String {
    switch self {
    case .add: "+"
    case .change: "~"
    case .remove: "-"
    }
  }

  fileprivate var colour: Paint.Colour {
    switch self {
    case .add: .green
    case .change: .yellow
    case .remove: .red
    }
  }
}

extension Change {
  /// The model and its versions: `fraud-detector  version 7 -> 8  (revision 0123456789ab -> ba9876543210)`.
  fileprivate var headline: String {
    switch (from, to) {
    case (let from?, let to?) where from.revision != to.revision:
      "\(model)  version \(from.version) -> \(to.version)  "
        + "(revision \(from.revision.short) -> \(to.revision.short))"
    case (_, let release?), (let release?, nil):
      "\(model)  version \(release.version)  (revision \(release.revision.short))"
    case (nil, nil): "\(model)"
    }
  }
}

extension Change {
  /// What follows a failure; `nil` when nothing can fail.
  var failureSentence: String? {
    switch onFailure {
    case .none: nil
    case .hold: "\(restoration), and Git stays as it is until a person decides"
    case .revert([]): "\(restoration), then the commit that introduces it is reverted in Git"
    case .revert(let commits):
      "\(restoration), then \(commits.map(\.short).joined(separator: ", ")) is reverted in Git"
    }
  }

  private var restoration: String {
    guard kind != .add, let from else { return "it is stopped" }
    return stopsFirst
      ? "it is stopped and version \(from.version) is started again"
      : "all requests return to version \(from.version)"
  }
}

extension PlanSummary {
  /// `1 to add, 2 to change, 0 to remove, 41 unchanged, 0 stalled`, with only what there is of the last two.
  var sentence: String {
    guard add + change + remove > 0 else {
      let stalled = stalled > 0 ? ", \(stalled) stalled" : ""
      return "Nothing to do: \(unchanged) unchanged\(stalled)."
    }
    var parts = ["\(add) to add", "\(change) to change", "\(remove) to remove"]
    if unchanged > 0 { parts.append("\(unchanged) unchanged") }
    if stalled > 0 { parts.append("\(stalled) stalled") }
    return parts.joined(separator: ", ") + "."
  }
}
