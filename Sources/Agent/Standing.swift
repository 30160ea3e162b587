import Effects
import Manifests
import Planning
import Rollout
import Vocabulary

/// Where one model stands: what a pass goes by, as far as it follows from the model's record and its instances alone.
///
/// It is worked out when one of them changes, so a pass does next to nothing about the models that are at rest: at any
/// moment almost all of them.
final class Standing: Sendable {
  let name: ModelName
  /// Whether nothing is known of the model but its failures.
  let isGone: Bool
  let isSettled: Bool
  let isRemoving: Bool
  let isDue: Bool
  /// Whether its rollout has failed, and waits for Git or for a person.
  let isParked: Bool
  /// Whether Git asks for an attempt that has been given up.
  let isPinned: Bool
  /// Whether a branch with a revert of ours is to be deleted.
  let hasWithdrawals: Bool
  /// When time alone makes a pass useful.
  let deadline: Timestamp?
  let stable: Revision?
  /// Whether it is settled, and just as many instances of stable run as should.
  let isComplete: Bool
  /// Whether all running instances of stable are ready.
  let isReady: Bool
  /// Whether there are instances to start.
  let lacksInstances: Bool
  /// Whether one of its instances has ended.
  let hasExits: Bool
  /// What has, or had until now, the traffic that its rollout is judged by; empty when none goes on.
  let judged: [BackendKey]
  /// The running instances that the machine does not want, or that are too many.
  let unwanted: [InstanceObservation]
  /// The routes that the machine wants and that the instances can serve.
  let route: ModelRoute?
  /// What it is to the rollouts of others.
  let neighbour: Neighbour

  /// - Parameter record: `nil` for a model that is forgotten and still has instances.
  init(_ name: ModelName, _ record: ModelRecord?, _ instances: [InstanceObservation]) {
    self.name = name
    let machine = record?.machine ?? ModelMachine(name: name)
    isGone = machine.isGone
    isSettled = machine.isSettled
    isRemoving = machine.removing
    isDue = machine.due != nil
    isParked = machine.isParked
    isPinned = machine.isPinned
    hasWithdrawals = machine.withdrawals != nil
    deadline = machine.deadline()
    stable = machine.stable?.revision
    hasExits = instances.contains(where: \.isExited)
    let serving = instances.filter { $0.revision == machine.stable?.revision && $0.condition.isRunning }
    isComplete = machine.isSettled && machine.stable != nil && serving.count == machine.replicas
    isReady = serving.allSatisfy { $0.condition == .ready }
    judged = machine.rollout?.stage == .stepping ? machine.judgedBackends : []
    let wanted = machine.wanted()
    let unwanted = Self.unwanted(of: instances, wanted)
    self.unwanted = unwanted
    lacksInstances = wanted.instances.contains { wanted in
      wanted.mayStart
        && wanted.count > instances.count { $0.revision == wanted.release.revision && $0.condition.isRunning }
    }
    route = record.flatMap {
      Routing(machine: machine, wanted: wanted, instances: instances, unwanted: unwanted)
        .route(by: $0.live.route)
    }
    neighbour = Neighbour(
      machine, wanted, record?.workloads ?? [:], ready: serving.count { $0.condition == .ready },
      leaving: unwanted + instances.filter { $0.condition == .stopping })
  }

  /// Whether a version of it is to go on running.
  var runs: Bool { stable != nil && !isRemoving }

  /// The cheap case, and at any moment the case of almost every model.
  var isAtRest: Bool { isComplete || isGone }

  private static func unwanted(of instances: [InstanceObservation], _ wanted: Wanted)
    -> [InstanceObservation]
  {
    let running = instances.filter(\.condition.isRunning)
    // The case of almost every model: all that runs is the one release that is wanted.
    if let only = wanted.instances.first, wanted.instances.count == 1, running.count <= only.count,
      running.allSatisfy({ $0.revision == only.release.revision })
    {
      return []
    }
    return Dictionary(grouping: running, by: \.revision).flatMap { revision, group in
      let count = wanted.instances.first { $0.release.revision == revision }?.count ?? 0
      return group.count > count ? Array(group.sorted(by: keepFirst).dropFirst(count)) : []
    }
  }

  /// Of too many instances, the ready and then the older ones stay.
  private static func keepFirst(_ left: InstanceObservation, _ right: InstanceObservation) -> Bool {
    let (leftReady, rightReady) = (left.condition == .ready, right.condition == .ready)
    if leftReady != rightReady { return leftReady }
    return (left.id.rawValue.count, left.id) < (right.id.rawValue.count, right.id)
  }
}

extension Neighbour {
  /// - Parameters:
  ///   - ready: how many instances of stable are ready.
  ///   - leaving: the instances that nobody wants any more and that have not stopped yet.
  fileprivate init(
    _ machine: ModelMachine, _ wanted: Wanted, _ workloads: [Revision: Workload], ready: Int,
    leaving: [InstanceObservation]
  ) {
    func resources(of revision: Revision) -> Resources { workloads[revision]?.resources ?? Resources() }
    let stable = machine.stable.map { resources(of: $0.revision) * machine.replicas }
    let needed = wanted.instances.reduce(Resources()) { sum, wanted in
      sum + resources(of: wanted.release.revision) * wanted.count
    }
    let leaving = leaving.reduce(Resources()) { sum, instance in sum + resources(of: instance.revision) }
    self.init(
      isReady: machine.isServing(readyInstances: ready), isRollingOut: machine.isRollingOut,
      atRest: stable ?? Resources(), now: needed + leaving, leaving: leaving)
  }
}

extension ModelMachine {
  /// Whether a rollout goes on by itself: one that waits for a person does not keep others waiting.
  fileprivate var isRollingOut: Bool {
    guard let rollout, case .stepping = rollout.stage, !rollout.isPromoted else { return false }
    if case .pause(nil) = rollout.step { return false }
    switch rollout.halt?.cause {
    case .paused, .suspended: return false
    case .outage, nil: return true
    }
  }

  /// Whether its rollout has failed, and waits for Git or for a person.
  fileprivate var isParked: Bool {
    switch rollout?.stage {
    case .held, .writingBack: true
    case .stepping, .restoring, nil: false
    }
  }

  /// What has, or had until now, the traffic that a rollout is judged by.
  var judgedBackends: [BackendKey] {
    [stable, rollout?.candidate, rollout?.displaced].compactMap { release in
      release.map { BackendKey(model: name, revision: $0.revision) }
    }
  }
}
