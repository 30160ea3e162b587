import Manifests
import Rollout
import Vocabulary

/// Puts the primitive steps of a program into the words of one model and its versions.
struct StepWords {
  let model: DesiredModel
  /// What serves now; `nil` for a first deployment.
  let from: Release?

  private var version: String { model.workload.artifact.version }

  func planned(_ step: Step) -> PlannedStep {
    switch step {
    case .fetch:
      PlannedStep(.fetch, "fetch \(model.workload.artifact.uri)")
    case .verify:
      PlannedStep(.verify, "check that its digest is \(model.workload.artifact.digest)")
    case .start(let count):
      PlannedStep(
        .start(instances: count),
        "start \(instanceCount(count)) of version \(version)"
          + (from.map { " beside version \($0.version)" } ?? "")
      )
    case .weight(let percent):
      PlannedStep(.weight(percent: percent), "send \(percent) % of the requests to version \(version)")
    case .analyze(let duration, let minRequests):
      PlannedStep(.analyze(duration), analysis(for: duration, minRequests: minRequests))
    case .pause(let duration):
      PlannedStep(
        .pause(duration),
        duration.map { "pause for \($0.text)" } ?? "wait for `evenkeel promote \(model.name)`")
    case .promote:
      PlannedStep(.promote, "send all requests to version \(version); it is stable from here on")
    case .stop:
      PlannedStep(.stop, from.map { "stop version \($0.version)" } ?? "stop the previous version")
    }
  }

  private func analysis(for duration: Duration, minRequests: Int) -> String {
    let checks = model.live.policy.checks.map(\.name)
    let verb = checks.isEmpty ? "watch" : "judge by \(checks.joined(separator: ", "))"
    let requests = minRequests > 0 ? " and at least \(minRequests) requests" : ""
    return "\(verb) for \(duration.text)\(requests)"
  }
}

/// What changes at once, in words. `before` is `nil` when it is not known, and then nothing is said.
func liveSteps(from before: LiveSettings?, to after: LiveSettings, version: String) -> [PlannedStep] {
  guard let before else { return [] }
  var steps: [PlannedStep] = []
  if let step = replicaStep(from: before.replicas, to: after.replicas, version: version) {
    steps.append(step)
  }
  if before.route != after.route {
    steps.append(PlannedStep(.apply, "route \(before.route.words) -> \(after.route.words)"))
  }
  if before.policy != after.policy {
    let names =
      before.policy.name == after.policy.name
      ? after.policy.name : "\(before.policy.name) -> \(after.policy.name)"
    steps.append(PlannedStep(.apply, "rollout policy \(names); it holds from the next rollout on"))
  }
  if before.labels != after.labels {
    steps.append(PlannedStep(.apply, "labels \(words(before.labels)) -> \(words(after.labels))"))
  }
  return steps
}

private func replicaStep(from before: Int, to after: Int, version: String) -> PlannedStep? {
  let replicas = "replicas \(before) -> \(after)"
  if after > before {
    let count = after - before
    return PlannedStep(
      .start(instances: count),
      "\(replicas): start \(count) more \(count == 1 ? "instance" : "instances") of version \(version)")
  }
  if after < before {
    return PlannedStep(.stop, "\(replicas): stop \(instanceCount(before - after)) of version \(version)")
  }
  return nil
}

func instanceCount(_ count: Int) -> String { count == 1 ? "1 instance" : "\(count) instances" }

extension Route {
  fileprivate var words: String { (host ?? "*") + prefix }
}

private func words(_ labels: [String: String]) -> String {
  let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  return pairs.isEmpty ? "(none)" : pairs.joined(separator: ",")
}
