package import Effects
import Logging
import Manifests
import Planning
import Rollout
import Vocabulary

extension Reconciler {
  /// Asks the remote, and takes in what Git wants now. With the remote out of reach the last wishes stay
  /// in force; after a restart they are read from the mirror. Answers what went wrong.
  @discardableResult
  package func poll() async -> SourceError? {
    await polls.enter()
    defer { polls.leave() }
    let answered = answeredFailures()
    var tip: CommitID?
    do throws(SourceError) {
      let fetched = try await edges.repository.fetch()
      tip = fetched
      try await take(fetched, fetched: true, cleared: try await clearance(for: fetched))
      await hold(whoseAnswersVanished: answered)
      (sourceTrouble, held) = (nil, nil)
    } catch {
      if error.kind == .held { held = tip }
      // Being stopped in the middle of a fetch says nothing about the remote.
      if !Task.isCancelled { await sourceFailed(error) }
    }
    return sourceTrouble
  }

  /// The failures that somebody has answered in Git.
  private func answeredFailures() -> [ModelName: WriteBackProgress] {
    names(where: { !$0.isSettled }).reduce(into: [:]) { answered, name in
      answered[name] = records[name]?.machine.answeredBy
    }
  }

  /// Failures that were answered in Git before this look at it began, and that it asks for all the same.
  private func hold(whoseAnswersVanished answered: [ModelName: WriteBackProgress]) async {
    guard !answered.isEmpty else { return }
    await turns.enter()
    defer { turns.leave() }
    do throws(JournalError) {
      try await hold(answered)
    } catch {
      // The next look at Git finds it again.
      edges.logger.error("a revert that vanished could not be journalled", metadata: ["error": "\(error)"])
    }
  }

  private func hold(_ answered: [ModelName: WriteBackProgress]) async throws(JournalError) {
    for (name, answer) in answered.sorted(by: { $0.key < $1.key }) {
      guard var record = records[name], let asked = desired?.models[name],
        Planning.revision(of: asked.workload) == record.machine.desired?.revision,
        record.machine.answerVanished(answer)
      else { continue }
      let message = "\(name): \(record.machine.rollout?.waitingFor ?? "")"
      let event = Event(
        at: edges.clock.now(), model: name, rollout: record.machine.rollout?.id, reason: "RevertVanished",
        message: message)
      try await save(record, [.event(event)])
    }
  }

  private func sourceFailed(_ error: SourceError) async {
    let isNews = error != sourceTrouble
    if isNews {
      let reason = error.kind == .held ? "SourceHeld" : "SourceUnavailable"
      edges.logger.error("the configuration repository is not followed", metadata: ["error": "\(error)"])
      let event = Event(at: edges.clock.now(), reason: reason, message: error.message)
      try? await write([.event(event)])
    }
    sourceTrouble = error
    guard desired == nil else { return }
    do throws(SourceError) {
      try await takeFromMirror()
    } catch {
      if isNews, error != sourceTrouble {
        edges.logger.error("the mirror cannot be read", metadata: ["error": "\(error)"])
      }
    }
  }

  /// After a restart: what is in force stays so. Before anything is, the tip that was fetched last is judged as ever.
  private func takeFromMirror() async throws(SourceError) {
    if let commitInForce {
      try await take(commitInForce, fetched: false, cleared: nil)
    } else if let tip = try await edges.repository.mirroredTip() {
      try await take(tip, fetched: false, cleared: try await clearance(for: tip))
    }
  }

