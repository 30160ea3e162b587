import Planning
import Rollout
import Testing
import Vocabulary

private let gibibyte = 1 << 30

private func memory(_ gibibytes: Int) -> Resources { Resources(memory: gibibytes * gibibyte) }

private func resting(_ gibibytes: Int, isReady: Bool = true) -> Neighbour {
  Neighbour(isReady: isReady, isRollingOut: false, atRest: memory(gibibytes), now: memory(gibibytes))
}

private func proposal(
  _ model: ModelName, _ gibibytes: Int = 0, dependsOn: [ModelName] = [], isExclusive: Bool = false
) -> Proposal {
  Proposal(
    model: model, version: "8", dependsOn: dependsOn, candidate: memory(gibibytes), isExclusive: isExclusive)
}

private func limits(_ gibibytes: Int) -> HostLimits {
  HostLimits(capacity: Resources(milliCPU: 8000, memory: gibibytes * gibibyte))
}

private func reason(_ admission: Admission?) -> String? {
  switch admission {
  case .admitted: "admitted"
  case .waits(let trouble), .refused(let trouble): trouble.reason
  case nil: nil
  }
}

@Suite struct AdmissionTests {
  @Test func `a rollout that fits beside what runs begins`() {
    let answers = admissions(
      of: [proposal("a", 4)], among: ["a": resting(4), "b": resting(2)], within: limits(10))
    #expect(answers == ["a": .admitted])
  }

  @Test func `one that does not is refused, with recreate as the way out when that is one`() {
    let models: [ModelName: Neighbour] = ["a": resting(4), "b": resting(2)]
    #expect(
      refusal(of: proposal("a", 5), among: models, within: limits(10))?.message
        == "version 8 does not fit: not enough memory (11264 MiB needed, 10240 MiB there); it fits with the strategy "
        + "`recreate`, which stops the old version first")
    #expect(refusal(of: proposal("a", 5, isExclusive: true), among: models, within: limits(10)) == nil)
    #expect(
      refusal(of: proposal("a", 9, isExclusive: true), among: models, within: limits(10))?.message
        == "version 8 does not fit: not enough memory (11264 MiB needed, 10240 MiB there); lower its `resources` or "
        + "`replicas`, or give the host more")
  }

  @Test func `names every resource that is short`() {
    let proposal = Proposal(
      model: "a", version: "8", dependsOn: [], candidate: Resources(milliCPU: 8500, memory: gibibyte),
      isExclusive: false)
    #expect(
      refusal(of: proposal, among: [:], within: limits(0))?.message.hasPrefix(
        "version 8 does not fit: not enough memory (1024 MiB needed, 0 MiB there) and CPU (8.500 cores needed, 8 cores there)"
      ) == true)
  }

  @Test func `an overloaded host still takes what needs no more than before`() {
    let models: [ModelName: Neighbour] = ["a": resting(4), "b": resting(8)]
    #expect(refusal(of: proposal("a"), among: models, within: limits(10)) == nil)
    #expect(refusal(of: proposal("a", 2, isExclusive: true), among: models, within: limits(10)) == nil)
    #expect(refusal(of: proposal("a", 5, isExclusive: true), among: models, within: limits(10)) != nil)
    #expect(reason(admissions(of: [proposal("c")], among: models, within: limits(10))["c"]) == "admitted")
  }

  @Test func `what would fit alone waits for the rollouts before it`() {
    let models: [ModelName: Neighbour] = ["a": resting(3), "b": resting(3)]
    let answers = admissions(of: [proposal("a", 3), proposal("b", 3)], among: models, within: limits(10))
    #expect(reason(answers["a"]) == "admitted")
    #expect(reason(answers["b"]) == "WaitingForCapacity")
  }

  @Test func `what is on its way out counts until it is gone, also where only one release fits`() {
    let shrinking = Neighbour(
      isReady: true, isRollingOut: false, atRest: memory(2), now: memory(4), leaving: memory(2))
    let answers = admissions(
      of: [proposal("a", 2, isExclusive: true), proposal("b", 2)],
      among: ["a": shrinking, "b": resting(3)], within: limits(8))
    #expect(answers["a"] == .admitted)
    #expect(reason(answers["b"]) == "WaitingForCapacity")
  }

  @Test func `what is on its way out makes no room for a release that needs more than stable`() {
    let stopping = Neighbour(
      isReady: true, isRollingOut: false, atRest: memory(2), now: memory(4), leaving: memory(2))
    let answers = admissions(
      of: [proposal("a", 3, isExclusive: true)], among: ["a": stopping, "b": resting(6)], within: limits(8))
    #expect(reason(answers["a"]) == "CapacityExceeded")
    var busy = resting(4)
    busy.now = memory(6)
    let later = admissions(
      of: [proposal("a", 3, isExclusive: true)], among: ["a": stopping, "b": busy], within: limits(8))
    #expect(reason(later["a"]) == "WaitingForCapacity")
  }

  @Test func `waits for what it depends on, and for its turn`() {
    let models: [ModelName: Neighbour] = ["a": resting(1), "b": resting(1), "c": resting(1, isReady: false)]
    let answers = admissions(
      of: [proposal("a"), proposal("b"), proposal("d", dependsOn: ["b", "c"])], among: models,
      within: HostLimits(parallelRollouts: 1))
    #expect(reason(answers["a"]) == "admitted")
    #expect(reason(answers["b"]) == "WaitingForTurn")
    #expect(
      answers["d"]
        == .waits(Trouble(reason: "WaitingForDependency", message: "version 8 waits until c is ready")))
  }

  @Test(arguments: [(0, 10, true), (5, 10, true), (6, 10, false), (1, 1, true), (2, 2, false), (2, 3, false)])
  func `half of the models may go at once, and always one`(missing: Int, running: Int, allowed: Bool) {
    #expect((pruneRefusal(of: missing, among: running, percent: 50) == nil) == allowed)
  }

  @Test func `a limit of nothing still lets one go, and one of everything lets all go`() {
    #expect(pruneRefusal(of: 1, among: 9, percent: 0) == nil)
    #expect(pruneRefusal(of: 2, among: 9, percent: 0) != nil)
    #expect(pruneRefusal(of: 9, among: 9, percent: 100) == nil)
  }
}
