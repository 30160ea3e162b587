import YAML

/// That one resource names another.
struct Reference: Sendable {
  enum Target: Sendable {
    case runtime, policy, check
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
      .compactMap(\.self)
  case rolloutPolicyKind.name:
    guard case .sequence(let checks, _) = spec["checks"] else { return [] }
    return checks.compactMap { reference(to: .check, by: $0) }
  default:
    return []
  }
}

private func reference(to target: Reference.Target, by node: Node?) -> Reference? {
  // The complaints of this second look are dropped: the first one has reported them.
  var reading = Reading()
  guard let node, let name = ValueType.name.located.read(node, "", &reading) else { return nil }
  return Reference(target: target, name: name)
}
