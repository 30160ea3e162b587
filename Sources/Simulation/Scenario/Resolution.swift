import Manifests
import Planning
import Vocabulary

/// Reads simulated manifests as the real reader would: what cannot be read is named and stops nothing else.
enum Resolution {
  static func desired(in tree: Tree) -> DesiredState {
    var state = DesiredState()
    let runtime = runtime(in: tree)
    for (path, documents) in tree.files {
      for document in documents {
        switch document {
        case .policy, .runtime: continue
        case .gibberish:
          state.unattributed.insert(path)
          state.diagnostics.append(complaint(path, "this is no manifest"))
        case .model(let model):
          if let runtime, let policy = tree.policy(model.policy), !model.isBroken {
            state.models[model.name] = resolve(model, policy, runtime, path)
          } else {
            state.unreadable.insert(model.name)
            state.diagnostics.append(complaint(path, "the document of \(model.name) has a mistake"))
          }
        }
      }
    }
    state.diagnostics.sort { ($0.file, $0.message) < ($1.file, $1.message) }
    return state
  }

  private static func complaint(_ path: String, _ message: String) -> Diagnostic {
    Diagnostic(file: path, line: 1, column: 1, message: message)
  }

  private static func resolve(
    _ model: ModelDocument, _ policy: Policy, _ runtime: Runtime, _ path: String
  ) -> DesiredModel {
    DesiredModel(
      name: model.name, workload: workload(of: model, runtime),
      live: LiveSettings(
        replicas: model.replicas, route: Route(prefix: "/v2/models/\(model.name)"), policy: policy,
        labels: model.label == 0 ? [:] : ["edit": String(model.label)], dependsOn: model.dependsOn,
        suspend: model.suspend),
      file: path)
  }

  private static func workload(of model: ModelDocument, _ runtime: Runtime) -> Workload {
    Workload(
      artifact: Artifact(
        uri: "sim:\(model.name)/\(model.version)", version: String(model.version),
        digest: digest(model.name, model.version)),
      runtime: runtime, environment: [:],
      resources: model.memory.map { Resources(milliCPU: 100, memory: $0 << 20) })
  }

  /// Which version of which model an artifact is.
  static func subject(of artifact: Artifact) -> (ModelName, Int) {
    let name = artifact.uri.dropFirst("sim:".count).prefix { $0 != "/" }
    return (ModelName(String(name)), Int(artifact.version) ?? 0)
  }

  /// The name and the version themselves: as good as any other 32 bytes, and quickly made.
  static func digest(_ name: ModelName, _ version: Int) -> Digest {
    var bytes = Array(name.rawValue.utf8.prefix(24))
    bytes += Array(repeating: 0, count: 24 - bytes.count)
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: version >> shift))
    }
    guard let digest = Digest(bytes: bytes) else { preconditionFailure("a digest has 32 bytes") }
    return digest
  }

  private static func runtime(in tree: Tree) -> Runtime? {
    for documents in tree.files.values {
      for case .runtime(let generation) in documents { return runtime(generation) }
    }
    return nil
  }

  private static func runtime(_ generation: Int) -> Runtime {
    Runtime(
      name: "stub", command: generation == 0 ? ["serve"] : ["serve", "--generation=\(generation)"],
      environment: [:], servingProtocol: "open-inference-v2", readyPath: "/ready",
      terminationGrace: .seconds(10))
  }
}
