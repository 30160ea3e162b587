package import Manifests
package import Vocabulary

/// Whether a revert does what it is for and nothing else.
package enum RevertProof: Hashable, Sendable {
  /// It may be pushed. The named models were on their way to another revision and return to their last good
  /// one with it.
  case proven(alsoRestored: [ModelName])
  /// It may not be pushed; why, in words for a person.
  case rejected(String)
}

/// Proves a revert before it is pushed, by comparing what the manifests ask for with and without it.
///
/// It is accepted only if the model asks for its last good revision again (for nothing, when it never had one), if
/// every other model that differs leaves a revision that is not its last good one for the one that is, if no model
/// besides a first deployment disappears, and if nothing becomes unreadable or complained about.
///
/// - Parameters:
///   - tip: what the branch asks for now.
///   - result: what it would ask for with the revert.
///   - lastGoodOfOthers: the stable revision of every other model; `nil` where there is none.
package func proveRevert(
  of model: ModelName, from failed: Revision, to lastGood: Revision?, tip: DesiredState,
  result: DesiredState, lastGoodOfOthers: [ModelName: Revision?]
) -> RevertProof {
  guard isStillWanted(failed, of: model, in: tip) else {
    return .rejected("the branch does not ask for the failed revision of \(model) any more")
  }
  if let damage = newDamage(from: tip, to: result) { return .rejected(damage) }
  guard AskedFor(model, in: result) == AskedFor(lastGood: lastGood) else {
    return .rejected(missedGoal(model, lastGood: lastGood, result: result))
  }
  var restored: [ModelName] = []
  for other in differences(between: tip, and: result) where other != model {
    let lastGood = lastGoodOfOthers[other] ?? nil
    switch effect(on: other, from: tip, to: result, lastGood: lastGood) {
    case .none: continue
    case .restored: restored.append(other)
    case .refused(let reason): return .rejected(reason)
    }
  }
  return .proven(alsoRestored: restored)
}

/// The models that two states do not ask for alike. They are few, and those that are the same are mostly known to be.
private func differences(between tip: DesiredState, and result: DesiredState) -> [ModelName] {
  let changed = result.models.filter { $0.value != tip.models[$0.key] }.map(\.key)
  let gone = tip.models.keys.filter { result.models[$0] == nil }
  return (changed + gone).sorted()
}

private func missedGoal(_ model: ModelName, lastGood: Revision?, result: DesiredState) -> String {
  let found =
    switch AskedFor(model, in: result) {
    case .nothing: "it would be gone"
    case .revision(let revision): "it would ask for revision \(revision.short)"
    case .unreadable: "its manifests could not be read"
    }
  let wanted = lastGood.map { "return to revision \($0.short)" } ?? "be gone again"
  return "\(model) would not \(wanted): \(found)"
}

/// What a revert does to a model that it is not about.
private enum SideEffect {
  case none
  /// It returns to its last good revision: harmless.
  case restored
  /// It may not happen; why, in words.
  case refused(String)
}

private func effect(
  on other: ModelName, from tip: DesiredState, to result: DesiredState, lastGood: Revision?
) -> SideEffect {
  guard let after = result.models[other] else { return .refused("it would also remove \(other)") }
  let (before, new) = (AskedFor(other, in: tip), revision(of: after.workload))
  // What cannot be read elsewhere is no sign that it was there: only its own file, or its own document.
  let wasThere =
    tip.models[other] != nil || tip.unreadable.contains(other) || tip.unattributed.contains(after.file)
  guard wasThere else { return .refused("it would also bring back \(other)") }
  if before == .revision(new) {
    return tip.models[other]?.live == after.live
      ? .none : .refused("it would also change the live settings of \(other)")
  }
  guard new == lastGood else {
    return .refused(
      "it would also take \(other) to version \(after.workload.artifact.version), "
        + "which is not its last good revision")
  }
  return .restored
}

/// What the revert would break in the manifests, in words; `nil` when it breaks nothing.
func newDamage(from tip: DesiredState, to result: DesiredState) -> String? {
  if let model = result.unreadable.subtracting(tip.unreadable).min() {
    return "the manifests of \(model) could not be read any more"
  }
  if let file = result.unattributed.subtracting(tip.unattributed).min() {
    return "\(file) could not be read any more"
  }
  // Lines move when a file changes, so a complaint is the same one when it says the same about the same file.
  var known: [Complaint: Int] = [:]
  for diagnostic in tip.diagnostics { known[Complaint(diagnostic), default: 0] += 1 }
  // What is only warned of works.
  for diagnostic in result.diagnostics where diagnostic.severity == .error {
    let left = known[Complaint(diagnostic), default: 0]
    guard left > 0 else {
      return "\(diagnostic.file):\(diagnostic.line): \(diagnostic.message)"
    }
    known[Complaint(diagnostic)] = left - 1
  }
  return nil
}

private struct Complaint: Hashable {
  var severity: Diagnostic.Severity
  var file: String
  var message: String

  init(_ diagnostic: Diagnostic) {
    severity = diagnostic.severity
    file = diagnostic.file
    message = diagnostic.message
  }
}
