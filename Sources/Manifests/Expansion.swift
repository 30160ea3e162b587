import YAML

/// The names that `$(NAME)` may have in commands, environments and ready paths.
package let variableNames = ["MODEL_DIR", "MODEL_NAME", "VERSION", "REVISION", "PORT", "METRICS_PORT"]

/// Replaces `$(NAME)` by its value, as Kubernetes does in container arguments: `$$` stands for `$`, so that
/// `$$(NAME)` is the text `$(NAME)`; a name without a value, and any other `$`, stays as it is.
package func expand(_ template: String, with values: [String: String]) -> String {
  var text = ""
  for part in parts(of: template) {
    switch part {
    case .text(let piece): text += piece
    case .variable(let name): text += values[name] ?? "$(\(name))"
    }
  }
  return text
}

extension ValueType where Value == String {
  /// Text in which every `$(NAME)` has a known name.
  static let template = text("text with `$(NAME)`") { text, _, position, reading in
    if text.utf8.contains(UInt8(ascii: "$")) { checkVariables(in: text, at: position, &reading) }
    guard !text.utf8.contains(0) else {
      reading.report("a zero character cannot be part of a command or an environment", at: position)
      return nil
    }
    return text
  }

  /// A template that makes a path.
  static let pathTemplate = template.checked { text, position, reading in
    if text.utf8.first != UInt8(ascii: "/") || !isPrintable(text)
      || text.contains(" ")
    {
      reading.report("the path must start with `/` and have no blanks", at: position)
    }
  }
}

private func checkVariables(in text: String, at position: Position, _ reading: inout Reading) {
  for case .variable(let name) in parts(of: text) where !variableNames.contains(name) {
    reading.report(
      "unknown variable \(quoted("$(\(name))"))", at: position,
      suggestion: didYouMean(name, among: variableNames)
        ?? "the variables are \(variableNames.joined(separator: ", "))")
  }
}

private enum TemplatePart {
  case text(String)
  case variable(String)
}

/// Splits a template by the grammar of `k8s.io/kubernetes/third_party/forked/golang/expansion`.
private func parts(of template: String) -> [TemplatePart] {
  var parts: [TemplatePart] = []
  var rest = template[...]
  while let dollar = rest.firstIndex(of: "$") {
    parts.append(.text(String(rest[..<dollar])))
    let after = rest[rest.index(after: dollar)...]
    if after.first == "$" {
      parts.append(.text("$"))
      rest = after.dropFirst()
    } else if after.first == "(", let close = after.firstIndex(of: ")") {
      parts.append(.variable(String(after[after.index(after: after.startIndex)..<close])))
      rest = after[after.index(after: close)...]
    } else {
      parts.append(.text("$"))
      rest = after
    }
  }
  parts.append(.text(String(rest)))
  return parts
}
