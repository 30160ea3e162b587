package import Vocabulary

/// What came of a person's command. Every command may be given twice: the second time it says what is already so.
package enum SteerOutcome<Change: Hashable & Sendable>: Hashable, Sendable {
  case changed(Change)
  /// It is so already, in words.
  case already(String)
  /// It makes no sense now; the text says what is the case instead.
  case refused(String)
}

/// What `evenkeel rollback` does to a model.
package enum Rollback: Hashable, Sendable {
  /// The running or held rollout is given up; traffic is on stable, or returns to it at once.
  case abandoned(RolloutRecord)
  /// An earlier release is on its way back.
  case started(to: Release)
}

extension ModelMachine {
  /// A person has seen enough: the current analysis or pause is complete. With `full` everything between here and the
  /// promotion is left out. Answers the step that was ended.
  ///
  /// - Parameter step: only if the rollout is still at this step (from 1): so that a command that is given twice does
  ///   not skip two.
  package mutating func promote(
    full: Bool = false, at step: Int? = nil, by person: String, now: Timestamp
  ) -> SteerOutcome<Step> {
    guard let rollout, case .stepping = rollout.stage else {
      return .refused("\(name) has no rollout under way")
    }
    if rollout.isPromoted { return .already("\(name) \(rollout.candidate.version) is promoted") }
    if let step, rollout.cursor + 1 > step {
      return .already(
        "\(name) \(rollout.candidate.version) is past step \(step): it is at \"\(rollout.step)\"")
    }
    if full { return promoteFully(rollout, by: person, at: now) }
    switch rollout.step {
    case .analyze, .pause:
      note("ended the step \"\(rollout.step)\"", by: person, at: now)
      moveCursor(at: now)
      return .changed(rollout.step)
    default:
      return .refused(
        "\(name) \(rollout.candidate.version) waits for nobody: it is at the step \"\(rollout.step)\"")
    }
  }

  private mutating func promoteFully(_ rollout: Rollout, by person: String, at now: Timestamp)
    -> SteerOutcome<Step>
  {
    let (current, rest) = (rollout.step, rollout.program.steps[(rollout.cursor + 1)...])
    let needed = rest.filter(\.isNeededToPromote)
    guard needed.count < rest.count || !current.isNeededToPromote else {
      return .already("\(name) \(rollout.candidate.version) is promoted as soon as it is ready")
    }
    note("promoted it without further looks", by: person, at: now)
    self.rollout?.program.steps = rollout.program.steps[...rollout.cursor] + needed
    if !current.isNeededToPromote { moveCursor(at: now) }
    return .changed(current)
  }

  /// Rollouts of this model neither begin nor go on until `resume`. What fails is still taken back.
  package mutating func pause(by person: String, at now: Timestamp) -> SteerOutcome<String> {
    if let pausedBy { return .already("\(name) is already paused by \(pausedBy)") }
    pausedBy = person
    note("paused it", by: person, at: now)
    return .changed(person)
  }

  /// Ends the pause. Answers who had begun it.
  package mutating func resume(by person: String, at now: Timestamp) -> SteerOutcome<String> {
    guard let pauser = pausedBy else { return .already("\(name) is not paused") }
    pausedBy = nil
    note("resumed it", by: person, at: now)
    return .changed(pauser)
  }

  /// Puts into the history of the running rollout what somebody did to it.
  private mutating func note(_ what: String, by person: String, at now: Timestamp) {
    guard var interventions = rollout?.interventions else { return }
    interventions.append(Intervention(at: now, by: person, what: what))
    interventions.removeFirst(max(0, interventions.count - Self.rememberedInterventions))
    rollout?.interventions = interventions
  }

  /// Back to stable, with no revert: the commit stays, and the attempt is held.
  package mutating func abort(by person: String, at now: Timestamp) -> SteerOutcome<RolloutRecord> {
    switch rollout?.stage {
    case .stepping where rollout?.isPromoted == false:
      rollout?.requestedBy = person
      guard let record = restore(because: .abortedByHand, "aborted by \(person)", at: now) else { break }
      return .changed(record)
    case .restoring(let failure), .held(let failure):
      return .already("\(name) is back on stable: \(failure.message)")
    case .writingBack, .stepping, nil: break
    }
    return .refused("\(name) has no rollout under way; `evenkeel rollback` takes back what was promoted")
  }

