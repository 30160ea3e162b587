package import Manifests
package import Rollout

extension Policy {
  /// What the policy means for a rollout with this many instances: the strategy as the machine's steps.
  package func terms(replicas: Int) -> Terms {
    Terms(
      program: strategy.program(instances: replicas, window: rollbackWindow), checks: checks,
      rules: Rules(
        readyTimeout: readyTimeout, progressDeadline: progressDeadline, onFailure: .init(onFailure),
        onUndecided: .init(onUndecided), queues: supersede == .queue),
      replicas: replicas)
  }
}

extension LiveSettings {
  /// What holds for the next rollout of the model.
  package var terms: Terms { policy.terms(replicas: replicas) }
}

extension Policy.Strategy {
  /// The program of a rollout beside, or instead of, a stable version.
  fileprivate func program(instances: Int, window: Duration) -> Program {
    switch self {
    case .recreate: .recreate(instances: instances, window: window)
    case .blueGreen(let settings):
      .beside(steps, instances: instances, window: max(window, settings.keepStableFor))
    case .shadow(let shadow):
      .beside(
        shadow.steps(instances: instances), instances: instances, window: max(window, shadow.keepStableFor))
    case .canary: .beside(steps, instances: instances, window: window)
    }
  }

  /// What happens between the start of the candidate and its promotion.
  fileprivate var steps: [Step] {
    switch self {
    case .canary(let steps): steps.map(Step.init)
    case .blueGreen(let settings): settings.steps
    case .shadow, .recreate: []
    }
  }
}

extension Policy.BlueGreen {
  fileprivate var steps: [Step] {
    var steps: [Step] = []
    if let preview {
      steps.append(.preview(preview.access))
      if let analysis = preview.analyze { steps.append(Step(analysis)) }
      if let pause = preview.pause { steps.append(.pause(for: pause.duration)) }
    }
    if let analyze { steps += [.weight(100), Step(analyze)] }
    return steps
  }
}

extension Policy.Shadow {
  /// Without a strategy to go on with, the candidate has been looked at and stops, until somebody promotes it.
  fileprivate func steps(instances: Int) -> [Step] {
    let look: [Step] = [.mirror(percent), Step(analyze), .mirror(0)]
    guard let then else { return look + [.stopCandidate, .pause(for: nil), .start(instances: instances)] }
    return look + then.steps
  }

  fileprivate var keepStableFor: Duration {
    guard case .blueGreen(let settings) = then else { return .zero }
    return settings.keepStableFor
  }
}

extension Step {
  fileprivate init(_ step: Policy.CanaryStep) {
    switch step {
    case .weight(let percent): self = .weight(percent)
    case .analyze(let analysis): self.init(analysis)
    case .pause(let pause): self = .pause(for: pause.duration)
    }
  }

  fileprivate init(_ analysis: Policy.Analysis) {
    self = .analyze(for: analysis.duration, minRequests: analysis.minRequests)
  }
}

extension FailureAction {
  fileprivate init(_ action: Policy.OnFailure) {
    switch action {
    case .revert: self = .revert
    case .hold: self = .hold
    }
  }
}

extension UndecidedAction {
  fileprivate init(_ action: Policy.OnUndecided) {
    switch action {
    case .hold: self = .hold
    case .promote: self = .goOn
    case .revert: self = .fail
    }
  }
}
