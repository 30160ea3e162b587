import Effects
import Logging
import Manifests
import Rollout
import Vocabulary

extension Reconciler {
  /// Tries one revert that is due, or else deletes a branch that is not needed any more. Answers whether there was one.
  ///
  /// Runs beside the passes: the network of the remote never delays a rollout.
  package func writeBackDue() async -> Bool {
    let now = edges.clock.now()
    let parked = names(where: \.isParked).compactMap { records[$0]?.machine }
    guard let due = parked.first(where: { isDue($0, at: now) }), let request = request(for: due) else {
      return await withdrawDue()
    }
    let writeBack = WriteBack(
      repository: edges.repository, clock: edges.clock, pause: edges.pause, agent: settings.agent,
      branch: settings.branch, way: wayBack,
      check: { [weak self] (commit) throws(SourceError) in _ = try await self?.clearance(for: commit) })
    let result = await writeBack.run(request, jitter: Double(edges.dice() % 1000) / 1000) { [weak self] in
      await self?.current(request)
    }
    // Being stopped in the middle of it says nothing about the remote.
    if case .postponed = result, Task.isCancelled { return false }
    do throws(JournalError) {
      try await take(result, for: request)
    } catch {
      // The remote may have our revert already: the next try finds its trailer there and writes nothing.
      edges.logger.error("the write-back could not be journalled", metadata: ["error": "\(error)"])
      return false
    }
    return true
  }

  private func isDue(_ machine: ModelMachine, at now: Timestamp) -> Bool {
    guard case .writingBack(_, let progress) = machine.rollout?.stage else { return false }
    return switch progress {
    case .pending(_, let retryAt, _, _, _): retryAt <= now
    case .proposed(let proposal, let lookAt): lookAt <= now || isOutdated(proposal)
    case .pushed, .movedOn, .notPossible: false
    }
  }

  /// The revert that the model waits for; `nil` when it waits for none.
  func request(for machine: ModelMachine) -> WriteBackRequest? {
    guard let rollout = machine.rollout,
      case .writingBack(let failure, let progress) = rollout.stage, let (tries, refusal) = progress.waiting
    else { return nil }
    var others: [ModelName: Revision?] = [:]
    for (name, record) in records.byName where name != machine.name {
      others.updateValue(record.machine.stable?.revision, forKey: name)
    }
    let isTold = if case .proposed = progress { true } else { false }
    return WriteBackRequest(
      model: machine.name, failed: rollout.subject, lastGood: machine.stable, failure: failure,
      rollout: rollout.id, lastGoodOfOthers: others, tries: tries,
      refusals: refusal == nil ? 0 : tries, proposal: progress.proposal, isTold: isTold)
  }

  private func take(_ result: WriteBackResult, for request: WriteBackRequest) async throws(JournalError) {
    await turns.enter()
    defer { turns.leave() }
    try await followClock()
    // A newer commit may have replaced the rollout while the revert was on its way, or a look at Git may have
    // found the revert already.
    guard var record = records[request.model], isPending(request) else {
      return try await withdraw(result, of: request)
    }
    let now = edges.clock.now()
    record.machine.wroteBack(result, at: now)
    try await save(record, result.entries(for: request, at: now))
  }

  /// The request as it stands by now; `nil` when nothing waits for it any more.
  private func current(_ request: WriteBackRequest) -> WriteBackRequest? {
    guard isPending(request), let record = records[request.model] else { return nil }
    return self.request(for: record.machine)
  }

  /// Whether the model still waits for this revert.
  func isPending(_ request: WriteBackRequest) -> Bool {
    records[request.model].flatMap { self.request(for: $0.machine) }?.rollout == request.rollout
  }
}

extension WriteBackResult {
  /// What the journal says about it.
  func entries(for request: WriteBackRequest, at now: Timestamp) -> [JournalEntry] {
    guard let (reason, message) = words(for: request) else { return [] }
    let event = JournalEntry.event(
      Event(at: now, model: request.model, rollout: request.rollout, reason: reason, message: message))
    guard case .pushed(let commit) = self else { return [event] }
    return [event, .revert(commit, of: request.rollout)]
  }

  /// `nil` when it is no news.
  fileprivate func words(for request: WriteBackRequest) -> (reason: String, message: String)? {
    let what = "\(request.model) \(request.failed.version)"
    return switch self {
    case .pushed(let commit): ("Reverted", "\(what) is reverted in Git by commit \(commit.short)")
    case .movedOn:
      ("WriteBackUnneeded", "\(what): somebody has already moved the model on; nothing to revert")
    case .notPossible(let reason): ("RevertNotPossible", "\(what): \(reason)")
    case .postponed(let reason, let wait):
      ("WriteBackPostponed", "\(what): the revert waits \(wait): \(reason)")
    case .proposed(let proposal):
      proposal.isNews(for: request) ? ("RevertProposed", "\(what): \(proposal.words)") : nil
    case .refused(_, let words, let wait): ("PushRefused", "\(what): \(words); tried again after \(wait)")
    }
  }
}

extension RevertProposal {
  /// Whether anybody wants to hear of it: what is only brought up to date is the same proposal.
  fileprivate func isNews(for request: WriteBackRequest) -> Bool {
    !request.isTold || request.proposal?.branch != branch || request.proposal?.isForeign != isForeign
  }
}
