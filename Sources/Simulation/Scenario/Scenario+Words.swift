import Agent
import Manifests
import Vocabulary

extension Duration {
  /// Whole seconds, or milliseconds where there are less.
  var words: String { milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms" }
}

extension Happening: CustomStringConvertible {
  package var description: String {
    switch self {
    case .commit(let edits, let isMerge):
      "an engineer \(isMerge ? "merges" : "commits"): " + edits.map(\.description).joined(separator: "; ")
    case .steer(let model, let command): "a person: \(command.words) \(model)"
    case .fault(let fault): fault.description
    }
  }
}

extension SteerCommand {
  var words: String {
    switch self {
    case .promote(let full, _): full ? "promote --full" : "promote"
    case .pause: "pause"
    case .resume: "resume"
    case .abort: "abort"
    case .retry: "retry"
    case .rollback(let version, _): "rollback" + (version.map { " --to \($0)" } ?? "")
    }
  }
}

extension Edit: CustomStringConvertible {
  package var description: String {
    switch self {
    case .deploy(let model, let version): "Deploy \(model) \(version)"
    case .remove(let model): "Remove \(model)"
    case .usePolicy(let model, let policy): "Use the policy \(policy) for \(model)"
    case .replicas(let model, let count): "Run \(count) of \(model)"
    case .suspend(let model, let isSuspended): "\(isSuspended ? "Suspend" : "Unsuspend") \(model)"
    case .depend(let model, let others): "Let \(model) depend on \(others.map(\.rawValue))"
    case .memory(let model, let memory): "Give \(model) \(memory.map { "\($0) MiB" } ?? "any memory")"
    case .label(let model, let label): "Label \(model) \(label)"
    case .breakDocument(let model, let isBroken): "\(isBroken ? "Break" : "Mend") the document of \(model)"
    case .gibberish(let path, let isThere): "\(isThere ? "Add" : "Remove") gibberish in \(path)"
    case .policy(let policy): "Change the policy \(policy.name): \(policy.words)"
    case .runtime(let generation): "Use generation \(generation) of the runtime"
    case .undo(let commits): "Undo \(commits) commits"
    }
  }
}

extension Fault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .kill(let count, let happens, let duration):
      "the agent is killed \(happens ? "after" : "before") its effect \(count + 1) from now, for \(duration.words)"
    case .reboot(let duration): "the host is started anew, which takes \(duration.words)"
    case .crash(let model): "an instance of \(model) crashes"
    case .hang(let model, let duration): "an instance of \(model) hangs for \(duration.words)"
    case .noStarts(true, let duration): "other programs have the ports for \(duration.words)"
    case .noStarts(false, let duration): "the host starts no process for \(duration.words)"
    case .gateway(let fault, let duration): "the gateway \(fault.words) for \(duration.words)"
    case .gatewayRestart(let duration): "the gateway is started anew, which takes \(duration.words)"
    case .drift(let model): "somebody changes the route of \(model)"
    case .remote(let fault, let duration): "the remote \(fault.words) for \(duration.words)"
    case .rivals(let count): "somebody else will be faster \(count) times"
    case .rewrite(let back): "somebody sets the branch back by \(back) commits"
    case .diskFull(let duration): "the disk is full for \(duration.words)"
    case .clockJump(let jump): "somebody sets the clock by \(jump.words)"
    case .registry(let duration): "the registry does not answer for \(duration.words)"
    case .slowGit(let duration): "Git is slow for \(duration.words)"
    }
  }

  /// All kinds of faults that strike in lives.
  package static let kinds: Set<String> = [
    "agent killed before an effect", "agent killed after an effect", "host reboot", "instance crash",
    "instance hang", "port taken", "host refuses processes", "gateway rejects routes",
    "gateway does not answer", "gateway accepts too late", "gateway accepts and says so too late",
    "gateway tells old counts", "gateway tells no counts", "gateway restart", "gateway drift",
    "remote does not answer", "remote refuses pushes", "remote loses answers to pushes", "racing writers",
    "rewritten branch", "disk full", "clock set back", "clock set forward", "registry outage", "slow Git",
  ]

  /// A word for the kind of fault it is, for counting.
  package var kind: String {
    switch self {
    case .kill(_, false, _): "agent killed before an effect"
    case .kill(_, true, _): "agent killed after an effect"
    case .reboot: "host reboot"
    case .crash: "instance crash"
    case .hang: "instance hang"
    case .noStarts(true, _): "port taken"
    case .noStarts(false, _): "host refuses processes"
    case .gateway(let fault, _): "gateway \(fault.words)"
    case .gatewayRestart: "gateway restart"
    case .drift: "gateway drift"
    case .remote(let fault, _): "remote \(fault.words)"
    case .rivals: "racing writers"
    case .rewrite: "rewritten branch"
    case .diskFull: "disk full"
    case .clockJump(let jump): jump < .zero ? "clock set back" : "clock set forward"
    case .registry: "registry outage"
    case .slowGit: "slow Git"
    }
  }
}

extension GatewayFault {
  fileprivate var words: String {
    switch self {
    case .rejects: "rejects routes"
    case .silent: "does not answer"
    case .slow(false): "accepts too late"
    case .slow(true): "accepts and says so too late"
    case .lateCounts: "tells old counts"
    case .noCounts: "tells no counts"
    }
  }
}

extension RemoteFault {
  fileprivate var words: String {
    switch self {
    case .unreachable: "does not answer"
    case .refuses: "refuses pushes"
    case .losesAnswers: "loses answers to pushes"
    }
  }
}
