import Rollout
import Testing
import Vocabulary

/// What each strategy asks of the world, step by step.
@Suite struct StrategyTests {
  @Test func `blue-green previews, judges, switches at once, judges again and keeps the old one warm`() {
    let steps: [Step] = [
      .preview(.header("x-preview")), .analyze(for: .seconds(60), minRequests: 10), .weight(100),
      .analyze(for: .seconds(60), minRequests: 10),
    ]
    let walk = walk(.beside(steps, instances: 2, window: .seconds(600)))
    #expect(
      walk.map(\.text) == [
        "start 2 instances: 1 at 100 %, 1 and 2 run",
        "preview by header x-preview: 1 at 100 %, 2 by preview, 1 and 2 run",
        "analyze for 60s and at least 10 requests: 1 at 100 %, 2 by preview, 1 and 2 run",
        "weight 100 %: 2 at 100 %, 1 and 2 run",
        "analyze for 60s and at least 10 requests: 2 at 100 %, 1 and 2 run",
        "promote: 2 at 100 %, 1 and 2 run",
        "watch for 10m: 2 at 100 %, 2 and 1 run",
        "stop the previous version: 2 at 100 %, 2 run",
      ])
  }

  @Test func `a shadow gets copies only, and goes on with a canary`() {
    let steps: [Step] = [
      .mirror(20), .analyze(for: .seconds(60), minRequests: 10), .mirror(0), .weight(10),
    ]
    let walk = walk(.beside(steps, instances: 1))
    #expect(
      walk.map(\.text) == [
        "start 1 instance: 1 at 100 %, 1 and 2 run",
        "mirror 20 %: 1 at 100 %, 20 % copied, 1 and 2 run",
        "analyze for 60s and at least 10 requests: 1 at 100 %, 20 % copied, 1 and 2 run",
        "end the mirror: 1 at 100 %, 1 and 2 run",
        "weight 10 %: 1 at 90 %, 2 at 10 %, 1 and 2 run",
        "promote: 2 at 100 %, 1 and 2 run",
        "stop the previous version: 2 at 100 %, 2 run",
      ])
  }

  @Test func `a shadow alone stops and waits until somebody promotes it`() {
    let steps: [Step] = [
      .mirror(20), .analyze(for: .seconds(60), minRequests: 10), .mirror(0), .stopCandidate, .pause(for: nil),
      .start(instances: 1),
    ]
    var machine = begun(.beside(steps, instances: 1))
    let now = pass(&machine, upTo: .pause(for: nil))
    #expect(machine.wanted().instances.map(\.release.version) == ["1"])
    #expect(machine.observe(world(machine), at: now + .seconds(1_000_000)) == .waiting)
    #expect(machine.rollout?.waitingFor == "`evenkeel promote fraud`")
    #expect(machine.promote(by: "ann", now: now + .seconds(1_000_000)) == .changed(.pause(for: nil)))
    _ = pass(&machine, upTo: .stop, from: now + .seconds(1_000_000))
    #expect(machine.stable?.version == "2")
  }

  @Test func `recreate stops stable first and starts nothing beside it`() {
    let program = Program.recreate(instances: 1)
    let walk = walk(program)
    #expect(
      walk.map(\.text) == [
        "stop stable: 1 at 100 %, nothing runs", "start 1 instance: 1 at 100 %, 2 run",
        "promote: 2 at 100 %, 2 run",
      ])
    var machine = begun(program)
    #expect(machine.wanted().isExclusive)
    var world = world(machine)
    for _ in 0..<2 { _ = machine.observe(world, at: noon) }
    #expect(machine.phase == .starting)
    world.others = 1
    #expect(machine.observe(world, at: noon) == .waiting)
    world.others = 0
    #expect(machine.observe(world, at: noon) == .advanced(completed: .stopStable, undecided: nil))
  }

  @Test func `a recreated model that fails gets its old version back, one at a time`() {
    var machine = begun(.recreate(instances: 1))
    _ = pass(&machine, upTo: .start(instances: 1))
    var world = world(machine)
    world.instances.unstartable = "no such program"
    guard case .failed = machine.observe(world, at: noon) else {
      Issue.record("did not fail")
      return
    }
    #expect(machine.wanted().weights == [revision(1): 100])
    #expect(machine.wanted().isExclusive)
    #expect(machine.wanted().instances.map(\.mayStart) == [true, false])
  }

  @Test func `a late failure in the window is one step back, and a revert`() {
    var machine = begun(.beside([.weight(50)], instances: 1, window: .seconds(600)), checks: [budget])
    let now = pass(&machine, upTo: .watch(for: .seconds(600)))
    #expect(machine.phase == .watching)
    #expect(machine.stable?.version == "2")
    #expect(machine.past.map(\.version) == ["1"])
    let conditions = machine.conditions(readyInstances: 1, trouble: nil, before: [], at: now)
    #expect(conditions.first?.status == .yes)
    var bad = world(machine)
    bad.counts = [revision(2): RequestCounts(requests: 100_000, errors: 50_000)]
    guard case .failed(let record) = machine.observe(bad, at: now + .seconds(10)) else {
      Issue.record("did not fail")
      return
    }
    #expect(record.outcome == .rolledBack)
    #expect(record.failure?.stepText == "watch for 10m")
    #expect(machine.stable?.version == "1")
    #expect(machine.past.isEmpty)
    #expect(machine.wanted().weights == [revision(1): 100])
    #expect(machine.observe(world(machine), at: now + .seconds(10)) == .restored)
    #expect(machine.phase == .writingBack)
  }

  @Test func `Git that returns to the warm version in the window gets it back at once`() {
    var machine = begun(.beside([], instances: 1, window: .seconds(600)))
    let now = pass(&machine, upTo: .watch(for: .seconds(600)))
    guard case .returned(let record) = machine.desire(release(1, commit: "undo"), under: careful, at: now)
    else {
      Issue.record("not returned")
      return
    }
    #expect(record.outcome == .rolledBack)
    #expect(machine.wanted().weights == [revision(1): 100])
    #expect(machine.observe(world(machine), at: now) == .restored)
    #expect(machine.phase == .stable)
    #expect(machine.stable == release(1, commit: "undo"))
  }

  @Test func `a newer commit ends the window, and the next rollout begins from the promoted version`() {
    var machine = begun(.beside([], instances: 1, window: .seconds(600)))
    let now = pass(&machine, upTo: .watch(for: .seconds(600)))
    #expect(machine.desire(release(3), under: careful, at: now) == .due(superseded: nil))
    #expect(machine.due == release(3))
    #expect(machine.stable?.version == "2")
    #expect(machine.past.map(\.version) == ["1"])
  }

  @Test func `the old version stays until its last request is answered, and then the rollout is over`() {
    var machine = begun(.beside([], instances: 1))
    let now = pass(&machine, upTo: .stop)
    var draining = world(machine)
    draining.others = 1
    #expect(machine.observe(draining, at: now) == .waiting)
    #expect(machine.phase == .promoting)
    #expect(machine.observe(world(machine), at: now) == .finished)
    #expect(machine.phase == .stable)
  }

  @Test func `a candidate that has no ready instance right after promotion is not stable for good`() {
    var machine = begun(.beside([], instances: 1, window: .seconds(600)))
    let now = pass(&machine, upTo: .watch(for: .seconds(600)))
    var dead = world(machine)
    dead.instances.ready = 0
    #expect(machine.observe(dead, at: now + .seconds(1)) == .waiting)
    guard case .failed(let record) = machine.observe(dead, at: now + .seconds(31)) else {
      Issue.record("did not fail")
      return
    }
    #expect(record.failure?.reason == .crashed)
    #expect(machine.stable?.version == "1")
  }
}

