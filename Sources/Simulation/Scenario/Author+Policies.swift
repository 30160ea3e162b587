import Manifests
import Vocabulary

extension Author {
  mutating func writePolicy(_ name: String) -> Policy {
    let budget = Check(
      name: "budget",
      errorRate: .init(
        max: dice.chance(70) ? 0.02 : nil, versusStable: dice.chance(70), alpha: 0.000_1))
    var policy = Policy(
      name: name, strategy: writeStrategy(), checks: dice.chance(90) ? [budget] : [],
      readyTimeout: dice.seconds(10...40))
    if dice.chance(30) { policy.progressDeadline = dice.seconds(40...200) }
    if dice.chance(35) { policy.rollbackWindow = dice.seconds(5...60) }
    if dice.chance(20) { policy.onFailure = .hold }
    policy.onUndecided = dice.pick([.hold, .hold, .promote, .revert]) ?? .hold
    if dice.chance(30) { policy.supersede = .queue }
    return policy
  }

  private mutating func writeStrategy() -> Policy.Strategy {
    switch dice.roll(12) {
    case 0...5: writeCanary()
    case 6, 7: writeBlueGreen()
    case 8, 9:
      .shadow(
        Policy.Shadow(
          percent: dice.pick([20, 100]) ?? 20, analyze: writeAnalysis(),
          then: dice.chance(80) ? (dice.chance(50) ? writeCanary() : writeBlueGreen()) : nil))
    default: .recreate
    }
  }

  private mutating func writeCanary() -> Policy.Strategy {
    var steps: [Policy.CanaryStep] = []
    for weight in [5, 25, 50, 100] where dice.chance(45) {
      steps.append(.weight(weight))
      if dice.chance(85) { steps.append(.analyze(writeAnalysis())) }
      if dice.chance(15) { steps.append(.pause(writePause())) }
    }
    return .canary(steps.isEmpty ? [.weight(10), .analyze(writeAnalysis())] : steps)
  }

  private mutating func writeBlueGreen() -> Policy.Strategy {
    var settings = Policy.BlueGreen()
    if dice.chance(60) {
      settings.preview = Policy.PreviewStage(
        access: dice.chance(50) ? .header("x-preview") : .host("preview.example.com"),
        analyze: dice.chance(60) ? Policy.Analysis(for: dice.seconds(2...8), minRequests: dice.roll(3)) : nil,
        pause: dice.chance(30) ? writePause() : nil)
    }
    if dice.chance(70) { settings.analyze = writeAnalysis() }
    if dice.chance(50) { settings.keepStableFor = dice.seconds(5...30) }
    return .blueGreen(settings)
  }

  private mutating func writeAnalysis() -> Policy.Analysis {
    Policy.Analysis(for: dice.seconds(2...12), minRequests: dice.pick([0, 1, 10, 50]) ?? 1)
  }

  private mutating func writePause() -> Policy.Pause {
    Policy.Pause(for: dice.chance(75) ? dice.seconds(3...15) : nil)
  }
}
