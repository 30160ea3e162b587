import Effects

/// What is known of one instance, and the rules of how it changes: no effects in here.
struct SupervisedInstance: Equatable, Sendable {
  let spec: InstanceSpec
  /// `nil` when there was no process to adopt.
  let process: ProcessIdentity?
  /// Whether this life of the agent started it, and so learns its exit status.
  let isChild: Bool
  private(set) var condition: InstanceCondition
  /// When whatever is left is killed; set once the instance has been asked to stop.
  private(set) var killTime: ContinuousClock.Instant?
  /// How the session's leader ended, while some of its children are still there.
  var leaderEnding: String?
  private var failedProbes = 0
  /// What the ready path said instead of ready the last time; `nil` since it said ready.
  private var lastAnswer: String?

  /// So many probes in a row fail before a ready instance counts as unready.
  static let toleratedFailures = 3

  init(spec: InstanceSpec, process: ProcessIdentity?, isChild: Bool) {
    self.spec = spec
    self.process = process
    self.isChild = isChild
    condition = process == nil ? .lost : .starting
  }

  var isGone: Bool {
    switch condition {
    case .exited, .lost: true
    case .starting, .ready, .unready, .stopping: false
    }
  }

  var isStopping: Bool { killTime != nil }

  var observation: InstanceObservation {
    InstanceObservation(
      id: spec.id, model: spec.model, revision: spec.revision, port: spec.port,
      metricsPort: spec.metricsPort, pid: isGone ? nil : process.map { Int($0.pid) },
      condition: condition, lastAnswer: condition == .ready ? nil : lastAnswer)
  }

  mutating func beginStop(killAt time: ContinuousClock.Instant) {
    killTime = time
    condition = .stopping
  }

  mutating func ended(_ how: String) { condition = .exited(how) }

  /// Takes in one answer of the ready path.
  mutating func note(_ answer: ProbeAnswer) {
    guard !isGone, !isStopping else { return }
    switch answer {
    case .ready:
      failedProbes = 0
      lastAnswer = nil
      condition = .ready
    case .notReady(let reason):
      failedProbes += 1
      lastAnswer = reason
      switch condition {
      case .ready where failedProbes >= Self.toleratedFailures, .unready:
        condition = .unready(reason)
      default:
        break
      }
    }
  }

  /// How long to wait until the next probe: often while somebody waits for the model, seldom once it serves.
  var probeInterval: Duration {
    condition == .ready && failedProbes == 0 ? .seconds(1) : .milliseconds(100)
  }
}
