import Manifests
import Vocabulary

extension Policy {
  static let simplifications: [Simplification<Policy>] =
    [
      { $0.checks = [] }, { $0.progressDeadline = nil }, { $0.rollbackWindow = .zero },
      { $0.onFailure = .revert }, { $0.onUndecided = .hold }, { $0.supersede = .replace },
      { $0.strategy = .recreate }, { $0.strategy = $0.strategy.afterShadow },
      { $0.changeBlueGreen { $0.preview = nil } },
      { $0.changeBlueGreen { $0.analyze = nil } }, { $0.changeBlueGreen { $0.keepStableFor = .zero } },
      { $0.changeErrorRates { if $0.max != nil { $0.versusStable = false } } },
      { $0.changeErrorRates { if $0.versusStable { $0.max = nil } } },
    ] + (0..<12).reversed().map { index in { $0.leaveOutCanaryStep(index) } }

  private mutating func changeBlueGreen(_ change: Simplification<BlueGreen>) {
    guard case .blueGreen(var settings) = strategy else { return }
    change(&settings)
    strategy = .blueGreen(settings)
  }

  private mutating func changeErrorRates(_ change: Simplification<Check.ErrorRate>) {
    for index in checks.indices {
      guard case .errorRate(var question) = checks[index].question else { continue }
      change(&question)
      checks[index].question = .errorRate(question)
    }
  }

  /// A canary begins with a weight.
  private mutating func leaveOutCanaryStep(_ index: Int) {
    guard case .canary(var steps) = strategy, steps.indices.contains(index) else { return }
    steps.remove(at: index)
    if case .weight = steps.first { strategy = .canary(steps) }
  }
}

extension Policy.Strategy {
  fileprivate var afterShadow: Policy.Strategy {
    if case .shadow(let shadow) = self { shadow.then ?? self } else { self }
  }
}
