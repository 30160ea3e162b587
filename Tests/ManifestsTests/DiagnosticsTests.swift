import Manifests
import Testing
import Vocabulary

/// Every rule about one document, each with the exact place and words.
struct DiagnosticsTests {
  @Test(arguments: [
    ("replica: 2", "8:3: unknown field `replica` (did you mean `replicas`?)"),
    ("Replicas: 2", "8:3: unknown field `Replicas` (did you mean `replicas`?)"),
    ("foo: 2", "8:3: unknown field `foo`"),
    ("replicas: two", "8:13: `replicas` must be an integer, not text"),
    ("replicas: \"2\"", "8:13: `replicas` must be an integer, not text"),
    ("replicas: 1.5", "8:13: `replicas` must be an integer, not a number"),
    ("replicas: 0", "8:13: `replicas` must be from 1 to 100, not 0"),
    ("replicas: 101", "8:13: `replicas` must be from 1 to 100, not 101"),
    ("replicas: []", "8:13: `replicas` must be an integer, not a list"),
    ("replicas:", "8:12: `replicas` must be an integer, not nothing"),
    ("env: [A]", "8:8: `env` must be a mapping, not a list"),
    ("env: {A: 1}", "8:12: `A` must be text, not a number (write it in quotes: \"1\")"),
    ("env: {A: true}", "8:12: `A` must be text, not a truth value (write it in quotes: \"true\")"),
    ("env: {1A: x}", "8:9: `1A` is not a name of an environment variable: use letters, digits and `_`"),
    (
      "env: {EVENKEEL_STATE: /s}",
      "8:9: `EVENKEEL_STATE` cannot be set: variables that begin with `EVENKEEL_` are the agent's own"
    ),
    ("env: {A: $(PORTS)}", "8:12: unknown variable `$(PORTS)` (did you mean `PORT`?)"),
    (
      "env: {A: $(FOO)}",
      "8:12: unknown variable `$(FOO)` (the variables are MODEL_DIR, MODEL_NAME, VERSION, REVISION, PORT, METRICS_PORT)"
    ),
    ("route: {prefix: v2}", "8:19: `prefix` must be a path such as /v2/models/fraud-detector, not `v2`"),
    ("route: {prefix: /a/}", "8:19: `prefix` must be a path such as /v2/models/fraud-detector, not `/a/`"),
    (
      "route: {prefix: /a/../b}",
      "8:19: `prefix` must be a path such as /v2/models/fraud-detector, not `/a/../b`"
    ),
    (
      "route: {prefix: /a//b}", "8:19: `prefix` must be a path such as /v2/models/fraud-detector, not `/a//b`"
    ),
    (
      "route: {prefix: /a%2F}", "8:19: `prefix` must be a path such as /v2/models/fraud-detector, not `/a%2F`"
    ),
    (
      "route: {host: A.example.com}",
      "8:17: `host` must be a lower-case host name without a port, not `A.example.com`"
    ),
    ("route: {host: 'a:80'}", "8:17: `host` must be a lower-case host name without a port, not `a:80`"),
    ("resources: {}", "8:14: `resources` needs `cpu`, `memory`, or both"),
    ("resources: 1Gi", "8:14: `resources` must be a mapping, not text"),
    (
      "resources: {gpu: 1}",
      "8:14: `resources` needs `cpu`, `memory`, or both|8:15: unknown field `gpu` (did you mean `cpu`?)"
    ),
    ("dependsOn: [a, b, a]", "8:21: the model `a` is listed twice"),
    ("dependsOn: a", "8:14: `dependsOn` must be a list, not text"),
    (
      "dependsOn: [A]",
      "8:15: `dependsOn` must be a name of at most 63 lower-case letters, digits and inner hyphens, not `A`"
    ),
    ("suspend: yes", "8:12: `suspend` must be true or false, not text"),
    ("runtime: other", "8:3: `runtime` is already set at line 6, column 3 (remove one of the two)"),
  ])
  func `checks the fields of a model`(line: String, expected: String) {
    #expect(complaints(model("m", line)).joined(separator: "|") == expected)
  }

