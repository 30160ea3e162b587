/// Leaves out of a scenario whatever its failure does not need (delta debugging): models, events, and then details.
///
/// It counts its tries and looks at no clock, so what is left is the same on every machine.
package struct Shrinker {
  /// The smallest scenario so far that fails.
  package private(set) var best: Scenario
  package private(set) var tries = 0
  private let mostTries: Int
  private let fails: (Scenario) async -> Bool
  private var tried: Set<Scenario>

  /// - Parameter fails: whether a scenario still fails in the way that matters; `scenario` does.
  package init(_ scenario: Scenario, mostTries: Int = 2000, while fails: @escaping (Scenario) async -> Bool) {
    best = scenario
    self.mostTries = mostTries
    self.fails = fails
    tried = [scenario]
  }

  /// Goes over the scenario until nothing more can go.
  package mutating func shrink() async {
    var before: Scenario
    repeat {
      before = best
      for model in best.setting.models { await attempt { $0.leaveOut(model.name) } }
      await leaveOutEvents()
      for simplify in best.simplifications { await attempt(simplify) }
    } while best != before && tries < mostTries
  }

  /// Halves, quarters, … single ones, from the end: what comes late is needed least.
  private mutating func leaveOutEvents() async {
    var size = best.events.count
    while size > 0 {
      var end = best.events.count
      while end > 0 {
        let some = max(0, end - size)..<end
        await attempt { $0.events.removeSubrange(some) }
        end = some.lowerBound
      }
      size /= 2
    }
  }

  /// Keeps a change if the scenario fails all the same.
  private mutating func attempt(_ change: (inout Scenario) -> Void) async {
    var smaller = best
    change(&smaller)
    guard tries < mostTries, tried.insert(smaller).inserted else { return }
    tries += 1
    if await fails(smaller) { best = smaller }
  }
}
