/// One complaint about a manifest, with its place and, where there is one, the remedy.
package struct Diagnostic: Hashable, Codable, Sendable {
  package enum Severity: String, Codable, Sendable {
    case error, warning
  }

  package var severity: Severity
  /// Relative to the folder that was read.
  package var file: String
  /// From 1.
  package var line: Int
  /// From 1, in characters.
  package var column: Int
  package var message: String
  /// What to write instead, for example "did you mean `replicas`?".
  package var suggestion: String?
  /// The source line the diagnostic points into, for the caret; not part of the JSON contract.
  package var sourceLine: String?

  package init(
    severity: Severity = .error, file: String, line: Int, column: Int, message: String,
    suggestion: String? = nil, sourceLine: String? = nil
  ) {
    self.severity = severity
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.suggestion = suggestion
    self.sourceLine = sourceLine
  }

  private enum CodingKeys: String, CodingKey {
    case severity, file, line, column, message, suggestion
  }
}
