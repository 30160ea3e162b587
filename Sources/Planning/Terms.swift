package import Manifests
package import Rollout

extension Policy {
  /// What the policy means for a rollout with this many instances: the strategy as the machine's steps.
  package func terms(replicas: Int) -> Terms {
    Terms(steps: strategy.steps, checks: checks, readyTimeout: readyTimeout, replicas: replicas)
  }
}

extension Policy.Strategy {
  fileprivate var steps: [Step] {
    switch self {
    case .canary(let steps):
      steps.map { step in
        switch step {
        case .weight(let percent): .weight(percent)
        case .analyze(let duration, let minRequests): .analyze(for: duration, minRequests: minRequests)
        case .pause(let duration): .pause(for: duration)
        }
      }
    }
  }
}
