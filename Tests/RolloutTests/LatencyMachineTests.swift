import Rollout
import Testing
import Vocabulary

/// What the machine feeds to a latency check, and when.
@Suite struct LatencyMachineTests {
  private static let check = Check(
    name: "tail",
    latency: .init(
      quantile: 0.99, max: .milliseconds(250), versusStable: .init(ratio: 1.2), alpha: 0.01))

  private let canary = Terms(
    program: .beside([.weight(10), .pause(for: nil)], instances: 1, window: .seconds(600)), checks: [check],
    rules: Rules(readyTimeout: .seconds(30)), replicas: 1)

  private let shadow = Terms(
    program: .beside(
      [.mirror(50), .analyze(for: .seconds(300), minRequests: 0), .mirror(0), .weight(10), .pause(for: nil)],
      instances: 1), checks: [check], rules: Rules(readyTimeout: .seconds(30)), replicas: 1)

  /// Requests by how many milliseconds they took.
  private func times(_ counts: [Int: Int]) -> LatencyHistogram {
    LatencyHistogram(
      bins: counts.map {
        .init(from: .milliseconds($0.key), to: .milliseconds($0.key + 1), count: $0.value)
      })
  }

  /// A machine whose candidate is at the given step since noon.
  private func machine(at step: Step, under terms: Terms) -> ModelMachine {
    var machine = ModelMachine(name: "fraud")
    _ = machine.wish(release(1), under: terms, at: noon, id: id(1))
    settle(&machine, at: noon)
    _ = machine.wish(release(2), under: terms, at: noon, id: id(2))
    for _ in 0..<20 where machine.rollout?.step != step { _ = observe(&machine, [:], [:], at: noon) }
    return machine
  }

  /// The result of a look at which both revisions have these totals.
  private func observe(
    _ machine: inout ModelMachine, _ candidate: [Int: Int], _ stable: [Int: Int], at now: Timestamp
  ) -> ObserveResult {
    var world = obliging(machine)
    for (revision, counts) in [(revision(2), candidate), (revision(1), stable)] where !counts.isEmpty {
      world.latencies[revision] = times(counts)
      world.counts?[revision] = RequestCounts(requests: counts.values.reduce(0, +))
    }
    return machine.observe(world, at: now)
  }

  private func message(of result: ObserveResult) -> String? {
    guard case .failed(let record) = result else { return nil }
    return record.failure?.message
  }

