/// One life of the agent. All edges of a `Reconciler` share it; once it is over, none of their calls has an effect.
///
/// A kill is counted in effects on the world: the agent dies at the next effect but so many, just before it or just
/// after.
// One task drives the agent, its edges and the world.
final class Life: @unchecked Sendable {
  private(set) var isOver = false
  private var effectsLeft: Int?
  private var lastOneHappens = false

  func kill(afterEffects count: Int, happens: Bool) {
    effectsLeft = count
    lastOneHappens = happens
  }

  func spare() { effectsLeft = nil }

  func end() { isOver = true }

  /// Whether the agent lives to have the effect that it is about to have.
  func begins() -> Bool {
    if effectsLeft == 0, !lastOneHappens { isOver = true }
    return !isOver
  }

  /// Whether it lives to see what came of it.
  func survives() -> Bool {
    if effectsLeft == 0 { isOver = true }
    effectsLeft = effectsLeft.map { $0 - 1 }
    return !isOver
  }
}
