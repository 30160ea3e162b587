package import Effects
import Manifests
import Planning
package import Rollout
package import Vocabulary

/// A revert that Git needs.
package struct WriteBackRequest: Hashable, Sendable {
  package var model: ModelName
  package var failed: Release
  /// `nil` when the failed release was the model's first.
  package var lastGood: Release?
  package var failure: Failure
  package var rollout: RolloutID
  /// The stable revision of every other model; `nil` where there is none.
  package var lastGoodOfOthers: [ModelName: Revision?]
  /// Tries that came to nothing before.
  package var tries: Int
  /// How many of them, the last ones in a row, the server refused.
  package var refusals: Int
  /// The branch that people are asked to merge, if there is one.
  package var proposal: RevertProposal?
  /// Whether people have been told of it.
  package var isTold: Bool

  package init(
    model: ModelName, failed: Release, lastGood: Release?, failure: Failure, rollout: RolloutID,
    lastGoodOfOthers: [ModelName: Revision?], tries: Int, refusals: Int = 0,
    proposal: RevertProposal? = nil, isTold: Bool = false
  ) {
    self.model = model
    self.failed = failed
    self.lastGood = lastGood
    self.failure = failure
    self.rollout = rollout
    self.lastGoodOfOthers = lastGoodOfOthers
    self.tries = tries
    self.refusals = refusals
    self.proposal = proposal
    self.isTold = isTold
  }
}

