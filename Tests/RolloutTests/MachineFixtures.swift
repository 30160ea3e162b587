import Rollout
import Vocabulary

let noon = Timestamp(milliseconds: 1_772_366_400_000)

/// Long after every settling time of a rollout that began at noon.
let dusk = noon + .seconds(8 * 3600)

func revision(_ number: Int) -> Revision {
  guard let digest = Digest(bytes: [UInt8](repeating: UInt8(number), count: 32)) else {
    preconditionFailure("32 bytes are a digest")
  }
  return digest
}

func release(_ version: Int, commit: String? = nil) -> Release {
  Release(
    revision: revision(version), version: String(version), commit: CommitID(commit ?? "commit-\(version)"))
}

func id(_ number: Int) -> RolloutID { RolloutID("rollout-\(number)") }

let careful = Terms(
  program: .beside(
    [.weight(10), .analyze(for: .seconds(60), minRequests: 100), .weight(50), .pause(for: nil)],
    instances: 2),
  checks: [Check(name: "budget", errorRate: .init(max: nil, versusStable: true, alpha: 0.01))],
  rules: Rules(readyTimeout: .seconds(30)), replicas: 2)

/// A world in which everything that the machine wants is the case at once.
func obliging(_ machine: ModelMachine, counts: [Revision: RequestCounts] = [:]) -> ModelObservation {
  let wanted = machine.wanted()
  var world = ModelObservation(
    artifact: .stored, weights: wanted.weights, mirror: wanted.mirror, preview: wanted.preview, counts: counts
  )
  world.instances.ready = machine.replicas
  return world
}

extension ModelMachine {
  /// Git asks for a release, and its rollout begins if it is due.
  mutating func wish(_ release: Release, under terms: Terms = careful, at now: Timestamp, id: RolloutID)
    -> DesireResult
  {
    let result = desire(release, under: terms, at: now)
    _ = begin(at: now, id: id)
    return result
  }
}

/// A machine whose version 1 is stable.
func stableMachine() -> ModelMachine {
  var machine = ModelMachine(name: "fraud")
  _ = machine.wish(release(1), under: careful, at: noon, id: id(1))
  settle(&machine, at: noon)
  return machine
}

/// A machine whose candidate, version 2, has reached the given step.
func machine(at step: Step) -> ModelMachine {
  var machine = stableMachine()
  _ = machine.wish(release(2), under: careful, at: noon, id: id(2))
  var now = noon
  var requests = 0
  for _ in 0..<100 where machine.rollout?.step != step {
    now = now + .seconds(60)
    requests += 1000
    if machine.rollout?.step == .pause(for: nil) { _ = machine.promote(by: "ann", now: now) }
    let counts = [
      revision(1): RequestCounts(requests: requests), revision(2): RequestCounts(requests: requests),
    ]
    _ = machine.observe(obliging(machine, counts: counts), at: now)
  }
  return machine
}

/// Lets the machine look at a world that does all it wants until it waits.
func settle(_ machine: inout ModelMachine, at now: Timestamp) {
  for _ in 0..<100 where machine.observe(obliging(machine), at: now) == .waiting { return }
}