  @Test func `a slow candidate fails, and the message says how slow`() {
    var machine = machine(at: .pause(for: nil), under: canary)
    #expect(observe(&machine, [20: 90], [20: 900], at: noon + .seconds(20)) == .waiting)
    let result = observe(&machine, [20: 180, 400: 10], [20: 1900], at: noon + .seconds(21))
    #expect(
      message(of: result)?.hasPrefix(
        "check tail: 10 of 190 requests took longer than 250 ms, at most 1 % allowed; "
          + "10 of 100 requests took longer than 25.2 ms against 0 of 1,000 longer than 21 ms on version 1 (e-v"
      ) == true)
    #expect(machine.phase == .restoring)
  }

  @Test func `what a candidate answers slowly in its first seconds is forgiven`() {
    var machine = machine(at: .pause(for: nil), under: canary)
    #expect(observe(&machine, [900: 40], [20: 1000], at: noon + .seconds(10)) == .waiting)
    #expect(observe(&machine, [900: 40, 20: 50], [20: 2000], at: noon + .seconds(60)) == .waiting)
    #expect(machine.rollout?.checks.first?.test.verdict == .undecided)
    #expect(message(of: observe(&machine, [900: 60, 20: 50], [20: 3000], at: noon + .seconds(61))) != nil)
  }

  @Test func `an analysis lasts until slow answers have counted for its whole length, and some were seen`() {
    var terms = canary
    let analysis = Step.analyze(for: .seconds(30), minRequests: 50)
    terms.program = .beside([.weight(10), analysis, .weight(50), analysis], instances: 1)
    var machine = machine(at: analysis, under: terms)
    let (stable, from) = ([20: 1000], noon + .seconds(11))
    #expect(machine.deadline() == from + .seconds(30))
    #expect(observe(&machine, [:], stable, at: noon + .seconds(5)) == .waiting)
    #expect(observe(&machine, [20: 900], stable, at: from + .seconds(29)) == .waiting)
    #expect(machine.rollout?.waitingFor == nil)
    #expect(
      observe(&machine, [20: 900], stable, at: from + .seconds(30))
        == .advanced(completed: analysis, undecided: nil))
    let later = from + .seconds(60)
    for _ in 0..<2 where machine.rollout?.step != analysis {
      _ = observe(&machine, [20: 900], stable, at: later)
    }
    #expect(machine.deadline() == later + .seconds(30), "it is warm by now")
    #expect(observe(&machine, [20: 949], stable, at: later + .seconds(30)) == .waiting)
    #expect(machine.rollout?.waitingFor == "1 more requests to judge by")
    #expect(
      observe(&machine, [20: 950], stable, at: later + .seconds(31))
        == .advanced(completed: analysis, undecided: nil))
  }

  @Test func `an analysis waits for requests of stable that it needs to compare with`() {
    var terms = canary
    let analysis = Step.analyze(for: .seconds(30), minRequests: 1)
    terms.program = .beside([.weight(10), analysis], instances: 1)
    var machine = machine(at: analysis, under: terms)
    for second in 1...100 {
      #expect(
        observe(&machine, [20: second * 10], [20: second * 4], at: noon + .seconds(second)) == .waiting)
    }
    #expect(machine.rollout?.waitingFor == "100 more requests of stable to compare with")
    _ = observe(&machine, [20: 1010], [20: 500], at: noon + .seconds(101))
    #expect(
      observe(&machine, [20: 1020], [20: 510], at: noon + .seconds(102))
        == .advanced(completed: analysis, undecided: nil))
  }

  @Test func `slow answers that are late when shadowing ends are forgiven for as long as the longest`() {
    var machine = machine(at: .analyze(for: .seconds(300), minRequests: 0), under: shadow)
    let stable = [20: 10_000, 40_000: 50]
    #expect(observe(&machine, [:], stable, at: noon + .seconds(60)) == .waiting)
    let both = [20: 20_000, 40_000: 100]
    #expect(observe(&machine, [20: 5000, 40_000: 25], both, at: noon + .seconds(299)) == .waiting)
    let end = noon + .seconds(311)
    for _ in 0..<3 { _ = observe(&machine, [20: 5000, 40_000: 25], both, at: end) }
    #expect(machine.rollout?.step == .pause(for: nil))
    // The last ones that were copied; hardly any new ones come with them.
    #expect(
      observe(&machine, [20: 5010, 40_000: 45], [20: 21_000, 40_000: 105], at: end + .seconds(41)) == .waiting
    )
    #expect(
      message(
        of: observe(&machine, [20: 5010, 40_000: 65], [20: 22_000, 40_000: 110], at: end + .seconds(60)))
        != nil)
  }

  @Test(arguments: [Step.mirror(50), .promote])
  func `errors that come right after the candidate gets more requests are not judged`(step: Step) {
    var terms = step == .promote ? canary : shadow
    terms.checks = [Check(name: "errors", errorRate: .init(max: 0.01, versusStable: false, alpha: 0.01))]
    var machine = machine(at: step == .promote ? .pause(for: nil) : step, under: terms)
    if step == .promote { _ = machine.promote(by: "ann", now: noon) }
    var world = obliging(machine)
    world.requestDuration = .seconds(5)
    _ = machine.observe(world, at: noon)
    world = obliging(machine, counts: [revision(2): RequestCounts(requests: 20, errors: 20)])
    #expect(machine.observe(world, at: noon + .seconds(4)) == .waiting)
    world.counts = [revision(2): RequestCounts(requests: 40, errors: 40)]
    #expect(message(of: machine.observe(world, at: noon + .seconds(5))) != nil)
  }

  @Test func `what was answered before the rollout is not held against the candidate`() {
    var machine = ModelMachine(name: "fraud")
    _ = machine.wish(release(1), under: canary, at: noon, id: id(1))
    settle(&machine, at: noon)
    _ = machine.wish(release(2), under: canary, at: noon, id: id(2))
    for _ in 0..<20 where machine.rollout?.step != .pause(for: nil) {
      _ = observe(&machine, [900: 1000], [20: 1000], at: noon)
    }
    #expect(observe(&machine, [900: 1000, 20: 10], [20: 2000], at: noon + .seconds(60)) == .waiting)
    #expect(machine.rollout?.checks.first?.test.evidence.sentence(stable: nil).hasPrefix("0 of 10 ") == true)
  }

  @Test func `times that begin again at zero are neither lost nor counted twice`() {
    var machine = machine(at: .pause(for: nil), under: canary)
    let looks: [[Int: Int]] = [
      [20: 1000, 30: 50], [:], [20: 1001, 300: 1], [20: 1001, 300: 1], [20: 1003, 300: 1], [20: 3], [20: 5],
    ]
    for (second, candidate) in looks.enumerated() {
      #expect(observe(&machine, candidate, [20: 1000], at: noon + .seconds(20 + second)) == .waiting)
    }
    #expect(
      machine.rollout?.checks.first?.test.evidence.sentence(stable: nil).hasPrefix("1 of 2,059 requests ")
        == true)
  }

  @Test func `times of a candidate that nobody knows are no verdict`() {
    var machine = machine(at: .pause(for: nil), under: canary)
    for second in 11..<60 {
      #expect(observe(&machine, [:], [20: 1000 * second], at: noon + .seconds(second)) == .waiting)
    }
  }
}