/// Writes the revert: fetch, see whether it is still needed, compute it in memory, prove it, push it with a
/// lease on the tip it was computed for; a lost race starts again from the fetch. Every decision in it is one of
/// `Planning`'s pure functions; this is their order.
package struct WriteBack {
  /// Journals that a branch is about to be pushed; `false` when nothing waits for it any more.
  package typealias Announcement =
    @Sendable (WriteBackRequest, RevertProposal) async throws(JournalError) -> Bool

  /// How the revert gets into Git.
  package enum Way: Sendable {
    /// It is pushed to the branch that is followed.
    case push
    /// It is pushed to a branch of its own, for people to merge.
    case propose(Announcement)
  }

  let repository: any ConfigRepository
  let clock: any Clock
  /// Waits a moment.
  let pause: @Sendable (Duration) async -> Void
  /// The agent's name.
  let agent: String
  /// What is followed, and written back to.
  let branch: String
  let way: Way
  /// Throws when a commit may not be built upon.
  let check: @Sendable (CommitID) async throws(SourceError) -> Void

  package init(
    repository: any ConfigRepository, clock: any Clock, pause: @escaping @Sendable (Duration) async -> Void,
    agent: String, branch: String, way: Way = .push,
    check: @escaping @Sendable (CommitID) async throws(SourceError) -> Void
  ) {
    self.repository = repository
    self.clock = clock
    self.pause = pause
    self.agent = agent
    self.branch = branch
    self.way = way
    self.check = check
  }

  /// How often a race is run in one try; after that it is postponed like any other trouble.
  static let races = 8

  /// - Parameters:
  ///   - jitter: between 0 and 1, so that two agents that lost to each other do not meet again.
  ///   - current: the request as it stands now, `nil` when nothing waits for it any more: while Git is slow, other models
  ///     go on, and what was their last good revision may be so no more.
  package func run(
    _ request: WriteBackRequest, jitter: Double, current: @Sendable () async -> WriteBackRequest?
  ) async -> WriteBackResult {
    do throws(SourceError) {
      var tip: CommitID?
      for losses in 0..<Self.races {
        if losses > 0 { await pause(WriteBackWaits.race(afterLosing: losses, jitter: jitter)) }
        guard let now = await current() else { return .movedOn }
        let next = try await nextTip(after: tip)
        if let result = try await attempt(
          now, on: next, jitter: jitter, isCurrent: { await current() == now })
        {
          return result
        }
        tip = next
      }
      return .postponed(
        "other writers were faster \(Self.races) times in a row",
        for: WriteBackWaits.race(afterLosing: Self.races, jitter: jitter))
    } catch {
      return postponed(request, error.message, jitter)
    }
  }

  func postponed(_ request: WriteBackRequest, _ reason: String, _ jitter: Double) -> WriteBackResult {
    let tries = request.refusals > 0 ? 0 : request.tries
    return .postponed(reason, for: WriteBackWaits.trouble(after: tries, jitter: jitter))
  }

  /// Where the branch is now. A push that lost may have brought the winner along: every moment between a look at the branch
  /// and the push is one in which somebody else may be faster.
  private func nextTip(after lost: CommitID?) async throws(SourceError) -> CommitID {
    if let lost, let mirrored = try await repository.mirroredTip(), mirrored != lost { return mirrored }
    return try await repository.fetch()
  }

  /// `nil` when somebody else's commit came first, or another model has moved meanwhile.
  private func attempt(
    _ request: WriteBackRequest, on tip: CommitID, jitter: Double, isCurrent: @Sendable () async -> Bool
  ) async throws(SourceError) -> WriteBackResult? {
    try await check(tip)
    let wishes = try await repository.desired(at: tip)
    switch AskedFor(request.model, in: wishes) {
    case .unreadable:
      let reason =
        "the manifests of \(request.model) cannot be read at \(tip.short); correct them, or revert by hand"
      return postponed(request, reason, jitter)
    case .nothing:
      return try await movedOn(request, tip)
    case .revision(let revision):
      guard revision == request.failed.revision else { return try await movedOn(request, tip) }
      // Somebody has asked for it anew since then: that is another attempt.
      if let done = try await repository.revert(answering: request, at: tip) { return .pushed(done) }
    }
    let walk = try await walk(request, from: tip, wishes)
    let candidates = Candidates(request: request, tip: tip, wishes: wishes, walk: walk)
    switch try await provenTree(candidates) {
    case .failure(let refusal):
      return .notPossible(refusal.text)
    case .success(let proven):
      let message = message(request, walk, proven.scope)
      let write = { () async throws(SourceError) -> CommitID in
        try await self.write(proven.tree, onto: tip, message)
      }
      switch way {
      case .push:
        let commit = try await write()
        guard await isCurrent() else { return nil }
        return result(of: try await repository.push(commit, replacing: tip), commit, request, jitter)
      case .propose(let announce):
        return try await propose(
          proven, request, onto: tip, jitter: jitter, announce: announce, isCurrent: isCurrent, write: write)
      }
    }
  }

  private func write(_ tree: TreeID, onto tip: CommitID, _ message: String) async throws(SourceError)
    -> CommitID
  {
    let commit = try await repository.commit(tree, onto: tip, message: message, at: clock.now())
    do throws(SourceError) {
      try await check(commit)
    } catch {
      // Pushed, it would have us and everybody else hold the branch.
      throw SourceError(
        error.kind, "the revert is not pushed, as it would not be trusted: \(error.message)")
    }
    return commit
  }

  private func result(
    of outcome: PushOutcome, _ commit: CommitID, _ request: WriteBackRequest, _ jitter: Double
  ) -> WriteBackResult? {
    switch outcome {
    case .accepted: .pushed(commit)
    case .raced: nil
    case .refused(let refusal):
      .refused(
        refusal.kind, refusal.sentence(about: branch),
        for: WriteBackWaits.refusal(refusal.kind, after: request.refusals, jitter: jitter))
    }
  }

  private func message(_ request: WriteBackRequest, _ walk: Walk, _ scope: RevertMessage.Scope) -> String {
    RevertMessage(
      model: request.model, rollout: request.rollout, failed: request.failed, restored: request.lastGood,
      failure: request.failure, commits: walk.commits, scope: scope, agent: agent
    ).text
  }

  /// The model is off the failed revision. If that was our own revert, pushed before a crash could tell, it is
  /// recognised by its trailer.
  private func movedOn(_ request: WriteBackRequest, _ tip: CommitID) async throws(SourceError)
    -> WriteBackResult
  {
    try await repository.revert(answering: request, at: tip).map { .pushed($0) } ?? .movedOn
  }

  // MARK: What to revert

  /// The commits that led from the last good revision to the failed one.
  struct Walk {
    /// Newest first; empty when the walk did not arrive at the last good revision.
    var commits: [HistoryStep]
    /// The newest commit that asks for the last good revision; `nil` when there is none to be found, or the
    /// model did not exist then.
    var good: CommitID?
  }

  private func walk(_ request: WriteBackRequest, from tip: CommitID, _ wishes: DesiredState)
    async throws(SourceError) -> Walk
  {
    // Mostly the commit is one of the last few.
    for limit in [32, History.limit] {
      let commits = try await repository.history(from: tip, downTo: nil, limit: limit)
      if let walk = try await walk(request, through: commits, wishes) { return walk }
      if commits.count < limit { break }
    }
    return Walk(commits: [], good: await repository.known(request.lastGood?.commit))
  }

  /// - Returns: `nil` when these commits do not lead back to the last good revision.
  private func walk(
    _ request: WriteBackRequest, through commits: [CommitSummary], _ wishes: DesiredState
  ) async throws(SourceError) -> Walk? {
    var steps: [HistoryStep] = []
    var after = AskedFor(request.model, in: wishes)
    for (index, commit) in commits.enumerated() {
      let parent = index + 1 < commits.count ? commits[index + 1] : nil
      // The same tree of manifests asks for the same.
      if let parent, parent.manifests == commit.manifests { continue }
      // A walk that was cut short does not know what came before its last commit.
      if parent == nil, !commit.parents.isEmpty { break }
      let before = try await asked(for: request.model, at: parent)
      steps.append(HistoryStep(commit: commit.id, subject: commit.subject, before: before, after: after))
      after = before
      if let commits = commitsToRevert(to: request.lastGood?.revision, in: steps) {
        return Walk(commits: commits, good: parent?.id)
      }
    }
    return nil
  }

  /// Before the first commit, and before the folder of the manifests, there was no model.
  private func asked(for model: ModelName, at commit: CommitSummary?) async throws(SourceError) -> AskedFor {
    guard let commit, commit.manifests != nil else { return .nothing }
    return AskedFor(model, in: try await repository.desired(at: commit.id))
  }

  // MARK: Computing and proving

  private struct Candidates {
    var request: WriteBackRequest
    var tip: CommitID
    var wishes: DesiredState
    var walk: Walk
  }

  /// A tree that takes the model back, and the other models that it takes back with it.
  private typealias Restoration = (TreeID, [ModelName])

  private struct Refusal: Error {
    var text: String
    /// What a person can do; `nil` when that is to revert the commits.
    var advice: String?
  }

  /// The first of the plain and the scoped revert that can be proven.
  private func provenTree(_ candidates: Candidates) async throws(SourceError) -> Result<Proven, Refusal> {
    var reasons: [String] = []
    var advice: String?
    switch try await plain(candidates) {
    case .success(let (tree, others)):
      return .success(Proven(tree: tree, scope: .commits, alsoRestored: others))
    case .failure(let refusal): reasons.append("a plain revert is not possible: \(refusal.text)")
    }
    switch try await scoped(candidates) {
    case .success(let (tree, others)):
      let good = candidates.request.lastGood == nil ? nil : candidates.walk.good
      return .success(Proven(tree: tree, scope: .documents(asOf: good), alsoRestored: others))
    case .failure(let refusal):
      reasons.append("nor is putting back its documents alone: \(refusal.text)")
      advice = refusal.advice
    }
    let byHand = advice ?? self.advice(by: candidates.walk)
    return .failure(
      Refusal(text: reasons.joined(separator: "; ") + "; by hand: \(byHand), then commit and push"))
  }

  private func advice(by walk: Walk) -> String {
    let commits = walk.commits.map(\.commit.rawValue).joined(separator: " ")
    return commits.isEmpty
      ? "change its manifest to the last good version" : "git revert --no-commit \(commits)"
  }

  private func plain(_ candidates: Candidates) async throws(SourceError) -> Result<Restoration, Refusal> {
    let commits = candidates.walk.commits.map(\.commit)
    guard !commits.isEmpty else {
      return .failure(Refusal(text: "no commit of the branch leads back to the last good revision"))
    }
    switch try await repository.revert(commits, onto: candidates.tip) {
    case .conflict(let paths):
      return .failure(Refusal(text: "it conflicts in \(paths.joined(separator: ", "))"))
    case .tree(let tree):
      return try await prove(tree, candidates)
    }
  }

  /// Only the model's own documents, by source span, as they were at the last good commit.
  private func scoped(_ candidates: Candidates) async throws(SourceError) -> Result<Restoration, Refusal> {
    let (request, tip) = (candidates.request, candidates.tip)
    guard let path = candidates.wishes.models[request.model]?.file,
      let bytes = try await repository.file(path, at: tip)
    else { return .failure(Refusal(text: "its document is not found")) }
    var good: ManifestFile?
    if request.lastGood != nil {
      guard let commit = candidates.walk.good,
        let earlier = try await repository.desired(at: commit).models[request.model]?.file,
        let bytes = try await repository.file(earlier, at: commit)
      else { return .failure(Refusal(text: "the document of the last good revision is not found")) }
      good = ManifestFile(path: earlier, bytes: bytes)
    }
    let edit = restoreDocuments(of: request.model, in: ManifestFile(path: path, bytes: bytes), asIn: good)
    let changed: [UInt8]?
    switch edit {
    case .unchanged:
      return .failure(
        Refusal(
          text: "its document is the same; what changed is what it refers to",
          advice: candidates.walk.good.map { ownRuntime(request.model, in: candidates.wishes, asOf: $0) }))
    case .changed(let bytes): changed = bytes
    case .deleted: changed = nil
    }
    return try await prove(try await repository.tree(of: tip, replacing: [path: changed]), candidates)
  }

  /// To revert the commits would take from other models what they have proven.
  private func ownRuntime(_ model: ModelName, in wishes: DesiredState, asOf good: CommitID) -> String {
    let runtime = wishes.models[model].map { " `\($0.workload.runtime.name)`" } ?? ""
    return "give \(model) a runtime of its own, with what\(runtime) said at \(good.short)"
  }

  private func prove(_ tree: TreeID, _ candidates: Candidates) async throws(SourceError)
    -> Result<Restoration, Refusal>
  {
    let request = candidates.request
    let proof = proveRevert(
      of: request.model, from: request.failed.revision, to: request.lastGood?.revision,
      tip: candidates.wishes, result: try await wishes(of: tree),
      lastGoodOfOthers: request.lastGoodOfOthers)
    return switch proof {
    case .proven(let others): .success((tree, others))
    case .rejected(let reason): .failure(Refusal(text: reason))
    }
  }

  /// A revert of the first deployment may leave nothing in the folder of the manifests, so that it is gone.
  private func wishes(of tree: TreeID) async throws(SourceError) -> DesiredState {
    do throws(SourceError) {
      return try await repository.desired(in: tree)
    } catch {
      guard error.kind == .notFound else { throw error }
      return DesiredState()
    }
  }
}

extension ConfigRepository {
  /// The agent's own revert for this failure, recognised by its trailer; `nil` when there is none on the branch.
  func revert(answering request: WriteBackRequest, at tip: CommitID) async throws(SourceError) -> CommitID? {
    let failed = await known(request.failed.commit)
    let commits = try await history(from: tip, downTo: failed, limit: History.limit)
    return commits.enumerated().first { index, commit in
      // One that changes no manifest reverts nothing, whatever it says.
      let parent = commits.indices.contains(index + 1) ? commits[index + 1] : nil
      return (parent == nil || parent?.manifests != commit.manifests)
        && trailers(of: commit.message).contains { $0 == ("Evenkeel-Rollout", request.rollout.rawValue) }
    }?.element.id
  }

  /// `nil` also for a commit that a rewritten branch has left behind.
  func known(_ commit: CommitID?) async -> CommitID? {
    guard let commit else { return nil }
    return try? await self.commit(named: commit.rawValue)
  }
}
