import Manifests
import Testing
import Vocabulary

private func policy(_ strategy: String, _ more: String...) -> String {
  resource(
    "RolloutPolicy", "careful",
    "  strategy: \(strategy)" + more.map { "\n  \($0)" }.joined())
}

private let server = resource("ServingRuntime", "server", "  command: [serve]\n  ready: {path: /ready}")

/// The policy of a model that refers to it.
private func read(_ strategy: String, _ more: String...) throws -> Policy {
  let others = server + "---\n" + resource("Check", "errors", "  errorRate: {max: 1%}")
  let text = resource(
    "RolloutPolicy", "careful", "  strategy: \(strategy)" + more.map { "\n  \($0)" }.joined())
  let state = state(["a.yaml": model("m"), "b.yaml": others, "c.yaml": text])
  #expect(state.diagnostics.isEmpty)
  return try #require(state.models["m"]).live.policy
}

/// Everything that a policy can say about its rollouts.
struct StrategyTests {
  @Test func `reads a blue-green switch`() throws {
    let all = try read(
      """
      {blueGreen: {preview: {header: X-Evenkeel-Preview, analyze: {for: 5m, minRequests: 20}, pause: {for: 10m}},
          analyze: {for: 2m}, keepStableFor: 30m}}
      """)
    #expect(
      all.strategy
        == .blueGreen(
          .init(
            preview: .init(
              access: .header("x-evenkeel-preview"), analyze: .init(for: .seconds(300), minRequests: 20),
              pause: .init(for: .seconds(600))),
            analyze: .init(for: .seconds(120), minRequests: 1), keepStableFor: .seconds(1800))))
    #expect(try read("{blueGreen: {}}").strategy == .blueGreen(.init()))
    #expect(
      try read("{blueGreen: {preview: {host: preview.example.com, pause: {}}}}").strategy
        == .blueGreen(.init(preview: .init(access: .host("preview.example.com"), pause: .init()))))
  }

  @Test func `reads a shadow, and what follows it`() throws {
    let look = Policy.Analysis(for: .seconds(1800), minRequests: 500)
    #expect(
      try read("{shadow: {percent: 20, analyze: {for: 30m, minRequests: 500}}}").strategy
        == .shadow(.init(percent: 20, analyze: look)))
    #expect(
      try read(
        "{shadow: {percent: 20, analyze: {for: 30m, minRequests: 500}, then: {canary: {steps: [{weight: 5}]}}}}"
      ).strategy == .shadow(.init(percent: 20, analyze: look, then: .canary([.weight(5)]))))
    #expect(
      try read("{shadow: {percent: 20, analyze: {for: 30m, minRequests: 500}, then: {blueGreen: {}}}}")
        .strategy
        == .shadow(.init(percent: 20, analyze: look, then: .blueGreen(.init()))))
  }

  @Test func `reads recreate`() throws {
    #expect(try read("{recreate: {}}").strategy == .recreate)
  }

  @Test func `reads the rules of a rollout`() throws {
    let policy = try read(
      "{recreate: {}}", "progressDeadline: 1h", "rollbackWindow: 30m", "onFailure: hold",
      "onUndecided: promote",
      "supersede: queue", "checks: [errors]")
    #expect(policy.progressDeadline == .seconds(3600))
    #expect(policy.rollbackWindow == .seconds(1800))
    #expect(policy.onFailure == .hold)
    #expect(policy.onUndecided == .promote)
    #expect(policy.supersede == .queue)
    let plain = try read("{recreate: {}}")
    #expect(plain.progressDeadline == nil)
    #expect(plain.rollbackWindow == .zero)
    #expect(plain.onFailure == .revert)
    #expect(plain.onUndecided == .hold)
    #expect(plain.supersede == .replace)
  }

  @Test(arguments: [
    ("{blueGreen: }", "5:25: `blueGreen` must be a mapping, not nothing"),
    (
      "{blueGreen: {keepStableFor: 5}}",
      "5:41: `keepStableFor` must be text, not a number (write it in quotes: \"5\")"
    ),
    ("{blueGreen: {keepStable: 5m}}", "5:26: unknown field `keepStable` (did you mean `keepStableFor`?)"),
    ("{blueGreen: {preview: {}}}", "5:35: `preview` needs one of `header`, `host`"),
    ("{blueGreen: {preview: {pause: {}}}}", "5:35: `preview` needs one of `header`, `host`"),
    (
      "{blueGreen: {preview: {header: x-p, host: p.example.com}}}",
      "5:55: `preview` takes `header` or `host`, not both"
    ),
    (
      "{blueGreen: {preview: {header: 'x p'}}}",
      "5:44: `header` must be the name of an HTTP header, not `x p`"
    ),
    (
      "{blueGreen: {preview: {header: ':authority'}}}",
      "5:44: `header` must be the name of an HTTP header, not `:authority`"
    ),
    ("{blueGreen: {preview: {header: ''}}}", "5:44: `header` must be the name of an HTTP header, not ``"),
    (
      "{blueGreen: {preview: {header: Content-Length}}}",
      "5:44: `header` cannot be `Content-Length`: ordinary requests have it, or the gateway sets it (choose one of your own, such as `x-evenkeel-preview`)"
    ),
    (
      "{blueGreen: {preview: {header: x-forwarded-for}}}",
      "5:44: `header` cannot be `x-forwarded-for`: ordinary requests have it, or the gateway sets it (choose one of your own, such as `x-evenkeel-preview`)"
    ),
    (
      "{blueGreen: {preview: {host: 'p:80'}}}",
      "5:42: `host` must be a lower-case host name without a port, not `p:80`"
    ),
    ("{shadow: {}}", "5:22: the field `percent` is missing|5:22: the field `analyze` is missing"),
    ("{shadow: {percent: 0, analyze: {for: 5m}}}", "5:32: `percent` must be from 1 to 100, not 0"),
    (
      "{shadow: {percent: 5, analyze: {for: 5m}, then: {shadow: {}}}}",
      "5:62: a `shadow` cannot follow a `shadow`: the first one has shown all that the second would"
    ),
    (
      "{shadow: {percent: 5, analyze: {for: 5m}, then: {recreate: {}}}}",
      "5:62: `recreate` cannot follow a `shadow`: the candidate already runs beside stable, so nothing has to stop for it"
    ),
    (
      "{shadow: {percent: 5, analyze: {for: 5m}, then: {}}}",
      "5:61: `then` needs one of `canary`, `blueGreen`"
    ),
    (
      "{shadow: {percent: 5, analyze: {for: 5m}, then: {canry: {}}}}",
      "5:62: unknown field `canry` (did you mean `canary`?)"
    ),
    ("{recreate: {after: 5m}}", "5:25: unknown field `after`"),
  ])
  func `checks strategies`(strategy: String, expected: String) {
    #expect(complaints(policy(strategy)).joined(separator: "|") == expected)
  }

  @Test(arguments: [
    ("{canary: {steps: [{weight: 5}, {analyze: {for: 5m}}, {pause: {for: 10m}}, {pause: {}}]}}", "15m"),
    (
      "{blueGreen: {preview: {header: x-p, analyze: {for: 5m}, pause: {for: 1m}}, analyze: {for: 4m}, keepStableFor: 1h}}",
      "10m"
    ),
    (
      "{shadow: {percent: 5, analyze: {for: 5m}, then: {canary: {steps: [{weight: 5}, {pause: {for: 90s}}]}}}}",
      "6m30s"
    ),
  ])
  func `a deadline has to leave time beside the steps`(strategy: String, steps: String) {
    #expect(complaints(policy(strategy, "progressDeadline: 1h")).isEmpty)
    for deadline in ["1m", steps] {
      #expect(
        complaints(policy(strategy, "progressDeadline: \(deadline)")) == [
          "6:21: `progressDeadline` is \(deadline), and the steps take \(steps) by themselves "
            + "(leave time beside that for the candidate to be fetched and to start)"
        ])
    }
  }

  @Test(arguments: [
    ("{canary: {steps: [{weight: 5}]}}", "rollbackWindow: 30m", "c.yaml:6:19"),
    ("{blueGreen: {keepStableFor: 30m}}", "rollbackWindow: 0s", "c.yaml:5:13"),
    ("{blueGreen: {analyze: {for: 30m}}}", "rollbackWindow: 0s", "c.yaml:5:13"),
    (
      "{shadow: {percent: 5, analyze: {for: 5m}, then: {blueGreen: {keepStableFor: 30m}}}}",
      "onFailure: hold", "c.yaml:5:13"
    ),
    ("{canary: {steps: [{weight: 100}, {analyze: {for: 5m}}]}}", "rollbackWindow: 0s", "c.yaml:5:13"),
    ("{canary: {steps: [{weight: 50}, {analyze: {for: 5m}}, {weight: 100}]}}", "rollbackWindow: 0s", nil),
    ("{blueGreen: {preview: {header: x-p, analyze: {for: 5m}}}}", "rollbackWindow: 0s", nil),
  ])
  func `warns when stable has no requests to compare with any more`(
    strategy: String, line: String, place: String?
  ) {
    func found(_ check: String) -> DesiredState {
      state([
        "a.yaml": model("m"),
        "b.yaml": server + "---\n" + resource("Check", "errors", "  errorRate: \(check)"),
        "c.yaml": policy(strategy, line, "checks: [errors]"),
      ])
    }
    let compared = found("{versusStable: true}")
    #expect(compared.models["m"] != nil)
    #expect(compared.diagnostics.map { "\($0.file):\($0.line):\($0.column)" } == [place].compactMap(\.self))
    #expect(
      compared.diagnostics.allSatisfy {
        $0.severity == .warning && $0.suggestion == "set `max` in one of the checks"
      })
    #expect(found("{versusStable: true, max: 1%}").diagnostics.isEmpty)
  }

  @Test func `a preview without a length of its own lasts as long as the analysis after the switch`() {
    let found = state([
      "a.yaml": model("m"), "b.yaml": server,
      "c.yaml": policy("{blueGreen: {preview: {header: x-p}, analyze: {for: 5m, minRequests: 20}}}"),
    ])
    guard case .blueGreen(let settings) = found.models["m"]?.live.policy.strategy else {
      Issue.record("\(found.diagnostics)")
      return
    }
    #expect(settings.preview?.analyze == Policy.Analysis(for: .seconds(300), minRequests: 0))
    #expect(settings.analyze == Policy.Analysis(for: .seconds(300), minRequests: 20))
    let ends = state([
      "a.yaml": model("m"), "b.yaml": server, "c.yaml": policy("{blueGreen: {preview: {header: x-p}}}"),
    ])
    #expect(ends.diagnostics.contains { $0.message == "the preview would end at once" })
  }

  @Test func `a preview must not take requests of other models, nor the model's own`() {
    let text = policy("{blueGreen: {preview: {host: p.example.com, pause: {}}}}")
    func found(_ models: String...) -> [String] {
      state(["a.yaml": models.joined(separator: "---\n"), "b.yaml": server, "c.yaml": text]).diagnostics.map(
        summary)
    }
    #expect(found(model("m"), model("n")).isEmpty)
    #expect(
      found(model("m", "route: {host: p.example.com}")) == [
        "7:12: candidates of `m` are previewed at p.example.com/v2/models/m, where its ordinary requests arrive"
      ])
    #expect(
      found(
        model("m", "route: {host: a.example.com, prefix: /x}"),
        model("n", "route: {host: b.example.com, prefix: /x/y}"))
        == [
          "7:12: candidates of `m` are previewed at p.example.com/x, which overlaps `n` at a.yaml:12:18",
          "16:12: candidates of `n` are previewed at p.example.com/x/y, which overlaps `m` at a.yaml:3:18",
        ])
    #expect(
      found(
        model("m", "route: {host: a.example.com, prefix: /x}"),
        model("n", "route: {host: p.example.com, prefix: /x/y}")
      )
      .first == "7:12: candidates of `m` are previewed at p.example.com/x, which overlaps `n` at a.yaml:12:18"
    )
  }
}
