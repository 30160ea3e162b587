package import Vocabulary

/// Where a model is, in one word of the design's vocabulary.
package enum Phase: String, Codable, Sendable {
  case fetching, verifying, starting, stepping, promoting, watching, stable
  case restoring, writingBack, held, removing

  /// Whether a rollout goes on in it.
  package var isUnderWay: Bool {
    switch self {
    case .fetching, .verifying, .starting, .stepping, .promoting, .watching: true
    case .stable, .restoring, .writingBack, .held, .removing: false
    }
  }
}

/// One condition of a model, as kstatus of Kubernetes has them.
package struct Condition: Hashable, Codable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// Serves what Git asks for.
    case ready = "Ready"
    /// On its way to what Git asks for.
    case reconciling = "Reconciling"
    /// Only a person, or the end of an outage, can help.
    case stalled = "Stalled"
    /// Git still asks for a failed revision.
    case pinnedByRollback = "PinnedByRollback"
  }
  package enum Status: String, Codable, Sendable {
    case yes = "True"
    case no = "False"
    case unknown = "Unknown"
  }

  package var type: Kind
  package var status: Status
  /// One CamelCase word.
  package var reason: String
  package var message: String
  /// When the status last changed.
  package var since: Timestamp

  package init(type: Kind, status: Status, reason: String, message: String, since: Timestamp) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.since = since
  }
}

/// What keeps a model from getting on, found outside its machine.
package struct Trouble: Hashable, Codable, Sendable {
  package var reason: String
  package var message: String

  package init(reason: String, message: String) {
    self.reason = reason
    self.message = message
  }
}

extension ModelMachine {
  package var phase: Phase {
    guard !removing else { return .removing }
    guard let rollout else { return .stable }
    switch rollout.stage {
    case .restoring: return .restoring
    case .writingBack: return .writingBack
    case .held: return .held
    case .stepping:
      switch rollout.step {
      case .fetch: return .fetching
      case .verify: return .verifying
      case .stopStable, .start: return .starting
      case .preview, .mirror, .weight, .analyze, .pause, .stopCandidate: return .stepping
      case .promote, .stop: return .promoting
      case .watch: return .watching
      }
    }
  }

  /// The conditions now; those that were the same before keep their time. `trouble` is what the loop knows
  /// and the machine does not: a manifest that cannot be read, a gateway that is down, an instance of
  /// stable that keeps crashing. `waiting` is why a rollout that is due has not begun. Only conditions that are true
  /// are listed, besides `Ready`.
  package func conditions(
    readyInstances: Int, trouble: Trouble?, waiting: Trouble? = nil, before: [Condition], at now: Timestamp
  ) -> [Condition] {
    var conditions = [readyCondition(readyInstances: readyInstances)]
    if let progress = reconciling ?? waiting {
      conditions.append(condition(.reconciling, progress.reason, progress.message))
    }
    if let trouble = trouble ?? stall {
      conditions.append(condition(.stalled, trouble.reason, trouble.message))
    }
    if let (reason, message) = pin { conditions.append(condition(.pinnedByRollback, reason, message)) }
    return conditions.map { condition in
      var condition = condition
      let earlier = before.first { $0.type == condition.type && $0.status == condition.status }
      condition.since = earlier?.since ?? now
      return condition
    }
  }

  private func condition(
    _ type: Condition.Kind, _ reason: String, _ message: String, status: Condition.Status = .yes
  ) -> Condition {
    Condition(
      type: type, status: status, reason: reason, message: message, since: Timestamp(milliseconds: 0))
  }

  private func readyCondition(readyInstances: Int) -> Condition {
    guard let stable, !removing else {
      return condition(.ready, "NotDeployed", "no version serves", status: .no)
    }
    guard readyInstances >= replicas else {
      return condition(
        .ready, "InstancesNotReady",
        "\(readyInstances) of \(replicas) instances of version \(stable.version) are ready", status: .no)
    }
    if isServing(readyInstances: readyInstances) {
      return condition(.ready, "Serving", "version \(stable.version) serves")
    }
    return condition(
      .ready, "ServingStable", "version \(stable.version) serves; Git asks for another one",
      status: rollout.map { if case .stepping = $0.stage { .unknown } else { .no } } ?? .no)
  }

  /// Whether enough instances of what Git asks for are ready.
  package func isServing(readyInstances: Int) -> Bool {
    guard let stable, !removing, readyInstances >= replicas else { return false }
    return desired?.revision == stable.revision && rollout?.isPromoted ?? true
  }