  /// - Parameter cleared: What is to be journalled about the trust in it; `nil` when it is in force already.
  private func take(_ tip: CommitID, fetched: Bool, cleared: TrustRecord?) async throws(SourceError) {
    if desired != nil, source?.commit == tip, cleared == nil || cleared == trust {
      if fetched { source?.fetchedAt = edges.clock.now() }
      return
    }
    let wishes = try await wishes(at: tip)
    // A model whose attempt has failed may be asked for anew by a commit that leaves no difference to see.
    let pinned = Set(names(where: \.isPinned))
    var changed = wishes.changes(since: desired)
    for name in pinned.subtracting(changed.map(\.name)) {
      if let model = wishes.models[name] { changed.append(model) }
    }
    let revisions = Dictionary(
      uniqueKeysWithValues: changed.map { ($0.name, Planning.revision(of: $0.workload)) })
    let unknown = revisions.filter { name, revision in
      records[name]?.machine.desired?.revision != revision || pinned.contains(name)
    }
    let introductions =
      unknown.isEmpty
      ? [:]
      : try await History(repository: edges.repository)
        .introductions(
          of: unknown, at: tip, after: await lastCommit(),
          knowing: unknown.keys.reduce(into: [:]) { known, name in
            if !pinned.contains(name) { known[name] = records[name]?.machine.desired?.revision }
          })
    let reverts = try await unrecordedReverts(for: wishes, at: tip)
    let now = edges.clock.now()
    let source = SourceRecord(
      url: settings.url, branch: settings.branch, path: settings.path, commit: tip,
      fetchedAt: fetched ? now : self.source?.fetchedAt ?? now)
    do throws(JournalError) {
      try await takeIn(wishes, changed, revisions, introductions, reverts, source, cleared)
    } catch {
      edges.logger.error("the wishes of Git could not be journalled", metadata: ["error": "\(error)"])
      return
    }
    // The next look at Git that brings something new tries again; until then nothing is collected.
    do throws(SourceError) {
      try await edges.repository.keep(tip)
    } catch {
      edges.logger.warning("the commit in force is not kept", metadata: ["error": "\(error)"])
    }
  }

  private func wishes(at tip: CommitID) async throws(SourceError) -> DesiredState {
    do throws(SourceError) {
      return try await edges.repository.desired(at: tip)
    } catch {
      // Our own revert of the very first deployment leaves nothing in the folder, so that it is gone. A folder that
      // goes in any other way is a mistake to be told, not the wish to remove everything.
      guard error.kind == .notFound, try await isAnswer(tip) else { throw error }
      return DesiredState()
    }
  }

  /// Whether a tip is our revert, or people have merged it there.
  private func isAnswer(_ tip: CommitID) async throws(SourceError) -> Bool {
    for machine in records.values.map(\.machine) {
      if machine.hasPushed(tip) { return true }
      if let proposed = machine.proposal?.commit,
        try await edges.repository.descends(tip, from: proposed)
      {
        return true
      }
    }
    return false
  }

  /// Where the walk for introductions may end: the commit taken in last, if it is of this very source and was not
  /// rewritten away.
  private func lastCommit() async -> CommitID? {
    guard let source, source.url == settings.url, source.branch == settings.branch,
      source.path == settings.path
    else { return nil }
    return try? await edges.repository.commit(named: source.commit.rawValue)
  }

  /// All of a commit is taken in by one transaction: after a crash either none or all of it is known.
  private func takeIn(
    _ wishes: DesiredState, _ changed: [DesiredModel], _ revisions: [ModelName: Revision],
    _ introductions: [ModelName: CommitID], _ reverts: [WriteBackRequest: CommitID], _ source: SourceRecord,
    _ cleared: TrustRecord?
  ) async throws(JournalError) {
    await turns.enter()
    defer { turns.leave() }
    try await followClock()
    let now = edges.clock.now()
    var entries: [JournalEntry] = [.source(source)] + (cleared.map { [.trust($0)] } ?? [])
    for (request, commit) in reverts.sorted(by: { $0.key.model < $1.key.model }) where isPending(request) {
      entries += WriteBackResult.pushed(commit).entries(for: request, at: now)
    }
    var updated: [ModelName: ModelRecord] = [:]
    for model in changed.sorted(by: { $0.name < $1.name }) {
      guard let revision = revisions[model.name] else { continue }
      let commit =
        introductions[model.name] ?? records[model.name]?.machine.desired?.commit ?? source.commit
      let release = Release(revision: revision, version: model.workload.artifact.version, commit: commit)
      let (record, news) = wish(for: model, release, at: now)
      if record != records[model.name] {
        updated[model.name] = record
        entries += [.model(record)] + news
      }
    }
    if let baseline = cleared?.baseline, trust?.baseline == nil {
      let message = "commits are checked from \(baseline.short) on (verify: \(settings.verify.rawValue))"
      entries.append(.event(Event(at: now, reason: "VerificationBegins", message: message)))
    }
    let (leaving, refusal) = leaving(in: wishes)
    if let refusal, refusal != pruneTrouble {
      entries.append(.event(Event(at: now, reason: refusal.reason, message: refusal.message)))
    }
    for name in leaving {
      guard var record = records[name] else { continue }
      let result = record.machine.desireNothing(at: now)
      record.conditions = conditions(of: record)
      updated[name] = record
      entries += [.model(record)] + result.entries(of: name, after: record.machine, at: now)
    }
    entries += diagnosticEvents(wishes, at: now)
    try await write(entries)
    records.merge(updated)
    pruneTrouble = refusal
    self.source = source
    if let cleared { trust = cleared }
    desired = wishes
  }