  /// The failed attempt that Git still asks for is made once more. Answers what is tried.
  package mutating func retry(by person: String) -> SteerOutcome<Release> {
    guard let desired else { return .refused("Git has no model \(name)") }
    switch rollout?.stage {
    case .stepping:
      return .already("\(name): the rollout of version \(rollout?.candidate.version ?? "") is under way")
    case .restoring:
      return .refused("\(name): traffic is on its way back to stable; try again when it is there")
    case .writingBack(_, .pushed), .writingBack(_, .movedOn):
      return .refused("\(name): Git does not ask for the failed version any more; commit it again")
    case .writingBack, .held: dropRollout()
    case nil:
      if retrying?.attempt == Attempt(desired) {
        return .already("\(name): version \(desired.version) is about to be tried once more")
      }
      guard quarantine(of: desired) != nil else {
        return .already("\(name): version \(desired.version) has not failed")
      }
    }
    retrying = Retry(attempt: Attempt(desired), by: person)
    return .changed(desired)
  }

  /// Back to an earlier release, and the revert in Git. `id` names the rollout that goes there.
  ///
  /// - Parameter version: which one; the release before stable when `nil`.
  package mutating func rollback(
    to version: String? = nil, because reason: String?, by person: String, rules: Rules, at now: Timestamp,
    id: RolloutID
  ) -> SteerOutcome<Rollback> {
    let message = "rolled back by \(person)" + (reason.map { ": \($0)" } ?? "")
    let running = rollout?.isClosing == true ? nil : rollout
    if let version, version == stable?.version, running == nil {
      return .already("\(name) is on version \(version)")
    }
    if let rollout = running {
      if case .restore = rollout.kind, case .stepping = rollout.stage {
        let target = rollout.candidate.version
        return version == nil || version == target
          ? .already("\(name) is already on its way back to version \(target)")
          : .refused("\(name) is on its way back to version \(target); abort it, then roll back")
      }
      let target = rollout.isPromoted ? rollout.displaced : stable
      if version == nil || version == target?.version {
        return giveUp(rollout, message, by: person, at: now)
      }
      guard case .stepping = rollout.stage, rollout.isPromoted else {
        return .refused(
          "\(name) has a rollout of version \(rollout.candidate.version) under way; abort it, then roll back")
      }
    }
    return goBack(to: version, message, by: person, rules: rules, at: now, id: id)
  }

  /// The running rollout has not arrived, or what it brought can still be taken back in one step.
  private mutating func giveUp(_ rollout: Rollout, _ message: String, by person: String, at now: Timestamp)
    -> SteerOutcome<Rollback>
  {
    switch rollout.stage {
    case .held(let failure):
      // A held attempt is not waited for any more: Git gets its revert after all.
      self.rollout?.requestedBy = person
      rolledBackBy = person
      self.rollout?.waitingFor = nil
      self.rollout?.stage = .writingBack(failure, .pending(tries: 0, retryAt: now, trouble: nil))
      var record = RolloutRecord(rollout, of: name, outcome: .rolledBack, at: now, failure: failure)
      record.requestedBy = person
      return .changed(.abandoned(record))
    case .stepping where rollout.kind == .deploy:
      self.rollout?.requestedBy = person
      guard let record = restore(because: .rolledBackByHand, message, at: now) else { break }
      rolledBackBy = person
      return .changed(.abandoned(record))
    case .stepping, .restoring, .writingBack: break
    }
    return .already("\(name) is already on its way back")
  }

  private mutating func goBack(
    to version: String?, _ message: String, by person: String, rules: Rules, at now: Timestamp, id: RolloutID
  ) -> SteerOutcome<Rollback> {
    guard let stable, !removing else { return .refused("\(name) has no stable version to roll back from") }
    if version == nil, let rolledBackBy {
      return .already(
        "\(name) was rolled back to version \(stable.version) by \(rolledBackBy); name the version to go back further"
      )
    }
    guard let target = version.map({ version in past.first { $0.version == version } }) ?? past.first else {
      let known = past.map(\.version).joined(separator: ", ")
      guard let version else { return .refused("\(name) has no earlier stable version to go back to") }
      return .refused(
        "\(name) has no earlier stable version \(version); there is \(known.isEmpty ? "none" : known)")
    }
    let failure = Failure(
      reason: .rolledBackByHand, message: message, step: 1, steps: 1, stepText: "stable", at: now,
      checks: [], log: [])
    let isExclusive = terms?.program.steps.contains(.stopStable) ?? false
    rollout = Rollout(
      id: id, kind: .restore(from: stable, failure: failure), candidate: target,
      program: .restoration(instances: replicas, isExclusive: isExclusive), rules: rules, checks: [], at: now)
    rollout?.requestedBy = person
    return .changed(.started(to: target))
  }
}

extension Step {
  /// Whether a candidate that is promoted without further looks still needs it.
  fileprivate var isNeededToPromote: Bool {
    switch self {
    case .fetch, .verify, .stopStable, .start, .promote, .watch, .stop: true
    case .preview, .mirror, .weight, .analyze, .pause, .stopCandidate: false
    }
  }
}
