import Vocabulary

/// A life that breaks an invariant, with no more in it than that takes, for people to read.
package struct Finding: Sendable {
  package let scenario: Scenario
  package let violation: Violation
  private let origin: String
  private let story: Story

  /// `nil` when the scenario breaks no invariant.
  ///
  /// - Parameter shrinks: whether to leave out what does not matter for this complaint.
  package init?(_ whole: Scenario, shrinks: Bool = true) async {
    guard let broken = await Episode.live(whole).violation else { return nil }
    var shrinker = Shrinker(whole) { await Episode.live($0).violation?.isLike(broken) == true }
    if shrinks { await shrinker.shrink() }
    scenario = shrinker.best
    let result = await Episode.live(scenario, tellsStory: true)
    guard let violation = result.violation else { return nil }
    self.violation = violation
    story = result.story
    origin =
      shrinks
      ? "seed \(whole.seed), shrunk from \(whole.size) to \(scenario.size) in \(shrinker.tries) tries"
      : "seed \(whole.seed), all of it: \(whole.size)"
  }
}

extension Finding: CustomStringConvertible {
  package var description: String {
    var events = Story(isTold: true)
    for event in scenario.events {
      events.tell(event.happening.description, at: World.beginning + event.at)
    }
    let parts = [
      ("What holds", scenario.settingWords), ("What happens", events.lines),
      ("What comes of it", story.lines.abridged),
    ]
    return origin + "\n"
      + parts.map { title, lines in "\n\(title)\n" + lines.map { "  \($0)\n" }.joined() }.joined()
  }
}

extension Violation {
  /// Whether both complain of the same about the same model. Another complaint would be about another bug.
  func isLike(_ other: Violation) -> Bool {
    invariant == other.invariant && complaint == other.complaint
  }

  /// What is wrong, without details.
  package var headline: String {
    "invariant \(invariant.rawValue) (\(invariant)): " + message.prefix { $0 != ";" }
  }

  /// Versions, commits, ports and counts may well change when something else is left out.
  private var complaint: [Substring] {
    message.prefix { $0 != ";" }.split(separator: " ").filter { !$0.contains(where: \.isNumber) }
  }
}

extension [String] {
  /// Without the middle, if it is so long that nobody would read it: most often a retry that is never over.
  fileprivate var abridged: [String] {
    let (head, tail) = (120, 30)
    guard count > head + tail + 10 else { return self }
    return prefix(head) + ["… \(count - head - tail) lines …"] + suffix(tail)
  }
}

extension Scenario {
  fileprivate var size: String {
    "\(setting.models.count) model\(setting.models.count == 1 ? "" : "s") and "
      + "\(events.count) event\(events.count == 1 ? "" : "s")"
  }
}
