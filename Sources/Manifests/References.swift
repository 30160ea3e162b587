import YAML

/// That one resource names another.
struct Reference: Sendable {
  enum Target: Sendable {
    case runtime, policy, check, model
  }

  let target: Target
  let name: Located<String>
}

/// What a document refers to, whatever else is wrong with it. References that are no names are left out: the schema
/// has complained about them.
func references(in root: Node, kind: String) -> [Reference] {
  guard let spec = root["spec"] else { return [] }
  switch kind {
  case modelKind.name:
    return [reference(to: .runtime, by: spec["runtime"]), reference(to: .policy, by: spec["rollout"])]
      .compactMap(\.self) + references(to: .model, by: spec["dependsOn"])
  case rolloutPolicyKind.name:
    return references(to: .check, by: spec["checks"])
  default:
    return []
  }
}

private func references(to target: Reference.Target, by list: Node?) -> [Reference] {
  guard case .sequence(let names, _) = list else { return [] }
  return names.compactMap { reference(to: target, by: $0) }
}

private func reference(to target: Reference.Target, by node: Node?) -> Reference? {
  // The complaints of this second look are dropped: the first one has reported them.
  var reading = Reading()
  guard let node, let name = ValueType.name.located.read(node, "", &reading) else { return nil }
  return Reference(target: target, name: name)
}
