package import Vocabulary
import YAML

/// A YAML file of the configuration repository.
package struct ManifestFile: Hashable, Sendable {
  /// Relative to the folder that is read.
  package var path: String
  package var bytes: [UInt8]

  package init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }
}

/// What one file says, without regard to any other file, so that it can be kept for as long as path and bytes
/// stay the same.
package struct ParsedFile: Sendable {
  package let path: String
  /// What is wrong with the file by itself, in the order of its lines.
  package internal(set) var diagnostics: [Diagnostic] = []

  /// For the source lines of what `resolve` complains about.
  let bytes: [UInt8]
  var models: [Declaration<ModelSpec>] = []
  var policies: [Declaration<PolicySpec>] = []
  var checks: [Declaration<Check.Question>] = []
  var runtimes: [Declaration<RuntimeSpec>] = []
  /// Resources with errors whose kind and name can be read nevertheless.
  var broken: [BrokenResource] = []
  /// What resources with errors refer to, as far as it can be read: so that one error does not hide another.
  var brokenReferences: [Reference] = []
  /// Whether a document is so broken that it could be about anything.
  var isUnattributed = false
}

struct BrokenResource: Sendable {
  let kind: String
  let name: Located<String>
}

/// Reads a file. It never fails: what is wrong is in the diagnostics, and one bad document does not stop the
/// others.
package func parse(_ file: ManifestFile) -> ParsedFile {
  let stream = DocumentStream(file.bytes)
  var parsed = ParsedFile(path: file.path, bytes: file.bytes)
  parsed.isUnattributed = !stream.problems.isEmpty
  var problems = stream.problems
  for document in stream.documents {
    var reading = Reading()
    if let root = document.root {
      parsed.take(root, isSound: document.problems.isEmpty, &reading)
    } else if !document.problems.isEmpty {
      parsed.isUnattributed = true
    }
    problems += document.problems + reading.problems
  }
  if !problems.isEmpty { parsed.diagnostics = diagnostics(for: problems, in: file) }
  return parsed
}

extension ParsedFile {
  /// Decodes one document. It is only taken when nothing at all is wrong with it.
  fileprivate mutating func take(_ root: Node, isSound: Bool, _ reading: inout Reading) {
    switch kindName(of: root, &reading) {
    case modelKind.name:
      if let model = read(root, as: modelKind, isSound, &reading) { models.append(model) }
    case rolloutPolicyKind.name:
      if let policy = read(root, as: rolloutPolicyKind, isSound, &reading) { policies.append(policy) }
    case checkKind.name:
      if let check = read(root, as: checkKind, isSound, &reading) { checks.append(check) }
    case servingRuntimeKind.name:
      if let runtime = read(root, as: servingRuntimeKind, isSound, &reading) { runtimes.append(runtime) }
    case agentKind.name:
      reading.report(
        "an `Agent` does not belong in the configuration repository", at: root.position,
        suggestion: "keep it on the host, in /etc/evenkeel/agent.yaml")
    default:
      isUnattributed = true
    }
  }

  /// The declaration when it is free of errors; otherwise notes whose declaration it would have been.
  private mutating func read<Spec>(
    _ root: Node, as kind: Kind<Spec>, _ isSound: Bool, _ reading: inout Reading
  ) -> Declaration<Spec>? {
    let declaration = kind.document.read(root, "document", &reading)
    if let declaration, isSound, reading.problems.isEmpty { return declaration }
    brokenReferences += references(in: root, kind: kind.name)
    if let name = resourceName(of: root) {
      broken.append(BrokenResource(kind: kind.name, name: name))
    } else {
      isUnattributed = true
    }
    return nil
  }
}

private let kindNames = [
  modelKind.name, rolloutPolicyKind.name, checkKind.name, servingRuntimeKind.name, agentKind.name,
]

/// The kind of a document; complains when it is missing or unknown.
private func kindName(of root: Node, _ reading: inout Reading) -> String? {
  guard case .mapping = root else {
    reading.report("a manifest must be a mapping, not \(root.kind)", at: root.position)
    return nil
  }
  guard let kind = root["kind"] else {
    reading.report("the field `kind` is missing", at: root.position)
    return nil
  }
  guard case .scalar(let scalar) = kind, kindNames.contains(scalar.text) else {
    let text = if case .scalar(let scalar) = kind { scalar.text } else { "" }
    reading.report(
      text.isEmpty ? "`kind` must be text, not \(kind.kind)" : "unknown kind \(quoted(text))",
      at: kind.position,
      suggestion: didYouMean(text, among: kindNames)
        ?? "the kinds are \(kindNames.dropLast().joined(separator: ", "))")
    return nil
  }
  return scalar.text
}

/// The name of a resource that may otherwise be broken; `nil` when it has none that a resource could have.
private func resourceName(of root: Node) -> Located<String>? {
  guard case .scalar(let name) = root["metadata"]?["name"], isDNSLabel(name.text) else { return nil }
  return Located(value: name.text, position: name.position)
}

/// The byte ranges of the documents of a file that declare a model, whether or not they are free of errors.
package func documentsOfModel(_ name: ModelName, in file: ManifestFile) -> [Range<Int>] {
  DocumentStream(file.bytes).documents.filter { declares(name, $0) }.map(\.range)
}

/// Whether a document is about a model.
func declares(_ name: ModelName, _ document: DocumentStream.Document) -> Bool {
  guard let root = document.root, case .scalar(let kind) = root["kind"] else { return false }
  return kind.text == modelKind.name && resourceName(of: root)?.value == name.rawValue
}

/// Reads the agent's own file. The settings are `nil` when there is any error.
package func readAgentSettings(_ file: ManifestFile) -> (AgentSettings?, [Diagnostic]) {
  let stream = DocumentStream(file.bytes)
  var reading = Reading()
  var settings: AgentSettings?
  let documents = stream.documents.filter { $0.root != nil || !$0.problems.isEmpty }
  if let root = documents.first?.root {
    settings = agentKind.document.read(root, "document", &reading).map(AgentSettings.init)
  }
  if let second = documents.dropFirst().first?.root {
    reading.report("the agent's file must hold one document only", at: second.position)
  } else if documents.isEmpty, stream.problems.isEmpty {
    reading.report("the agent's file holds no document", at: Position(line: 1, column: 1))
  }
  let problems = stream.problems + documents.flatMap(\.problems) + reading.problems
  return (problems.isEmpty ? settings : nil, diagnostics(for: problems, in: file))
}

extension AgentSettings {
  fileprivate init(_ declaration: Declaration<AgentSpec>) {
    let spec = declaration.spec
    self.init(
      name: declaration.name.value, source: spec.source, stateDirectory: spec.stateDirectory,
      host: spec.host, socket: spec.socket, pruneLimit: spec.pruneLimit,
      maxParallelRollouts: spec.maxParallelRollouts)
  }
}
