package import Manifests
import Vocabulary

/// What differs between live settings, one phrase for each, such as `replicas 3 -> 2`; empty when nothing does. The
/// dry run and the loop's events both say it in these words.
package func liveDifferences(from before: LiveSettings, to after: LiveSettings) -> [String] {
  let replicas = replicaDifference(from: before.replicas, to: after.replicas)
  return (replicas.map { [$0] } ?? []) + settingDifferences(from: before, to: after)
}

/// What changes at once, as steps of a plan. `before` is `nil` when it is not known, and then nothing is said.
func liveSteps(from before: LiveSettings?, to after: LiveSettings, version: String) -> [PlannedStep] {
  guard let before else { return [] }
  let replicas = replicaStep(from: before.replicas, to: after.replicas, version: version)
  let settings = settingDifferences(from: before, to: after).map { PlannedStep(.apply, $0) }
  return (replicas.map { [$0] } ?? []) + settings
}

private func replicaDifference(from before: Int, to after: Int) -> String? {
  before == after ? nil : "replicas \(before) -> \(after)"
}

private func settingDifferences(from before: LiveSettings, to after: LiveSettings) -> [String] {
  var differences: [String] = []
  if before.route != after.route {
    differences.append("route \(before.route.words) -> \(after.route.words)")
  }
  if before.policy != after.policy {
    let names =
      before.policy.name == after.policy.name
      ? after.policy.name : "\(before.policy.name) -> \(after.policy.name)"
    differences.append("rollout policy \(names); it holds from the next rollout on")
  }
  if before.labels != after.labels {
    differences.append("labels \(words(before.labels)) -> \(words(after.labels))")
  }
  if before.dependsOn != after.dependsOn {
    differences.append("depends on \(words(before.dependsOn)) -> \(words(after.dependsOn))")
  }
  if before.suspend != after.suspend {
    differences.append(
      after.suspend
        ? "suspended: rollouts neither begin nor go on until it is lifted"
        : "suspended no more: rollouts begin and go on")
  }
  return differences
}

private func replicaStep(from before: Int, to after: Int, version: String) -> PlannedStep? {
  guard let difference = replicaDifference(from: before, to: after) else { return nil }
  if after < before {
    return PlannedStep(.stop, "\(difference): stop \(instanceCount(before - after)) of version \(version)")
  }
  let count = after - before
  return PlannedStep(
    .start(instances: count),
    "\(difference): start \(count) more \(count == 1 ? "instance" : "instances") of version \(version)")
}

extension Route {
  fileprivate var words: String { (host ?? "*") + prefix }
}

private func words(_ models: [ModelName]) -> String {
  models.isEmpty ? "(none)" : models.map(\.rawValue).joined(separator: ",")
}

private func words(_ labels: [String: String]) -> String {
  let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  return pairs.isEmpty ? "(none)" : pairs.joined(separator: ",")
}
