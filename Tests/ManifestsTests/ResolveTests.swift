import Manifests
import Testing
import Vocabulary

private func located(_ state: DesiredState) -> [String] {
  state.diagnostics.map { "\($0.file):\(summary($0))" }
}

struct ResolveTests {
  @Test func `a name that is not there gets a suggestion`() {
    let state = state(["a.yaml": model("m", runtime: "sever", rollout: "other"), "b.yaml": shared])
    #expect(
      located(state) == [
        "a.yaml:6:12: there is no runtime `sever` (did you mean `server`?)",
        "a.yaml:7:12: there is no rollout policy `other`",
      ])
    #expect(state.models.isEmpty)
    #expect(state.unreadable == ["m"])
    #expect(state.unattributed.isEmpty)
  }

  @Test func `a check that is not there makes the policy and its models unusable`() {
    let state = state([
      "a.yaml": model("m"), "b.yaml": shared.replacingOccurrences("name: errors", by: "name: error"),
    ])
    #expect(
      located(state) == [
        "a.yaml:7:12: the rollout policy `careful` refers to a check that cannot be used",
        "b.yaml:13:12: there is no check `errors` (did you mean `error`?)",
      ])
    #expect(state.unreadable == ["m"])
  }

  @Test func `an error in a document does not hide that its references lead nowhere`() {
    let policy = resource(
      "RolloutPolicy", "falling",
      "  strategy: {canary: {steps: [{weight: 50}, {weight: 5}]}}\n  checks: [none, errors]")
    let state = state([
      "a.yaml": model("m", rollout: "nope").replacingOccurrences("name: m", by: "name: M"),
      "b.yaml": model("n", runtime: "sever", "replicas: 0"), "c.yaml": policy, "d.yaml": shared,
    ])
    #expect(
      located(state) == [
        "a.yaml:3:18: `name` must be a name of at most 63 lower-case letters, digits and inner hyphens, not `M`",
        "a.yaml:7:12: there is no rollout policy `nope`",
        "b.yaml:6:12: there is no runtime `sever` (did you mean `server`?)",
        "b.yaml:8:13: `replicas` must be from 1 to 100, not 0",
        "c.yaml:5:45: weights must rise: 5 follows 50",
        "c.yaml:6:12: there is no check `none`",
      ])
    #expect(state.unreadable == ["n"])
    #expect(state.unattributed == ["a.yaml"])
  }

  @Test func `a name that is taken twice does not hide that references lead nowhere`() {
    let state = state([
      "a.yaml": model("m", rollout: "nope"), "b.yaml": model("m", runtime: "other"), "c.yaml": shared,
    ])
    #expect(
      located(state) == [
        "a.yaml:7:12: there is no rollout policy `nope`",
        "b.yaml:3:18: the model `m` is already declared at a.yaml:3:18 (rename or remove one of the two)",
        "b.yaml:6:12: there is no runtime `other`",
      ])
  }

  @Test func `a reference that is no name is reported once`() {
    let found = located(state(["a.yaml": model("m", rollout: "No"), "b.yaml": shared]))
    #expect(found.count == 1, "\(found)")
  }

  @Test func `a reference to a document with errors says where that is`() {
    let state = state([
      "a.yaml": model("m"), "b.yaml": shared.replacingOccurrences("command: [serve]", by: "command: []"),
    ])
    #expect(
      located(state) == [
        "a.yaml:6:12: the runtime `server` at b.yaml:3:18 has errors",
        "b.yaml:5:12: `command` must not be empty",
      ])
  }

  @Test func `healthy models go on beside broken ones`() {
    let state = state([
      "a.yaml": model("good") + "---\n" + model("bad", "replicas: 0") + "---\n" + model("fine"),
      "b.yaml": shared, "c.yaml": model("lost").replacingOccurrences("name: lost", by: "nam: lost"),
      "d.yaml": "a: [\n---\n" + model("after"),
    ])
    #expect(state.models.keys.sorted() == ["after", "fine", "good"])
    #expect(state.unreadable == ["bad"])
    #expect(state.unattributed == ["c.yaml", "d.yaml"])
  }

  @Test func `a document with YAML errors beside its name is still attributed`() {
    let state = state(["a.yaml": model("m", "env: &x {}"), "b.yaml": shared])
    #expect(state.unreadable == ["m"])
    #expect(state.unattributed.isEmpty)
    #expect(located(state) == ["a.yaml:8:8: YAML anchors (`&name`) are not supported (remove the anchor)"])
  }

  @Test func `a name that is taken twice points at both places`() {
    let state = state([
      "b.yaml": model("m"), "a.yaml": model("x") + "---\n" + model("m", "replicas: 0"),
      "c.yaml": shared + "---\n" + resource("Check", "errors", "  errorRate: {max: 2%}"),
    ])
    #expect(
      located(state).filter { $0.contains("already") } == [
        "b.yaml:3:18: the model `m` is already declared at a.yaml:11:18 (rename or remove one of the two)",
        "c.yaml:23:18: the check `errors` is already declared at c.yaml:17:18 (rename or remove one of the two)",
      ])
    #expect(state.unreadable == ["m", "x"])
  }

  @Test func `resources of different kinds may share a name`() {
    let state = state(["a.yaml": model("server") + "---\n" + model("errors"), "b.yaml": shared])
    #expect(state.diagnostics.isEmpty)
  }

  @Test(arguments: [
    ("{prefix: /a}", "{prefix: /a}", true),
    ("{prefix: /a}", "{prefix: /a/b}", true),
    ("{prefix: /a/b/c}", "{prefix: /a}", true),
    ("{prefix: /}", "{prefix: /a}", true),
    ("{prefix: /a}", "{prefix: /ab}", false),
    ("{prefix: /a/b}", "{prefix: /a/c}", false),
    ("{host: h.com, prefix: /a}", "{host: h.com, prefix: /a}", true),
    ("{host: h.com, prefix: /a}", "{host: i.com, prefix: /a}", false),
    ("{host: h.com, prefix: /a}", "{host: i.com, prefix: /a/b}", false),
    ("{host: h.com, prefix: /a}", "{prefix: /a/b}", true),
    ("{prefix: /a}", "{host: h.com, prefix: /a/b}", true),
    ("{prefix: /v2/models/q}", "{host: h.com}", true),
    ("{host: h.com}", "{host: h.com}", false),
  ])
  func `routes overlap by host and whole segments`(first: String, second: String, overlap: Bool) {
    let state = state([
      "a.yaml": model("p", "route: \(first)"), "b.yaml": model("q", "route: \(second)"), "c.yaml": shared,
    ])
    #expect(state.unreadable == (overlap ? ["p", "q"] : []))
    #expect(
      located(state)
        == (overlap
          ? [
            "a.yaml:8:10: the route of `p` overlaps the route of `q` at b.yaml:8:10",
            "b.yaml:8:10: the route of `q` overlaps the route of `p` at a.yaml:8:10",
          ] : []))
  }

  @Test(arguments: UInt64(1)...100)
  func `finds the same overlaps as comparing every pair`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var files = ["shared.yaml": shared]
    var routes: [(name: String, host: String?, prefix: String)] = []
    for number in 0..<Int.random(in: 2...8, using: &random) {
      let host = ["h.com", "i.com", nil, nil].randomElement(using: &random) ?? nil
      let depth = Int.random(in: 0...3, using: &random)
      let segments = (0..<depth).map { _ in "ab".randomElement(using: &random).map(String.init) ?? "a" }
      let prefix = "/" + segments.joined(separator: "/")
      let written = host.map { "{host: \($0), prefix: \(prefix)}" } ?? "{prefix: \(prefix)}"
      files["\(number).yaml"] = model("m\(number)", "route: \(written)")
      routes.append(("m\(number)", host, prefix))
    }
    let expected = routes.filter { route in
      routes.contains { other in
        let hosts = route.host == nil || other.host == nil || route.host == other.host
        let (short, long) = route.prefix.count <= other.prefix.count ? (route, other) : (other, route)
        let paths =
          short.prefix == long.prefix || short.prefix == "/" || long.prefix.hasPrefix(short.prefix + "/")
        return route.name != other.name && hosts && paths
      }
    }
    #expect(state(files).unreadable.map(\.rawValue).sorted() == expected.map(\.name).sorted())
  }

  @Test(arguments: UInt64(1)...20)
  func `the order of the files does not matter`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let files = [
      "a.yaml": model("p", "route: {prefix: /a}"), "b.yaml": model("q", "route: {prefix: /a}"),
      "c.yaml": model("q"), "d.yaml": shared, "e.yaml": "a: [", "f.yaml": model("z", runtime: "x"),
      "g.yaml": model("good"),
    ].map { parse(file($0.value, at: $0.key)) }
    #expect(resolve(files.shuffled(using: &random)) == resolve(files.sorted { $0.path < $1.path }))
  }

  @Test func `renders a diagnostic as compilers do`() throws {
    let state = state([
      "dir/a.yaml": model("m", "\treplica: é"), "b.yaml": model("n", "replica: é"), "c.yaml": shared,
    ])
    let rendered = state.diagnostics.map(render)
    #expect(
      rendered.first == """
        b.yaml:8:3: error: unknown field `replica`
            8 |   replica: é
              |   ^
              = help: did you mean `replicas`?
        """)
  }
}