  @Test(arguments: [
    ("uri: /m", "5:19: `uri` must be a `file:`, `http:` or `https:` URI (write `file:///m`)"),
    ("uri: file:m", "5:19: `uri` must hold an absolute path (write `file:///folder/file`)"),
    ("uri: file://host/m", "5:19: `uri` must hold an absolute path (write `file:///folder/file`)"),
    (
      "uri: 'file:///m?x=1'",
      "5:19: `uri` names a file, which has no query or fragment (write `?` in a path as `%3F` and `#` as `%23`)"
    ),
    (
      "uri: 'file:///m#x'",
      "5:19: `uri` names a file, which has no query or fragment (write `?` in a path as `%3F` and `#` as `%23`)"
    ),
    ("uri: mlflow:/m/1", "5:19: `mlflow:` is not supported yet in `uri`"),
    ("uri: oci://r/m", "5:19: `oci:` is not supported yet in `uri`"),
    ("uri: s3://b/m", "5:19: `s3:` is not supported yet in `uri`"),
    (
      "uri: htps://h/m",
      "5:19: `uri` must be a `file:`, `http:` or `https:` URI, not `htps:` (did you mean `https`?)"
    ),
    ("uri: https:///m", "5:19: `uri` names no host (write `https://host/path`)"),
    (
      "uri: https://me:secret@h/m",
      "5:19: credentials never belong in `uri` (remove everything before the `@`)"
    ),
    ("uri: 'https://h/a b'", "5:19: `uri` must be a `file:`, `http:` or `https:` URI"),
  ])
  func `checks where an artifact comes from`(uri: String, expected: String) {
    let text = model("m").replacingOccurrences("uri: file:///m", by: uri)
    #expect(complaints(text) == [expected])
  }

  @Test(arguments: ["file:/m", "file:///m/a.tar.gz", "http://h/m", "https://h:8443/m?x=1#y@z"])
  func `takes the URIs that can be fetched`(uri: String) {
    #expect(complaints(model("m").replacingOccurrences("file:///m", by: "\"\(uri)\"")).isEmpty)
  }

