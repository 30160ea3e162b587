import Agent
import Manifests
import Vocabulary

/// What of a scenario is about which model.
extension Scenario {
  /// The scenario of a host that never had this model.
  mutating func leaveOut(_ name: ModelName) {
    setting.leaveOut(name)
    events = events.compactMap { event in
      event.happening.without(name).map { Scheduled(at: event.at, happening: $0) }
    }
  }

  /// Whether anything says this policy's name, besides the policy itself.
  func mentions(policy name: String) -> Bool {
    setting.tree.models.contains { $0.policy == name }
      || setting.documents.values.contains { $0.policy == name }
      || events.contains { $0.happening.edits.contains { $0.mentions(policy: name) } }
  }

  /// Whether this version is ever asked for.
  func mentions(_ version: Int, of name: ModelName) -> Bool {
    setting.tree.model(name)?.version == version
      || events.contains { event in
        switch event.happening {
        case .commit(let edits, _): edits.contains(.deploy(name, version: version))
        case .steer(name, .rollback(let back, _)): back == String(version)
        case .steer, .fault: false
        }
      }
  }
}

extension Setting {
  fileprivate mutating func leaveOut(_ name: ModelName) {
    models.removeAll { $0.name == name }
    documents[name] = nil
    roommates.remove(name)
    if let path = tree.file(of: name) { tree.remove("model \(name)", from: path) }
    for other in models.map(\.name) { changeDocument(of: other) { $0.dependsOn.removeAll { $0 == name } } }
  }

  /// Changes what a model's document says from the beginning.
  mutating func changeDocument(of name: ModelName, _ change: (inout ModelDocument) -> Void) {
    if var document = documents[name] {
      change(&document)
      documents[name] = document
    }
    if var document = tree.model(name), let path = tree.file(of: name) {
      change(&document)
      tree.put(.model(document), into: path)
    }
  }
}

extension Happening {
  var edits: [Edit] {
    if case .commit(let edits, _) = self { edits } else { [] }
  }

  /// `nil` when it is about this model alone.
  fileprivate func without(_ name: ModelName) -> Happening? {
    switch self {
    case .commit(let edits, let isMerge):
      let rest = edits.compactMap { $0.without(name) }
      return rest.isEmpty ? nil : .commit(rest, isMerge: isMerge)
    case .steer(let model, _): return model == name ? nil : self
    case .fault(.crash(name)), .fault(.hang(name, _)), .fault(.drift(name)): return nil
    case .fault: return self
    }
  }
}

extension Edit {
  fileprivate func without(_ name: ModelName) -> Edit? {
    switch self {
    case .deploy(name, _), .remove(name), .usePolicy(name, _), .replicas(name, _), .suspend(name, _),
      .depend(name, _), .memory(name, _), .label(name, _), .breakDocument(name, _):
      nil
    case .depend(let model, let others): .depend(model, on: others.filter { $0 != name })
    case .deploy, .remove, .usePolicy, .replicas, .suspend, .memory, .label, .breakDocument, .gibberish,
      .policy, .runtime, .undo:
      self
    }
  }

  fileprivate func mentions(policy name: String) -> Bool {
    switch self {
    case .usePolicy(_, name): true
    case .policy(let policy): policy.name == name
    default: false
    }
  }
}
