import Effects
import Vocabulary

/// One model server of the simulated host.
final class Server {
  private enum Change {
    case ready, crash, hang, recover, exit
  }

  let spec: InstanceSpec
  let nature: Nature
  private(set) var condition: InstanceCondition = .starting
  /// Whether it ended by itself, for a reason of its own.
  private(set) var hasCrashed = false
  private var changes: [(at: Timestamp, change: Change)] = []

  init(_ spec: InstanceSpec, _ nature: Nature, at now: Timestamp) {
    self.spec = spec
    self.nature = nature
    if let delay = nature.readyAfter { plan(.ready, at: now + delay) }
    if let delay = nature.crashesAfter { plan(.crash, at: now + delay) }
  }

  var isGone: Bool {
    switch condition {
    case .exited, .lost: true
    case .starting, .ready, .unready, .stopping: false
    }
  }

  /// Whether it runs and is meant to.
  var isRunning: Bool {
    switch condition {
    case .starting, .ready, .unready: true
    case .stopping, .exited, .lost: false
    }
  }

  var isReady: Bool { condition == .ready }

  var observation: InstanceObservation {
    InstanceObservation(
      id: spec.id, model: spec.model, revision: spec.revision, port: spec.port,
      metricsPort: spec.metricsPort, pid: nil, condition: condition)
  }

  // MARK: What happens to it

  /// When something about it changes next.
  var nextChange: Timestamp? { changes.first?.at }

  /// Lets everything happen that is due; answers whether anything did.
  func advance(to now: Timestamp) -> Bool {
    var changed = false
    while let next = changes.first, next.at <= now {
      changes.removeFirst()
      changed = happen(next.change, at: next.at) || changed
    }
    return changed
  }

  private func happen(_ change: Change, at now: Timestamp) -> Bool {
    switch (change, condition) {
    case (.ready, .starting):
      condition = .ready
      if let delay = nature.hangsAfter { plan(.hang, at: now + delay) }
    case (.crash, .starting), (.crash, .ready), (.crash, .unready): crash()
    case (.hang, .ready): condition = .unready("it does not answer")
    case (.recover, .unready): condition = .ready
    case (.exit, .stopping): exit("stopped")
    default: return false
    }
    return true
  }

  func crash() {
    hasCrashed = true
    exit("exited with status 1")
  }

  func hang(until end: Timestamp) {
    guard condition == .ready else { return }
    condition = .unready("it does not answer")
    plan(.recover, at: end)
  }

  func stop(endingAt end: Timestamp) {
    guard isRunning else { return }
    condition = .stopping
    changes = []
    plan(.exit, at: end)
  }

  /// It is gone, and nobody saw how.
  func lose() {
    condition = .lost
    changes = []
  }

  private func exit(_ how: String) {
    condition = .exited(how)
    changes = []
  }

  private func plan(_ change: Change, at time: Timestamp) {
    changes.append((time, change))
    changes.sort { $0.at < $1.at }
  }
}
