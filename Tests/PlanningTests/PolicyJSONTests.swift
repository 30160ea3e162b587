import Foundation
import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

/// A status whose only model has these live settings.
private func report(_ live: LiveSettings) -> StatusReport {
  let model = StatusReport.Model(
    ModelMachine(name: "fraud-detector"), live: live, weights: [:], instances: [], conditions: [])
  return StatusReport(agent: .init(name: "a", version: "1"), source: .init(), models: [model])
}

private let look = Policy.Analysis(for: .seconds(300), minRequests: 20)

private let strategies: [Policy.Strategy] = [
  .canary([.weight(5), .analyze(look), .pause(.init()), .pause(.init(for: .seconds(60)))]),
  .blueGreen(.init()),
  .blueGreen(
    .init(
      preview: .init(access: .header("x-evenkeel-preview"), analyze: look, pause: .init()), analyze: look,
      keepStableFor: .seconds(1800))),
  .blueGreen(.init(preview: .init(access: .host("p.example.com"), pause: .init(for: .seconds(60))))),
  .shadow(.init(percent: 20, analyze: look)),
  .shadow(.init(percent: 20, analyze: look, then: .canary([.weight(50)]))),
  .shadow(.init(percent: 20, analyze: look, then: .blueGreen(.init(analyze: look)))),
  .recreate,
]

private func decode(_ text: String) throws -> StatusReport {
  try JSONDecoder().decode(StatusReport.self, from: Data(text.utf8))
}

@Suite struct PolicyJSONTests {
  @Test(arguments: strategies) func `a strategy survives being saved`(strategy: Policy.Strategy) throws {
    var settings = live()
    settings.policy.strategy = strategy
    #expect(try decode(try json(report(settings))) == report(settings))
  }

  @Test func `every rule survives being saved`() throws {
    for onFailure in Policy.OnFailure.allCases {
      for onUndecided in Policy.OnUndecided.allCases {
        for supersede in Policy.Supersede.allCases {
          var settings = live()
          settings.policy.onFailure = onFailure
          settings.policy.onUndecided = onUndecided
          settings.policy.supersede = supersede
          #expect(try decode(try json(report(settings))) == report(settings))
        }
      }
    }
    var settings = live()
    settings.policy.progressDeadline = .seconds(3600)
    settings.policy.rollbackWindow = .milliseconds(1500)
    settings.dependsOn = ["tokenizer", "embedder"]
    settings.suspend = true
    #expect(try decode(try json(report(settings))) == report(settings))
  }

  @Test func `a strategy is written as manifests write it`() throws {
    var settings = live()
    settings.policy.strategy = .shadow(
      .init(
        percent: 20, analyze: look,
        then: .blueGreen(
          .init(preview: .init(access: .header("x-p"), pause: .init()), keepStableFor: .seconds(1800)))
      ))
    let written = try json(report(settings)).split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
    #expect(
      written.contains(
        #"""
        "strategy" : {"shadow" : {"analyze" : {"for" : "5m","minRequests" : 20},"percent" : 20,"then" : {"blueGreen" : {"keepStableFor" : "30m","preview" : {"header" : "x-p","pause" : {}}}}}}
        """#))
    settings.policy.strategy = .recreate
    #expect(
      try json(report(settings)).split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
        .contains(#""strategy" : {"recreate" : {}}"#))
  }

  @Test func `a status of an earlier version is still read`() throws {
    let text = #"""
      {"agent": {"name": "a", "version": "1"}, "source": {"commit": null, "fetchedAt": null, "trouble": null},
       "models": [{"name": "fraud-detector", "phase": "stable", "step": null, "stable": null, "candidate": null,
         "weights": {}, "instances": [], "checks": [], "conditions": [], "failures": [],
         "live": {"replicas": 2, "route": {"host": null, "prefix": "/v2/models/fraud-detector"},
           "labels": {"team": "risk"},
           "policy": {"name": "careful-canary", "readyTimeout": "2m", "checks": [],
             "strategy": {"canary": {"steps": [{"weight": 5}]}}}}}]}
      """#
    var expected = live()
    expected.policy.checks = []
    expected.policy.strategy = .canary([.weight(5)])
    #expect(try decode(text) == report(expected))
  }

  @Test func `refuses a strategy that it does not know`() throws {
    var settings = live()
    settings.policy.strategy = .recreate
    let saved = try json(report(settings))
    #expect(throws: DecodingError.self) {
      try decode(saved.replacingOccurrences(of: "recreate", with: "bigBang"))
    }
  }
}