// MARK: Walking a program

let budget = Check(name: "budget", errorRate: .init(max: 0.05, versusStable: false, alpha: 0.01))

func terms(_ program: Program, checks: [Check] = [], rules: Rules = Rules(readyTimeout: .seconds(30)))
  -> Terms
{
  Terms(program: program, checks: checks, rules: rules, replicas: 1)
}

/// A machine whose version 1 is stable, and whose rollout of version 2 has begun.
func begun(_ program: Program, checks: [Check] = [], rules: Rules = Rules(readyTimeout: .seconds(30)))
  -> ModelMachine
{
  var machine = ModelMachine(name: "fraud")
  let terms = terms(program, checks: checks, rules: rules)
  _ = machine.wish(release(1), under: terms, at: noon, id: id(1))
  settle(&machine, at: noon)
  _ = machine.wish(release(2), under: terms, at: noon, id: id(2))
  return machine
}

/// All that the machine wants is the case, and the candidate has answered many requests well.
func world(_ machine: ModelMachine, requests: Int = 100_000) -> ModelObservation {
  obliging(machine, counts: [revision(2): RequestCounts(requests: requests)])
}

/// Lets time pass until the machine is at a step; answers when that was.
@discardableResult
func pass(_ machine: inout ModelMachine, upTo step: Step, from start: Timestamp = noon) -> Timestamp {
  var now = start
  var requests = 0
  for _ in 0..<100 where machine.rollout?.step != step {
    requests += 1000
    if machine.observe(world(machine, requests: requests), at: now) == .waiting { now = now + .seconds(10) }
  }
  return now
}

/// Every step from the first that asks for something, with what it asks for.
private func walk(_ program: Program) -> [(step: Step, text: String)] {
  var machine = begun(program)
  var seen: [(step: Step, text: String)] = []
  var now = noon
  var requests = 0
  for _ in 0..<200 {
    guard let rollout = machine.rollout else { break }
    let text = "\(rollout.step): \(words(machine.wanted()))"
    switch rollout.step {
    case .fetch, .verify: break
    default: if seen.last?.text != text { seen.append((rollout.step, text)) }
    }
    requests += 1000
    let result = machine.observe(world(machine, requests: requests), at: now)
    if result == .waiting { now = now + .seconds(10) }
  }
  return seen
}

private func words(_ wanted: Wanted) -> String {
  func version(_ revision: Revision) -> String {
    (1...3).first { release($0).revision == revision }.map(String.init) ?? "?"
  }
  let weights = wanted.weights.map { (version($0.key), $0.value) }.sorted { $0.0 < $1.0 }
  var parts = weights.map { "\($0) at \($1) %" }
  if wanted.mirror > 0 { parts.append("\(wanted.mirror) % copied") }
  if wanted.preview != nil { parts.append("2 by preview") }
  let running = wanted.instances.map(\.release.version)
  parts.append(running.isEmpty ? "nothing runs" : running.joined(separator: " and ") + " run")
  return parts.joined(separator: ", ")
}