  /// Reverts that Git has and the journal does not: this look at Git came, or a crash, between push and journal.
  private func unrecordedReverts(for wishes: DesiredState, at tip: CommitID)
    async throws(SourceError) -> [WriteBackRequest: CommitID]
  {
    var found: [WriteBackRequest: CommitID] = [:]
    for name in names(where: { !$0.isSettled }) {
      guard let machine = records[name]?.machine, let request = request(for: machine),
        AskedFor(machine.name, in: wishes)
          == machine.stable.map({ .revision($0.revision) }) ?? .nothing
      else { continue }
      found[request] = try await edges.repository.revert(answering: request, at: tip)
      if let proposed = request.proposal?.commit, found[request] == nil,
        try await edges.repository.descends(tip, from: proposed)
      {
        found[request] = proposed
      }
    }
    return found
  }

  private func wish(for model: DesiredModel, _ release: Release, at now: Timestamp) -> (
    ModelRecord, [JournalEntry]
  ) {
    var record =
      records[model.name]
      ?? ModelRecord(
        machine: ModelMachine(name: model.name), live: model.live, workloads: [:], file: model.file)
    let before = record.live
    record.live = model.live
    record.file = model.file
    record.workloads[release.revision] = model.workload
    let result = record.machine.desire(
      release, under: model.live.terms, suspended: model.live.suspend, at: now)
    record.machine.branchMoved(at: now)
    record.conditions = conditions(of: record)
    var entries = result.entries(of: model.name, after: record.machine, at: now)
    let changes = liveDifferences(from: before, to: record.live)
    if !changes.isEmpty {
      let message = "\(model.name): applied live: " + changes.joined(separator: ", ")
      entries.append(.event(Event(at: now, model: model.name, reason: "AppliedLive", message: message)))
    }
    return (record, entries)
  }

  /// Models that Git no longer has. One that only cannot be read, or may be in a document that cannot, is not
  /// missing: nothing is ever removed because of a mistake in a file.
  private func missing(in wishes: DesiredState) -> [ModelName] {
    guard wishes.unattributed.isEmpty else { return [] }
    return names { standing in
      !standing.isGone && !standing.isRemoving && !wishes.models.keys.contains(standing.name)
        && !wishes.unreadable.contains(standing.name)
    }
  }

  /// The missing models that are to go, or why none of them is.
  private func leaving(in wishes: DesiredState) -> ([ModelName], Trouble?) {
    let missing = missing(in: wishes)
    let running = survey().count { $0.runs }
    let runningAndMissing = missing.count { standings[$0]?.runs == true }
    let refusal = pruneRefusal(of: runningAndMissing, among: running, percent: settings.pruneLimit)
    return (refusal == nil ? missing : [], refusal)
  }

  private func diagnosticEvents(_ wishes: DesiredState, at now: Timestamp) -> [JournalEntry] {
    let new = Set(wishes.diagnostics).subtracting(desired?.diagnostics ?? [])
    let ordered = new.sorted {
      ($0.file, $0.line, $0.column, $0.message) < ($1.file, $1.line, $1.column, $1.message)
    }
    // A bound: the rest is in `evenkeel validate` and in the dry run.
    return ordered.prefix(20).map { diagnostic in
      let place = "\(diagnostic.file):\(diagnostic.line):\(diagnostic.column)"
      let message = "\(place): \(diagnostic.severity.rawValue): \(diagnostic.message)"
      return .event(Event(at: now, reason: "ManifestProblem", message: message))
    }
  }

  func rolloutID(at now: Timestamp) -> RolloutID {
    RolloutID(at: now, randomness: (UInt16(truncatingIfNeeded: edges.dice()), edges.dice()))
  }
}
