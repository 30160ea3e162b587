/// A diagnostic for people, in the form that compilers use and editors can jump to:
///
/// ```
/// models/fraud.yaml:12:3: error: unknown field `replica`
///    12 |   replica: 2
///       |   ^
///       = help: did you mean `replicas`?
/// ```
package func render(_ diagnostic: Diagnostic) -> String {
  let place = "\(diagnostic.file):\(diagnostic.line):\(diagnostic.column)"
  var lines = ["\(place): \(diagnostic.severity.rawValue): \(diagnostic.message)"]
  let number = String(diagnostic.line)
  let width = max(number.utf8.count, 5)
  let margin = String(repeating: " ", count: width)
  if let source = diagnostic.sourceLine {
    let indent = String(repeating: " ", count: max(0, diagnostic.column - 1))
    lines.append(String(repeating: " ", count: width - number.utf8.count) + "\(number) | \(source)")
    lines.append("\(margin) | \(indent)^")
  }
  if let suggestion = diagnostic.suggestion { lines.append("\(margin) = help: \(suggestion)") }
  return lines.joined(separator: "\n")
}
