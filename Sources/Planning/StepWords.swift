import Manifests
import Rollout
import Vocabulary

/// Puts the primitive steps of a program into the words of one model and its versions.
struct StepWords {
  let model: DesiredModel
  /// What serves now; `nil` for a first deployment.
  let from: Release?
  /// What one instance of it needs, when that is known.
  let resourcesBefore: Resources?

  private var version: String { model.workload.artifact.version }

  /// All steps, each in the light of those before it.
  func planned(_ program: Program) -> [PlannedStep] {
    program.steps.indices.compactMap { planned(program.steps[$0], after: program.steps[..<$0]) }
  }

  /// `nil` when the steps before leave nothing to be done.
  private func planned(_ step: Step, after done: ArraySlice<Step>) -> PlannedStep? {
    let before = Stance(after: done)
    let warm = before.stableRuns ? from : nil
    return switch step {
    case .fetch: PlannedStep(.fetch, "fetch \(shownURI(model.workload.artifact.uri))")
    case .verify: PlannedStep(.verify, "check that its digest is \(model.workload.artifact.digest)")
    case .start(let count): start(count, again: done.contains(.stopCandidate), beside: warm)
    case .preview(let access): PlannedStep(.preview, "send only \(words(access)) to version \(version)")
    case .mirror(let percent): PlannedStep(.mirror(percent: percent), copies(percent))
    case .weight(let percent):
      PlannedStep(.weight(percent: percent), "send \(share(percent)) to version \(version)")
    case .analyze(let duration, let minRequests):
      PlannedStep(.analyze(duration), analysis(for: duration, minRequests: minRequests))
    case .pause(let duration):
      PlannedStep(
        .pause(duration),
        duration.map { "pause for \($0.text)" } ?? "wait for `evenkeel promote \(model.name)`")
    case .promote where before.weight == 100:
      PlannedStep(.promote, "version \(version) is stable from here on")
    case .promote: PlannedStep(.promote, "send all requests to version \(version); it is stable from here on")
    case .watch(let duration): watch(for: duration, warm: warm)
    case .stopStable:
      PlannedStep(.stop, "stop \(previous): nobody answers from here until version \(version) is ready")
    case .stopCandidate: PlannedStep(.stop, "stop version \(version) again")
    // It has made way already.
    case .stop where !before.stableRuns: nil
    case .stop: PlannedStep(.stop, "stop \(previous)")
    }
  }

  private func words(_ access: Preview) -> String {
    switch access {
    case .header(let name): "requests with the header \(name)"
    case .host(let name): "requests for the host \(name)"
    }
  }

  private func share(_ percent: Int) -> String {
    percent == 100 ? "all requests" : "\(percent) % of the requests"
  }

  private func copies(_ percent: Int) -> String {
    percent == 0
      ? "send no more copies to version \(version)"
      : "send copies of \(share(percent)) to version \(version), and drop its answers"
  }

  private var previous: String { from.map { "version \($0.version)" } ?? "the previous version" }

  private func start(_ count: Int, again: Bool, beside other: Release?) -> PlannedStep {
    var text = "start \(instanceCount(count)) of version \(version)" + (again ? " again" : "")
    if let other { text += " beside version \(other.version)" }
    if let resources = model.workload.resources {
      text += ", \(count == 1 ? "with" : "each with") \(resources.words)"
      if let before = resourcesBefore, before != resources { text += " instead of \(before.words)" }
    }
    return PlannedStep(.start(instances: count), text)
  }

  private func analysis(for duration: Duration, minRequests: Int) -> String {
    guard minRequests > 0 else { return "\(judging) for \(duration.text)" }
    let requests = minRequests == 1 ? "1 request" : "\(minRequests) requests"
    let otherwise =
      switch model.live.policy.onUndecided {
      case .hold: ""
      case .promote: "; with fewer it goes on all the same"
      case .revert: "; with fewer it has failed"
      }
    return "\(judging) for \(duration.text) and at least \(requests)\(otherwise)"
  }

  private func watch(for duration: Duration, warm: Release?) -> PlannedStep {
    PlannedStep(
      .watch(duration),
      "\(judging) for \(duration.text) more" + (warm.map { ", with version \($0.version) kept warm" } ?? ""))
  }

  private var judging: String {
    let checks = model.live.policy.checks.map(\.name)
    return checks.isEmpty ? "watch" : "judge by \(checks.joined(separator: ", "))"
  }
}

/// A URI without user info, query and fragment: they can hold passwords, signatures and tokens, and plans are shown
/// to many, also on pull requests.
func shownURI(_ uri: String) -> String {
  // Bytes, not characters: all that matters is ASCII, and there may be ten thousand of them.
  let plain = uri.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
  guard let slash = plain.firstIndex(of: UInt8(ascii: "/")) else { return String(Substring(plain)) }
  let next = plain.index(after: slash)
  guard next < plain.endIndex, plain[next] == UInt8(ascii: "/") else { return String(Substring(plain)) }
  let rest = plain[plain.index(after: next)...]
  let authority = rest.prefix { $0 != UInt8(ascii: "/") }
  guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return String(Substring(plain)) }
  return String(uri[..<rest.startIndex] + uri[plain.index(after: at)..<plain.endIndex])
}

func instanceCount(_ count: Int) -> String { count == 1 ? "1 instance" : "\(count) instances" }

extension Resources {
  /// `2 CPU and 4Gi of memory`, as manifests write the quantities; one that is not said is left out.
  fileprivate var words: String {
    let parts = [
      milliCPU > 0 ? "\(formattedCPU(milliCPU)) CPU" : nil,
      memory > 0 ? "\(formattedMemory(memory)) of memory" : nil,
    ]
    return parts.compactMap(\.self).joined(separator: " and ")
  }
}
