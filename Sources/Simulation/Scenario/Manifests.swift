package import Manifests
package import Vocabulary

/// The document of a model, as far as engineers of a scenario change it.
package struct ModelDocument: Hashable, Sendable {
  package var name: ModelName
  package var version: Int
  package var policy: String
  package var replicas: Int
  package var suspend = false
  package var dependsOn: [ModelName] = []
  /// MiB that one instance needs; `nil` when the document does not say.
  package var memory: Int?
  /// Changes nothing but itself.
  package var label = 0
  /// Whether somebody has made a mistake in it, so that it cannot be read.
  package var isBroken = false

  package init(name: ModelName, version: Int, policy: String, replicas: Int) {
    self.name = name
    self.version = version
    self.policy = policy
    self.replicas = replicas
  }
}

/// One document of the simulated configuration repository.
package enum Document: Hashable, Sendable {
  case model(ModelDocument)
  case policy(Policy)
  /// The one runtime of all models; another generation of it is another revision of each.
  case runtime(generation: Int)
  /// Something that could be about anything.
  case gibberish

  /// What tells it from the other documents of its file.
  var key: String {
    switch self {
    case .model(let model): "model \(model.name)"
    case .policy(let policy): "policy \(policy.name)"
    case .runtime: "runtime"
    case .gibberish: "gibberish"
    }
  }
}

/// The content of a commit: documents by file.
package struct Tree: Hashable, Sendable {
  package var files: [String: [Document]] = [:]

  package init() {}

  /// Where a model is declared.
  func file(of name: ModelName) -> String? {
    files.keys.sorted().first { path in files[path]?.contains { $0.declares(name) } == true }
  }

  /// The document of a model, also one with a mistake in it.
  package func model(_ name: ModelName) -> ModelDocument? {
    for documents in files.values {
      for case .model(let model) in documents where model.name == name { return model }
    }
    return nil
  }

  package var models: [ModelDocument] {
    files.values.flatMap { documents in
      documents.compactMap { if case .model(let model) = $0 { model } else { nil } }
    }
  }

  func policy(_ name: String) -> Policy? {
    for documents in files.values {
      for case .policy(let policy) in documents where policy.name == name { return policy }
    }
    return nil
  }

  /// Replaces the document of the same key, or adds it to the file.
  mutating func put(_ document: Document, into path: String) {
    if let index = files[path]?.firstIndex(where: { $0.key == document.key }) {
      files[path]?[index] = document
    } else {
      files[path, default: []].append(document)
    }
  }

  mutating func remove(_ key: String, from path: String) {
    files[path]?.removeAll { $0.key == key }
    if files[path]?.isEmpty == true { files[path] = nil }
  }
}

extension Document {
  func declares(_ name: ModelName) -> Bool {
    if case .model(let model) = self { model.name == name } else { false }
  }
}
