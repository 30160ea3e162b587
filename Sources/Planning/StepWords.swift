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
      PlannedStep(.fetch, "fetch \(shownURI(model.workload.artifact.uri))")
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
    case .stopStable:
      PlannedStep(
        .stop,
        "stop \(from.map { "version \($0.version)" } ?? "stable"): nobody answers until the next is ready")
    case .stopCandidate:
      PlannedStep(.stop, "stop version \(version) again")
    case .preview(.header(let name)):
      PlannedStep(.preview, "send the requests with the header \(name) to version \(version)")
    case .preview(.host(let name)):
      PlannedStep(.preview, "send the requests for \(name) to version \(version)")
    case .mirror(0):
      PlannedStep(.mirror(percent: 0), "send no more copies to version \(version)")
    case .mirror(let percent):
      PlannedStep(
        .mirror(percent: percent),
        "send copies of \(percent) % of the requests to version \(version) and drop its answers")
    case .watch(let duration):
      PlannedStep(
        .watch(duration),
        "\(judging) for \(duration.text)" + (from.map { ", with version \($0.version) kept warm" } ?? ""))
    case .stop:
      PlannedStep(.stop, from.map { "stop version \($0.version)" } ?? "stop the previous version")
    }
  }

  private func analysis(for duration: Duration, minRequests: Int) -> String {
    let requests = minRequests > 0 ? " and at least \(minRequests) requests" : ""
    return "\(judging) for \(duration.text)\(requests)"
  }

  private var judging: String {
    let checks = model.live.policy.checks.map(\.name)
    return checks.isEmpty ? "watch" : "judge by \(checks.joined(separator: ", "))"
  }
}

/// A URI without user info, query and fragment: they can hold passwords, signatures and tokens, and plans are shown
/// to many, also on pull requests.
func shownURI(_ uri: String) -> String {
  let plain = uri.prefix { $0 != "?" && $0 != "#" }
  guard let slashes = plain.firstRange(of: "//") else { return String(plain) }
  let authority = plain[slashes.upperBound...].prefix { $0 != "/" }
  guard let at = authority.lastIndex(of: "@") else { return String(plain) }
  return String(plain[..<slashes.upperBound] + plain[plain.index(after: at)...])
}

func instanceCount(_ count: Int) -> String { count == 1 ? "1 instance" : "\(count) instances" }
