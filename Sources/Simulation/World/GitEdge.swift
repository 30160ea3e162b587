import Effects
import Manifests
import Planning
import Vocabulary

/// The remote and its mirror, as one life of the agent sees them.
struct GitEdge: ConfigRepository {
  let world: World
  let life: Life
  /// What goes on while the agent waits for the network.
  let meanwhile: @Sendable () async -> Void

  private static let unreachable = SourceError(.unreachable, "the remote does not answer")
  private static let dead = SourceError(.mirror, "the agent is dead")

  // MARK: Network

  func fetch() async throws(SourceError) -> CommitID {
    await wait()
    guard life.begins() else { throw Self.dead }
    guard !world.troubles.has(.remoteUnreachable) else { throw Self.unreachable }
    world.branch.mirrored = world.branch.tip
    guard life.survives() else { throw Self.dead }
    return world.branch.tip
  }

  func push(_ commit: CommitID, replacing tip: CommitID) async throws(SourceError) -> PushOutcome {
    await wait()
    guard life.begins() else { throw Self.dead }
    guard !world.troubles.has(.remoteUnreachable) else { throw Self.unreachable }
    if world.branch.commit(commit)?.parents == [world.branch.tip] { strikeRival() }
    if world.troubles.has(.remoteRefuses) { return .refused(PushRefusal(.hook, "pre-receive hook declined")) }
    guard world.branch.tip == tip else { return world.branch.tip == commit ? .accepted : .raced }
    world.accept(commit)
    guard life.survives() else { throw Self.dead }
    if world.troubles.has(.remoteLosesAnswers) { throw Self.unreachable }
    return .accepted
  }

  func tip(of branch: String) async throws(SourceError) -> BranchTip? {
    await wait()
    guard life.begins() else { throw Self.dead }
    guard !world.troubles.has(.remoteUnreachable) else { throw Self.unreachable }
    guard life.survives() else { throw Self.dead }
    return world.proposals[branch].flatMap { world.branch.commit($0.tip) }.map { commit in
      BranchTip(
        id: commit.id, parents: commit.parents, message: commit.message, tree: commit.tree.rawValue,
        isOriginal: commit.isOurs)
    }
  }

  func push(_ commit: CommitID?, to branch: String, replacing tip: CommitID?) async throws(SourceError)
    -> PushOutcome
  {
    await wait()
    guard life.begins() else { throw Self.dead }
    guard !world.troubles.has(.remoteUnreachable) else { throw Self.unreachable }
    if world.troubles.has(.remoteRefuses) {
      return .refused(PushRefusal(.hook, "pre-receive hook declined"))
    }
    let now = world.proposals[branch]?.tip
    guard now == tip else { return now == commit ? .accepted : .raced }
    world.take(commit, on: branch)
    guard life.survives() else { throw Self.dead }
    if world.troubles.has(.remoteLosesAnswers) { throw Self.unreachable }
    return .accepted
  }

  /// Somebody else is faster than the push to come: by a moment, or right after the agent has looked.
  private func strikeRival() {
    guard world.rivals > 0 else { return }
    world.rivals -= 1
    world.commitOfRival()
  }

  private func wait() async {
    guard !life.isOver, world.troubles.has(.gitSlow) else { return }
    await meanwhile()
  }

  // MARK: Reading

  func mirroredTip() async throws(SourceError) -> CommitID? { world.branch.mirrored }

  func commit(named revision: String) async throws(SourceError) -> CommitID {
    try known(CommitID(revision)).id
  }

  func descends(_ commit: CommitID, from ancestor: CommitID) async throws(SourceError) -> Bool {
    world.branch.descends(try known(commit).id, from: ancestor)
  }

  /// Nothing is ever collected here.
  func keep(_ commit: CommitID) async throws(SourceError) { _ = try known(commit) }

  func kept() async throws(SourceError) -> CommitID? { nil }

  func head(of commit: CommitID) async throws(SourceError) -> CommitHead {
    let known = try known(commit)
    return CommitHead(
      id: known.id, parents: known.parents, author: "somebody", committedAt: World.beginning)
  }

  /// Simulated agents do not ask who has signed what.
  func heads(after base: CommitID, upTo tip: CommitID, limit: Int) async throws(SourceError) -> [CommitHead] {
    []
  }

  func vouchers(for commits: [CommitID]) async throws(SourceError) -> [CommitID: Voucher] { [:] }

  func changes(by commit: CommitID) async throws(SourceError) -> CommitChanges {
    CommitChanges(areNone: false, files: [])
  }

  func entry(_ path: String, at commit: CommitID) async throws(SourceError) -> PathEntry? { nil }

  func desired(at commit: CommitID) async throws(SourceError) -> DesiredState {
    try await desired(in: known(commit).tree)
  }

  func desired(in tree: TreeID) async throws(SourceError) -> DesiredState {
    guard !life.isOver else { throw Self.dead }
    guard let desired = world.branch.desired(in: tree) else {
      throw SourceError(.notFound, "there is no tree \(tree)")
    }
    return desired
  }

  func history(from tip: CommitID, downTo base: CommitID?, limit: Int) async throws(SourceError)
    -> [CommitSummary]
  {
    world.branch.line(from: try known(tip).id, downTo: base, limit: limit).map { commit in
      CommitSummary(
        id: commit.id, parents: commit.parents, message: commit.message, manifests: commit.tree)
    }
  }

  func file(_ path: String, at commit: CommitID) async throws(SourceError) -> [UInt8]? {
    world.branch.text(of: path, at: try known(commit).id).map { Array($0.utf8) }
  }

  private func known(_ id: CommitID) throws(SourceError) -> Branch.Commit {
    guard !life.isOver else { throw Self.dead }
    guard let commit = world.branch.commit(id) else {
      throw SourceError(.notFound, "there is no commit \(id)")
    }
    return commit
  }

  // MARK: Writing

  func revert(_ commits: [CommitID], onto tip: CommitID) async throws(SourceError) -> RevertAttempt {
    guard !life.isOver else { throw Self.dead }
    return world.branch.revert(commits, onto: tip)
  }

  func tree(of commit: CommitID, replacing files: [String: [UInt8]?]) async throws(SourceError) -> TreeID {
    let texts = files.mapValues { bytes in bytes.map { String(decoding: $0, as: UTF8.self) } }
    return world.branch.tree(of: try known(commit).id, replacing: texts)
  }

  func commit(_ tree: TreeID, onto parent: CommitID, message: String, at time: Timestamp)
    async throws(SourceError) -> CommitID
  {
    guard life.begins() else { throw Self.dead }
    let commit = world.branch.add(parents: [parent], message, tree, isOurs: true)
    world.referee.writes(commit)
    if world.rivals.isMultiple(of: 2) { strikeRival() }
    guard life.survives() else { throw Self.dead }
    return commit
  }
}