  @Test(arguments: [
    "sha256:00", "sha512:\(String(repeating: "0", count: 64))", "SHA256:\(String(repeating: "0", count: 64))",
    "sha256:\(String(repeating: "A", count: 64))", "x",
  ])
  func `takes one spelling of a digest only`(digest: String) {
    #expect(
      complaints(model("m").replacingOccurrences(zeros, by: digest))
        == ["5:51: `digest` must be `sha256:` and 64 lower-case hexadecimal digits, not `\(digest)`"])
  }

  @Test(arguments: [
    ("kind: Model", "kind: Modell", "2:7: unknown kind `Modell` (did you mean `Model`?)"),
    (
      "kind: Model", "kind: Pod",
      "2:7: unknown kind `Pod` (the kinds are Model, RolloutPolicy, Check, ServingRuntime)"
    ),
    (
      "kind: Model", "kind: [Model]",
      "2:7: `kind` must be text, not a list (the kinds are Model, RolloutPolicy, Check, ServingRuntime)"
    ),
    ("kind: Model", "# none", "1:1: the field `kind` is missing"),
    (
      "kind: Model", "kind: Agent",
      "1:1: an `Agent` does not belong in the configuration repository (keep it on the host, in /etc/evenkeel/agent.yaml)"
    ),
    (
      "evenkeel.dev/v1", "evenkeel.dev/v2",
      "1:13: `apiVersion` must be `evenkeel.dev/v1`, not `evenkeel.dev/v2` (did you mean `evenkeel.dev/v1`?)"
    ),
    ("apiVersion: evenkeel.dev/v1", "", "2:1: the field `apiVersion` is missing"),
    (
      "name: m", "name: M_1",
      "3:18: `name` must be a name of at most 63 lower-case letters, digits and inner hyphens, not `M_1`"
    ),
    ("name: m", "name: 7", "3:18: `name` must be text, not a number (write it in quotes: \"7\")"),
    ("{name: m}", "{}", "3:11: the field `name` is missing"),
    ("{name: m}", "{name: m, namespace: x}", "3:21: unknown field `namespace`"),
    ("version: v1", "version: 7", "5:39: `version` must be text, not a number (write it in quotes: \"7\")"),
    ("version: v1, ", "", "5:13: the field `version` is missing"),
    ("  runtime: server\n", "", "5:3: the field `runtime` is missing"),
    (
      "runtime: server", "runtime: Server",
      "6:12: `runtime` must be a name of at most 63 lower-case letters, digits and inner hyphens, not `Server`"
    ),
  ])
  func `checks the frame of a document`(part: String, replacement: String, expected: String) {
    #expect(complaints(model("m").replacingOccurrences(part, by: replacement)) == [expected])
  }

  @Test(arguments: [
    ("strategy: {}", "5:13: `strategy` needs one of `canary`, `blueGreen`, `shadow`, `recreate`"),
    (
      "strategy: {canary: {}, recreate: {}}",
      "5:22: the field `steps` is missing|5:26: `recreate` cannot stand beside `canary`"
    ),
    ("strategy: {canari: {}}", "5:14: unknown field `canari` (did you mean `canary`?)"),
    ("strategy: {canary: {steps: []}}", "5:30: `steps` must not be empty"),
    ("strategy: {canary: {steps: [{weight: 0}]}}", "5:40: `weight` must be from 1 to 100, not 0"),
    ("strategy: {canary: {steps: [{weight: 50}, {weight: 50}]}}", "5:45: weights must rise: 50 follows 50"),
    (
      "strategy: {canary: {steps: [{weight: 50}, {weight: 5}, {weight: 40}]}}",
      "5:45: weights must rise: 5 follows 50|5:58: weights must rise: 40 follows 50"
    ),
    (
      "strategy: {canary: {steps: [{analyze: {for: 5m}}]}}",
      "5:31: `analyze` needs traffic to look at (put a `weight` step before it)"
    ),
    ("strategy: {canary: {steps: [{}]}}", "5:31: `steps` needs one of `weight`, `analyze`, `pause`"),
    ("strategy: {canary: {steps: [{weight: 5, pause: {}}]}}", "5:43: `pause` cannot stand beside `weight`"),
    ("strategy: {canary: {steps: [{weight: 5}, {pause: }]}}", "5:52: `pause` must be a mapping, not nothing"),
    ("strategy: {canary: {steps: [{weight: 5}, {analyze: {}}]}}", "5:54: the field `for` is missing"),
    (
      "strategy: {canary: {steps: [{weight: 5}, {analyze: {for: 5m, minRequests: -1}}]}}",
      "5:77: `minRequests` must be from 1 to 1000000000, not -1"
    ),
  ])
  func `checks the steps of a policy`(spec: String, expected: String) {
    #expect(complaints(resource("RolloutPolicy", "p", "  " + spec)).joined(separator: "|") == expected)
  }

  @Test(arguments: [
    ("progressDeadline: 0s", "6:21: `progressDeadline` must be from 1s to 720h, not `0s`"),
    ("rollbackWindow: 31d", "6:19: `rollbackWindow` must be a duration such as 90s, 10m or 1h30m, not `31d`"),
    ("rollbackWindow: 721h", "6:19: `rollbackWindow` must be from 0s to 720h, not `721h`"),
    (
      "onFailure: rever", "6:14: `onFailure` must be `revert` or `hold`, not `rever` (did you mean `revert`?)"
    ),
    ("onUndecided: fail", "6:16: `onUndecided` must be `hold` or `promote` or `revert`, not `fail`"),
    ("supersede: true", "6:14: `supersede` must be text, not a truth value (write it in quotes: \"true\")"),
    ("checks: [a, a]", "6:15: the check `a` is listed twice"),
    ("checks: a", "6:11: `checks` must be a list, not text"),
    ("readyTimeout: 90", "6:17: `readyTimeout` must be text, not a number (write it in quotes: \"90\")"),
    ("readyTimeout: 0s", "6:17: `readyTimeout` must be from 1s to 24h, not `0s`"),
    (
      "readyTimeout: 90sec",
      "6:17: `readyTimeout` must be a duration such as 90s, 10m or 1h30m, not `90sec`"
    ),
  ])
  func `checks the rest of a policy`(line: String, expected: String) {
    let text = resource("RolloutPolicy", "p", "  strategy: {canary: {steps: [{weight: 5}]}}\n  " + line)
    #expect(complaints(text) == [expected])
  }

  @Test(arguments: [
    (
      "errorRate: {}", "5:14: `errorRate` compares with nothing (set `max`, or `versusStable: true`, or both)"
    ),
    (
      "errorRate: {versusStable: false}",
      "5:14: `errorRate` compares with nothing (set `max`, or `versusStable: true`, or both)"
    ),
    (
      "errorRate: {max: 1}",
      "5:20: `max` must be above 0 and at most 99%, not `1` (a percentage is written with `%`)"
    ),
    ("errorRate: {max: 0%}", "5:20: `max` must be above 0 and at most 99%, not `0%`"),
    ("errorRate: {max: 1 %}", "5:20: `max` must be a share such as 1% or 0.01, not `1 %`"),
    ("errorRate: {max: nan}", "5:20: `max` must be a share such as 1% or 0.01, not `nan`"),
    ("errorRate: {max: -1%}", "5:20: `max` must be a share such as 1% or 0.01, not `-1%`"),
    ("errorRate: {max: 1%, alpha: 0.6}", "5:31: `alpha` must be above 0 and at most 0.5, not `0.6`"),
    ("errorRate: {max: 1%, versusStable: yes}", "5:38: `versusStable` must be true or false, not text"),
    (
      "latency: {quantile: 0.9}",
      "5:12: `latency` compares with nothing (set `max`, or `versusStable`, or both)"
    ),
    ("latency: {max: 0s}", "5:18: `max` must be from 1ms to 5m, not `0s`"),
    ("latency: {max: 0.25s}", "5:18: `max` must be a duration such as 90s, 10m or 1h30m, not `0.25s`"),
    ("latency: {max: 1s, quantile: 0.4}", "5:32: `quantile` must be at least 0.5, not `0.4`"),
    (
      "latency: {max: 1s, quantile: 0.9999}",
      "5:32: `quantile` must be above 0 and at most 0.999, not `0.9999`"
    ),
    (
      "latency: {max: 1s, quantile: 99}",
      "5:32: `quantile` must be above 0 and at most 0.999, not `99` (a percentage is written with `%`)"
    ),
    (
      "latency: {versusStable: {ratio: 0.9}}", "5:35: `ratio` must be from 1 to 100, not `0.9`"
    ),
    ("latency: {versusStable: {ratio: 20%}}", "5:35: `ratio` must be a number such as 1.2, not `20%`"),
    ("latency: {versusStable: {ratio: .inf}}", "5:35: `ratio` must be a number such as 1.2, not `.inf`"),
    ("latency: {versusStable: {ratio: nan}}", "5:35: `ratio` must be a number such as 1.2, not `nan`"),
    ("latency: {versusStable: {}}", "5:27: the field `ratio` is missing"),
    ("latency: {versusStable: true}", "5:27: `versusStable` must be a mapping, not a truth value"),
    ("latency: {max: 1s, alpha: 0.6}", "5:29: `alpha` must be above 0 and at most 0.5, not `0.6`"),
    ("latency: {max: 1s}\n  errorRate: {max: 1%}", "6:3: `errorRate` cannot stand beside `latency`"),
    ("prometheus: {}", "5:3: `prometheus` is not supported yet"),
    ("smoke: {}", "5:3: `smoke` is not supported yet"),
    ("{}", "5:3: `spec` needs one of `errorRate`, `latency`"),
  ])
  func `checks a check`(spec: String, expected: String) {
    #expect(complaints(resource("Check", "c", "  " + spec)) == [expected])
  }

  @Test(arguments: [
    ("command: []", "6:12: `command` must not be empty"),
    ("command: serve", "6:12: `command` must be a list, not text"),
    ("command: [\"\"]", "6:12: the program of `command` must not be empty"),
    ("command: [a, 1]", "6:16: `command` must be text, not a number (write it in quotes: \"1\")"),
    ("command: [a, \"$(PRT)\"]", "6:16: unknown variable `$(PRT)` (did you mean `PORT`?)"),
    ("command: [a]\n  protocol: grpc", "7:13: `protocol` must be `open-inference-v2`, not `grpc`"),
    ("command: [a]\n  terminationGrace: 2h", "7:21: `terminationGrace` must be from 0s to 1h, not `2h`"),
  ])
  func `checks a runtime`(lines: String, expected: String) {
    #expect(complaints(resource("ServingRuntime", "r", "  ready: {path: /ready}\n  " + lines)) == [expected])
  }

  @Test func `reports everything at once, in the order of the file`() {
    let text = model("m", "replica: 2", "env: {A: 1}") + "---\nkind: Modle\n---\na: [\n---\n- 1\n"
    #expect(
      complaints(text) == [
        "8:3: unknown field `replica` (did you mean `replicas`?)",
        "9:12: `A` must be text, not a number (write it in quotes: \"1\")",
        "11:7: unknown kind `Modle` (did you mean `Model`?)",
        "14:1: did not find expected node content while parsing a flow node",
        "15:1: a manifest must be a mapping, not a list",
      ])
  }

  @Test func `stops counting at a hundred`() {
    let text = resource("Check", "c", (0..<300).map { "  unknown\($0): 1" }.joined(separator: "\n"))
    let found = complaints(text)
    #expect(found.count == 101)
    #expect(found.last == "104:3: 200 more problems follow in this file")
  }

  @Test(arguments: UInt64(1)...200)
  func `damaged manifests never crash the reader, and complaints lie inside the file`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = Array((model("m", "route: {host: h}", "env: {A: $(PORT)}") + "---\n" + shared).utf8)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let start = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, start + Int.random(in: 0...8, using: &random))
      let noise = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Array(":{}[]-\n 1a$(%\"\u{FF}".utf8).randomElement(using: &random) ?? 0
      }
      bytes.replaceSubrange(start..<end, with: noise)
    }
    let parsed = parse(ManifestFile(path: "a.yaml", bytes: bytes))
    let state = resolve([parsed])
    let lines = bytes.split(omittingEmptySubsequences: false) { $0 == 10 }
    for diagnostic in state.diagnostics {
      #expect((1...lines.count).contains(diagnostic.line))
      #expect((1...(lines[diagnostic.line - 1].count + 1)).contains(diagnostic.column))
      #expect(diagnostic.sourceLine != nil)
    }
    #expect(state.models["m"] != nil || !state.diagnostics.isEmpty || !state.models.isEmpty)
  }
}
