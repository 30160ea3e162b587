import CLibYAML
import Manifests
import Planning
import Vocabulary

extension Scenario {
  /// What a restarted agent does first: read every manifest, resolve them all, and compare them with an empty host.
  /// Beside it libyaml's parser alone, which makes events of the same bytes and drops them. Both on one thread.
  static let coldRead = Scenario(name: "cold-read") { scale in
    let files = ManifestFleet(models: scale.models).files
    let (ours, theirs) = try await byTurns(rounds: scale.rounds) { _ in
      try await seconds {
        let state = resolve(files.map(parse))
        let plan = plan(state, against: ObservedState(), from: PlanSource(path: ".")) { _, _ in nil }
        try require(plan.summary.add == scale.models && plan.diagnostics.isEmpty, "not everything was read")
      }
    } theirs: { _ in
      try await seconds {
        for file in files { try parseEvents(file.bytes) }
      }
    }
    return [
      Figure(
        work: "cold read: parse, validate, plan", unit: .seconds, ours: ours,
        beside: ("libyaml's event loop", theirs), bar: .ratio(2))
    ]
  }
}

/// libyaml's own loop, as its documentation shows it.
private func parseEvents(_ bytes: [UInt8]) throws {
  var parser = yaml_parser_t()
  try require(yaml_parser_initialize(&parser) == 1, "libyaml has no memory")
  defer { yaml_parser_delete(&parser) }
  try bytes.withUnsafeBufferPointer { buffer in
    yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
    var isDone = false
    while !isDone {
      var event = yaml_event_t()
      try require(yaml_parser_parse(&parser, &event) == 1, "libyaml refuses a manifest")
      isDone = event.type == YAML_STREAM_END_EVENT
      yaml_event_delete(&event)
    }
  }
}
