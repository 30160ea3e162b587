package import Manifests
package import Vocabulary

/// A trusted commit of a branch's own line, as far as a return is concerned.
package struct TrustedStep: Sendable {
  package var desired: DesiredState
  /// Whether it is itself a return: signed with a revert-only key.
  package var isReturn: Bool

  package init(desired: DesiredState, isReturn: Bool) {
    self.desired = desired
    self.isReturn = isReturn
  }
}

/// Whether a commit that is signed with a revert-only key does nothing but go back to what was trusted before: so whoever
/// steals the key of an agent cannot deploy anything with it.
///
/// It may only do what the proof of a revert allows an agent (see `proveRevert`). Every model that differs goes back to a
/// workload that somebody who may deploy once asked for, together with live settings of then or now; a model that is
/// removed serves nowhere here and was not there before; none is brought back, and nothing breaks.
///
/// *Back* is meant strictly. What a model was asked to be is a stack: a person's commit puts something on it, a return
/// takes off what lies on top. A version that was taken back, mostly because it failed, is on it no more.
///
/// - Parameters:
///   - result: what the commit asks for.
///   - line: its parent, and the trusted commits before that on the first-parent line, newest first, as far as they are
///     known.
///   - serving: the models of which some revision is stable on this host.
/// - Returns: Why it is more than a return, as the rest of a sentence that begins with "it"; `nil` when it is not.
package func objection(
  toReturning result: DesiredState, along line: [TrustedStep], serving: Set<ModelName>
) -> String? {
  guard let parent = line.first?.desired else { return "follows no trusted commit" }
  if let damage = newDamage(from: parent, to: result) { return "breaks something: \(damage)" }
  for name in Set(parent.models.keys).union(result.models.keys).sorted() {
    let (before, after) = (parent.models[name], result.models[name])
    if before?.workload == after?.workload, before?.live == after?.live { continue }
    if let objection = objection(to: after, of: name, before, along: line, isServing: serving.contains(name))
    {
      return objection
    }
  }
  return nil
}

private func objection(
  to after: DesiredModel?, of name: ModelName, _ before: DesiredModel?, along line: [TrustedStep],
  isServing: Bool
) -> String? {
  let past = Past(of: name, along: line)
  guard let after else {
    if isServing { return "removes \(name), which serves here" }
    return past.holds(nil, \.workload) ? nil : "removes \(name), which was always there"
  }
  // What could not be read in the parent was there all the same.
  guard before != nil || past.isUnreadableNow else { return "brings \(name) back" }
  let version = after.workload.artifact.version
  guard past.holds(after.workload, \.workload), before?.workload != after.workload else {
    return before?.workload == after.workload
      ? "changes the live settings of \(name) and not its version"
      : "takes \(name) to a version \(version) that was not trusted before, or was taken back since"
  }
  let live = after.live
  let isKnown =
    past.holds(live.replicas, \.live.replicas) && past.holds(live.route, \.live.route)
    && past.holds(live.policy, \.live.policy) && past.holds(live.labels, \.live.labels)
    && past.holds(live.dependsOn, \.live.dependsOn) && past.holds(live.suspend, \.live.suspend)
  return isKnown ? nil : "gives \(name) \(version) live settings that were not trusted before"
}

/// What one model was asked to be, newest first.
private struct Past {
  /// `nil` where it was not there. Where it could not be read nobody knows.
  private var steps: [(model: DesiredModel?, isReturn: Bool)] = []
  /// Whether it cannot be read in the newest commit.
  var isUnreadableNow: Bool

  init(of name: ModelName, along line: [TrustedStep]) {
    isUnreadableNow = line.first.map { AskedFor(name, in: $0.desired) == .unreadable } ?? false
    for step in line {
      let model = step.desired.models[name]
      if model == nil, AskedFor(name, in: step.desired) == .unreadable { continue }
      steps.append((model, step.isReturn))
    }
  }

  /// Whether a part of it has this value now, or had it below that on the stack.
  func holds<Part: Equatable>(_ value: Part?, _ part: (DesiredModel) -> Part) -> Bool {
    let values = steps.map { $0.model.map(part) }
    if let newest = values.first, newest == value { return true }
    // The value whose own beginning is looked for: a return to it has taken everything above it off the stack.
    var sought: Part??
    for (index, before) in values.enumerated().dropFirst() {
      let after = values[index - 1]
      if before == after { continue }
      if let target = sought {
        if before == target { sought = nil }
      } else if steps[index - 1].isReturn {
        sought = .some(after)
      } else if before == value {
        return true
      }
    }
    return false
  }
}
