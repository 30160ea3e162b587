import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

@Suite struct RevisionTests {
  /// Computed with Python's hashlib from the documentation of `revision(of:)` alone.
  @Test func `follows the documented encoding`() throws {
    #expect(
      revision(of: try workload()).description
        == "sha256:4d9d72dcd61417b1b44ee08aa7be635ec6b2d6d99cabab932916439e656842fb")
  }

  /// Computed in the same way.
  @Test func `follows the documented encoding of resources`() throws {
    var needing = try workload()
    needing.resources = Resources(milliCPU: 1500, memory: 1 << 30)
    #expect(
      revision(of: needing).description
        == "sha256:c73958ca26d2658649bd09a47a095178f01caf4ed2f439ca74b7d0f39969d2dc")
  }

  @Test(arguments: Edit.all) func `changes with every field`(edit: Edit) throws {
    var changed = try workload()
    try edit.apply(&changed)
    #expect(revision(of: changed) != revision(of: try workload()))
  }

  @Test func `is another one for every edit`() throws {
    var seen: Set<Revision> = [revision(of: try workload())]
    for edit in Edit.all {
      var changed = try workload()
      try edit.apply(&changed)
      #expect(seen.insert(revision(of: changed)).inserted, "\(edit.name)")
    }
  }

  @Test func `does not depend on the order of a dictionary`() throws {
    var generator = SeededGenerator(seed: 7)
    let pairs = (0..<50).map { ("KEY_\($0)", "\($0)") }
    var reference = try workload()
    reference.environment = Dictionary(uniqueKeysWithValues: pairs)
    for _ in 0..<50 {
      var other = try workload()
      // Insertion order and capacity both shape how a dictionary iterates.
      other.environment = [:]
      other.environment.reserveCapacity(Int.random(in: 0..<500, using: &generator))
      for (key, value) in pairs.shuffled(using: &generator) { other.environment[key] = value }
      #expect(revision(of: other) == revision(of: reference))
    }
  }

  @Test func `tells texts apart that run together`() throws {
    var left = try workload()
    var right = try workload()
    left.runtime.command = ["ab", "c"]
    right.runtime.command = ["a", "bc"]
    #expect(revision(of: left) != revision(of: right))
    left = try workload()
    right = try workload()
    left.artifact.format = nil
    right.artifact.format = ""
    #expect(revision(of: left) != revision(of: right))
  }

  @Test func `leaves live settings out`() throws {
    let one = try model()
    var other = one
    other.live = live(replicas: 9)
    #expect(revision(of: one.workload) == revision(of: other.workload))
  }

  @Test func `makes a policy's steps those of the machine`() {
    let terms = policy().terms(replicas: 3)
    #expect(
      terms
        == Terms(
          program: Program([
            .fetch, .verify, .start(instances: 3),
            .weight(5), .analyze(for: .seconds(300), minRequests: 200), .weight(25),
            .pause(for: .seconds(600)),
            .weight(50), .pause(for: nil), .analyze(for: .milliseconds(1500), minRequests: 0),
            .promote, .stop,
          ]), checks: policy().checks, rules: Rules(readyTimeout: .seconds(120)), replicas: 3))
  }
}

struct Edit: CustomTestStringConvertible, Sendable {
  var name: String
  var apply: @Sendable (inout Workload) throws -> Void

  init(_ name: String, _ apply: @escaping @Sendable (inout Workload) throws -> Void) {
    self.name = name
    self.apply = apply
  }

  var testDescription: String { name }

  static let all = [
    Edit("uri") { $0.artifact.uri += "x" },
    Edit("version") { $0.artifact.version += "x" },
    Edit("digest") { $0.artifact.digest = try digest("b") },
    Edit("format") { $0.artifact.format = "onnx" },
    Edit("no format") { $0.artifact.format = nil },
    Edit("runtime name") { $0.runtime.name += "x" },
    Edit("argument") { $0.runtime.command.append("") },
    Edit("order of arguments") { $0.runtime.command.reverse() },
    Edit("no command") { $0.runtime.command = [] },
    Edit("runtime variable") { $0.runtime.environment["MLSERVER_HTTP_PORT"] = "1" },
    Edit("variable's name") { $0.runtime.environment["OTHER"] = "" },
    Edit("protocol") { $0.runtime.servingProtocol += "x" },
    Edit("ready path") { $0.runtime.readyPath += "x" },
    Edit("grace") { $0.runtime.terminationGrace += .seconds(1) },
    Edit("a little grace") { $0.runtime.terminationGrace += .nanoseconds(1) },
    Edit("model variable") { $0.environment["OMP_NUM_THREADS"] = "2" },
    Edit("no model variable") { $0.environment = [:] },
    Edit("no resources at all") { $0.resources = Resources() },
    Edit("CPU") { $0.resources = Resources(milliCPU: 1) },
    Edit("memory") { $0.resources = Resources(memory: 1) },
    Edit("variable of the model, not the runtime") {
      $0.environment["MLSERVER_HTTP_PORT"] = $0.runtime.environment.removeValue(forKey: "MLSERVER_HTTP_PORT")
    },
  ]
}
