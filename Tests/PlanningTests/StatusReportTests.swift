import Foundation
import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

private func report() throws -> StatusReport {
  let since = Timestamp(milliseconds: 1_772_357_400_250)
  let candidate = try release("8")
  var machine = ModelMachine(name: "fraud-detector")
  machine.begin(candidate, under: terms([.weight(5)], replicas: 2), at: since, id: "01")
  var deployed = StatusReport.Model(
    machine, live: live(), resources: Resources(memory: 1 << 30),
    weights: [try digest("7"): 95, candidate.revision: 5],
    instances: [.init(id: "fraud-detector-1", revision: candidate.revision, port: 20001, ready: true)],
    conditions: machine.conditions(readyInstances: 0, trouble: nil, before: [], at: since))
  deployed.stable = Release(revision: try digest("7"), version: "7", commit: nil)
  deployed.failures = [
    FailedAttempt(attempt: Attempt(try release("6")), version: "6", message: "it crashed", at: since)
  ]
  let gone = StatusReport.Model(
    ModelMachine(name: "new"), live: nil, weights: [:], instances: [], conditions: [])
  return StatusReport(
    agent: .init(
      name: "prod-eu-1", version: "0.1.0", capacity: Resources(milliCPU: 3500, memory: 16 << 30),
      pruneLimit: 50),
    source: .init(commit: "3f2a9c1d00000000000000000000000000000000", fetchedAt: since),
    models: [deployed, gone])
}

@Suite struct StatusReportTests {
  @Test func `has exactly the documented keys`() throws {
    #expect(try json(try report()) == statusGolden)
  }

  @Test func `survives being saved`() throws {
    let saved = try json(try report())
    #expect(try JSONDecoder().decode(StatusReport.self, from: Data(saved.utf8)) == report())
    let empty = StatusReport(agent: .init(name: "a", version: "1"), source: .init(), models: [])
    let emptySaved = try json(empty)
    #expect(emptySaved.contains("\"commit\" : null"))
    #expect(try JSONDecoder().decode(StatusReport.self, from: Data(emptySaved.utf8)) == empty)
  }

  @Test func `holds all that a plan needs`() throws {
    let saved = try JSONDecoder().decode(StatusReport.self, from: Data(try json(try report()).utf8))
    let observed = observedState(from: saved)
    let model = try #require(observed.models["fraud-detector"])
    #expect(model.stable?.version == "7")
    #expect(model.candidate == (try release("8")))
    #expect(model.live == live())
    #expect(model.failures.map(\.attempt) == [Attempt(try release("6"))])
    #expect(model.phase == .fetching)
    #expect(model.resources == Resources(memory: 1 << 30))
    #expect(observed.capacity == Resources(milliCPU: 3500, memory: 16 << 30))
    #expect(observed.pruneLimit == 50)
    #expect(observed.models["new"] == ObservedModel())
  }

  @Test func `names the version that is kept warm while its successor is watched`() throws {
    let now = Timestamp(milliseconds: 1_772_357_400_250)
    var machine = ModelMachine(name: "fraud-detector")
    var watching = terms([], replicas: 1)
    watching.program = .beside([], instances: 1, window: .seconds(60))
    for version in ["7", "8"] {
      machine.begin(try release(version), under: watching, at: now, id: "01")
      let revision = try release(version).revision
      var world = ModelObservation(artifact: .stored, weights: [revision: 100], counts: [:])
      world.instances.ready = 1
      for _ in 0..<20 where machine.observe(world, at: now) == .waiting { break }
      guard version == "7" else { break }
    }
    let status = StatusReport.Model(
      machine, live: live(), weights: [:], instances: [], conditions: [])
    #expect(status.phase == .watching)
    #expect(status.stable == (try release("8")))
    #expect(status.warm == (try release("7")))
    let report = StatusReport(agent: .init(name: "a", version: "1"), source: .init(), models: [status])
    let saved = try JSONDecoder().decode(StatusReport.self, from: Data(try json(report).utf8))
    #expect(saved == report)
    #expect(observedState(from: saved).models["fraud-detector"]?.warm == (try release("7")))
  }

  @Test(arguments: [
    (#""sha256:7777777777777777777777777777777777777777777777777777777777777777" : 95"#, #""seven" : 95"#),
    ("2026-03-01T09:30:00.250Z", "yesterday"), (#""for" : "5m""#, #""for" : "5 parsecs""#),
    ("\"fetching\"", "\"sleeping\""), ("\"3500m\"", "\"many\""), ("\"50%\"", "\"half\""),
  ])
  func `refuses a damaged report`(found: String, damaged: String) throws {
    let saved = try json(try report())
    #expect(saved.contains(found))
    let text = saved.replacingOccurrences(of: found, with: damaged)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(StatusReport.self, from: Data(text.utf8))
    }
  }
}

@Suite struct TimeTextTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1), ("1969-12-31T23:59:59.999Z", -1),
    ("2026-03-01T09:30:00.250Z", 1_772_357_400_250), ("2026-03-01T11:30:00.25+02:00", 1_772_357_400_250),
    ("2026-03-01t04:00:00.250999-05:30", 1_772_357_400_250), ("2000-02-29T00:00:00Z", 951_782_400_000),
    ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("2016-12-31T23:59:60Z", 1_483_228_799_000),
  ])
  func `reads a time`(text: String, milliseconds: Int) {
    #expect(Timestamp(rfc3339: text)?.milliseconds == Int64(milliseconds))
  }

  @Test(arguments: [
    "", "2026", "2026-03-01", "2026-03-01T09:30:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+2:00", "٢٠٢٦-01-01T00:00:00Z",
    "2026-01-00T00:00:00Z", "2026-01-01T00:00:00+24:00", " 2026-01-01T00:00:00Z",
  ])
  func `refuses what is none`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test func `reads what it writes`() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<2000 {
      let time = Timestamp(
        milliseconds: Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator))
      #expect(Timestamp(rfc3339: time.description) == time)
    }
  }
}