  private var reconciling: Trouble? {
    guard !removing else { return Trouble(reason: "Removing", message: "Git no longer has the model") }
    guard let rollout else { return resting }
    let version = rollout.candidate.version
    let waiting = rollout.waitingFor.map { ", waiting for: \($0)" } ?? ""
    switch rollout.stage {
    case .stepping:
      let place = "step \(rollout.cursor + 1) of \(rollout.program.steps.count) (\(rollout.step))"
      let halt = rollout.halt.flatMap { $0.isTold ? $0 : nil }
      let why = halt.map { "; \($0.cause.message)" } ?? waiting
      return Trouble(
        reason: halt?.cause.reason ?? "Progressing", message: "version \(version): \(place)\(why)")
    case .restoring: return Trouble(reason: "Restoring", message: "traffic returns to stable\(waiting)")
    case .writingBack(_, .notPossible), .writingBack(_, .proposed), .held: return nil
    case .writingBack:
      return Trouble(
        reason: "WritingBack", message: "the revert of version \(rollout.subject.version) is pending")
    }
  }

  /// Why the model itself does not begin what Git asks for.
  private var resting: Trouble? {
    guard let wish else { return nil }
    if suspended {
      return Trouble(
        reason: "Suspended", message: "version \(wish.version) waits: the model is suspended in Git")
    }
    return pausedBy.map {
      Trouble(reason: "Paused", message: "version \(wish.version) waits: paused by \($0)")
    }
  }

  private var stall: Trouble? {
    switch rollout?.stage {
    case .writingBack(_, .notPossible(let reason)):
      return Trouble(reason: "RevertNotPossible", message: reason)
    case .writingBack(_, .pending(_, _, let words?, .some, _)):
      return Trouble(reason: "PushRefused", message: words)
    case .writingBack(_, .proposed(let proposal, _)):
      return Trouble(reason: "RevertProposed", message: proposal.words)
    case .writingBack(_, .pending(_, _, let trouble?, nil, _)):
      return Trouble(reason: "WriteBackFailing", message: trouble)
    case .held(let failure):
      let why = rollout?.waitingFor.map { "; \($0)" } ?? ""
      return Trouble(reason: failure.reason.rawValue, message: "held: \(failure.message)\(why)")
    case .stepping:
      guard let halt = rollout?.halt, halt.isTold, case .outage(let trouble) = halt.cause else { return nil }
      return trouble
    case .restoring, .writingBack: return nil
    case nil:
      guard let failed = failedWish else { return nil }
      return Trouble(
        reason: "FailedBefore",
        message: "version \(failed.version) failed before and is not tried again: \(failed.message)")
    }
  }

  /// The failed attempt that Git asks for again, unchanged.
  private var failedWish: FailedAttempt? {
    guard let desired, desired.revision != stable?.revision else { return nil }
    return quarantine(of: desired)
  }

  private var pin: (String, String)? {
    let reason: String
    var remedy = ""
    switch rollout?.stage {
    // `Stalled` may have something more urgent to say.
    case .writingBack(_, .notPossible): reason = "RevertNotPossible"
    case .writingBack(_, .pending(_, _, let words?, .some, _)):
      (reason, remedy) = ("PushRefused", "; \(words)")
    case .writingBack(_, .proposed(let proposal, _)):
      (reason, remedy) = ("RevertProposed", "; \(proposal.words)")
    case .restoring, .writingBack: reason = "RevertPending"
    case .held: reason = "Held"
    case .stepping: return nil
    case nil:
      guard failedWish != nil else { return nil }
      reason = "FailedBefore"
    }
    guard let desired else { return nil }
    let served = stable.map { "version \($0.version) serves" } ?? "nothing serves"
    var fate = "failed"
    if case .held(let failure) = rollout?.stage, failure.reason == .abortedByHand { fate = "was aborted" }
    return (reason, "Git asks for version \(desired.version), which \(fate); \(served)\(remedy)")
  }

  /// Whether this commit is our revert.
  package func hasPushed(_ commit: CommitID) -> Bool {
    guard case .writingBack(_, .pushed(commit)) = rollout?.stage else { return false }
    return true
  }

  /// Whether Git asks for an attempt that has been given up. A commit that asks for it anew is a new attempt.
  package var isPinned: Bool { pin != nil }
}
