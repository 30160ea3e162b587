import Manifests
import Rollout
import Vocabulary

/// What people should know before a rollout begins.
func warnings(about release: Release, under program: Program, on observed: ObservedModel) -> [PlanWarning] {
  var warnings: [PlanWarning] = []
  if let failed = observed.failures.last(where: { $0.attempt.revision == release.revision }) {
    let commit = failed.attempt.commit.map { ", from commit \($0.short)" } ?? ""
    warnings.append(
      PlanWarning(
        reason: "FailedBefore",
        message: "version \(failed.version) failed at \(failed.at)\(commit): \(failed.message)"))
  }
  warnings += supersession(of: observed, by: release)
  if let stable = observed.stable, program.steps.contains(.stopStable) {
    warnings.append(
      PlanWarning(
        reason: "Downtime",
        message: "nobody answers from the moment that version \(stable.version) stops until version "
          + "\(release.version) is ready, and again if version \(stable.version) has to return"))
  }
  return warnings
}

/// What becomes of a rollout that is under way, or of the watch that follows one, when something else is asked for.
///
/// - Parameter release: what is to be rolled out next; `nil` when nothing is, and then nothing waits.
func supersession(of observed: ObservedModel, by release: Release?) -> [PlanWarning] {
  let queued = observed.live?.policy.supersede == .queue ? release : nil
  let what: String
  if let candidate = observed.underWay {
    what = "the rollout of version \(candidate.version) is under way (\(observed.phase.rawValue))"
  } else if observed.phase == .watching, let stable = observed.stable {
    let warm = observed.warm.map { ", with version \($0.version) kept warm" } ?? ""
    what = "version \(stable.version) is still watched\(warm)"
  } else {
    return []
  }
  let fate =
    queued.map { "; version \($0.version) is queued behind it" }
    ?? (observed.phase == .watching ? "; that ends" : " and will be superseded")
  return [PlanWarning(reason: "RolloutInProgress", message: what + fate)]
}

/// Why a rollout will not begin at once.
func waitWarnings(
  about model: DesiredModel, _ desired: DesiredState, _ observed: ObservedState
) -> [PlanWarning] {
  let version = model.workload.artifact.version
  var warnings: [PlanWarning] = []
  if model.live.suspend {
    warnings.append(
      PlanWarning(
        reason: "Suspended",
        message: "version \(version) waits until the model is not suspended in Git any more"))
  }
  let awaited = model.live.dependsOn.filter { !serves($0, desired, observed) }
  if !awaited.isEmpty {
    let names = awaited.map(\.rawValue).joined(separator: ", ")
    warnings.append(
      PlanWarning(
        reason: "WaitsForDependency",
        message:
          "version \(version) waits until \(names) \(awaited.count == 1 ? "serves" : "serve") what Git asks for"
      ))
  }
  return warnings
}

/// Whether a model serves what Git asks for already.
private func serves(_ name: ModelName, _ desired: DesiredState, _ observed: ObservedState) -> Bool {
  guard let model = observed.models[name], let stable = model.stable, model.underWay == nil,
    model.phase != .removing
  else { return false }
  // What cannot be read keeps running what it runs.
  return desired.models[name].map { revision(of: $0.workload) == stable.revision } ?? true
}
