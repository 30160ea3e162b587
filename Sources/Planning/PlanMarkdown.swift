import Manifests
import Rollout
import Vocabulary

/// The plan as a comment on a pull request: a table of changes, the steps of each folded away, warnings and
/// diagnostics in full. What manifests contain is shown as it is, never taken as markup.
package func renderMarkdown(_ plan: Plan) -> String {
  var blocks = ["### Evenkeel: \(plan.summary.sentence)"]
  if !plan.changes.isEmpty {
    blocks.append(table(of: plan.changes))
    blocks += plan.changes.map(details)
  }
  if !plan.stalled.isEmpty {
    blocks.append(
      plan.stalled.map { "- **\($0.model.description.escaped)** is left as it is: \($0.message.escaped)" }
        .joined(separator: "\n"))
  }
  if !plan.diagnostics.isEmpty {
    blocks.append(plan.diagnostics.map(line).joined(separator: "\n"))
  }
  return blocks.joined(separator: "\n\n") + "\n"
}

private func table(of changes: [Change]) -> String {
  let rows = changes.map { change in
    let cells = [
      "`\(change.kind.sign)`", change.model.description.escaped, change.from?.version.escaped ?? "",
      change.to?.version.escaped ?? "",
      change.kind == .remove ? "removal" : change.rollout ? "rollout" : "live",
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }
  return (["| | Model | From | To | How |", "| --- | --- | --- | --- | --- |"] + rows).joined(separator: "\n")
}

private func details(of change: Change) -> String {
  let count = change.steps.count == 1 ? "1 step" : "\(change.steps.count) steps"
  var lines = ["<details><summary>\(change.model.description.escaped): \(count)</summary>", ""]
  lines += change.steps.enumerated().map { "\($0.offset + 1). \($0.element.text.escaped)" }
  if let sentence = change.failureSentence {
    lines += ["", "If it fails: \(sentence.escaped)."]
  }
  lines += ["", "</details>"]
  // Warnings stay in sight when the steps are folded away.
  for warning in change.warnings {
    lines += [
      "",
      "> **Warning** (\(warning.reason)), \(change.model.description.escaped): \(warning.message.escaped)",
    ]
  }
  return lines.joined(separator: "\n")
}

private func line(of diagnostic: Diagnostic) -> String {
  let place = "\(diagnostic.file):\(diagnostic.line):\(diagnostic.column)".escaped
  let suggestion = diagnostic.suggestion.map { " (\($0.escaped))" } ?? ""
  return "- \(place): **\(diagnostic.severity.rawValue)**: \(diagnostic.message.escaped)\(suggestion)"
}

extension String {
  /// Printable, with a backslash before everything that Markdown could read as markup, and `&` and `<` as
  /// entities because raw HTML passes through.
  fileprivate var escaped: String {
    var result = ""
    for character in printable {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      // An entity, so that a hostile text cannot notify people or teams.
      case "@": result += "&#64;"
      case "\\", "`", "*", "_", "[", "]", "|", "~", "#", "!", ">": result += "\\\(character)"
      default: result.append(character)
      }
    }
    return result
  }
}
