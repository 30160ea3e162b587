package import Effects
package import Manifests
package import Planning
package import Vocabulary

/// A remote and its mirror in one: a single branch whose commits are whole snapshots of files. It reverts as
/// Git does as long as files are taken as wholes: a file that was changed again since is a conflict.
package actor MemoryRepository: ConfigRepository {
  private struct Commit {
    var parents: [CommitID]
    var message: String
    var files: [String: [UInt8]]
    var committedAt = MemoryRepository.beginning
    var voucher = Voucher.nobody("is not signed")
    /// Whether the agent has made it.
    var isOurs = false
  }

  private static let beginning = Timestamp(milliseconds: 1_772_366_400_000)

  private var commits: [CommitID: Commit] = [:]
  private var trees: [TreeID: [String: [UInt8]]] = [:]
  private var forgotten = 0
  private var remoteTip: CommitID?
  private var mirrorTip: CommitID?
  /// The tips of the branches beside it.
  private var branches: [String: CommitID] = [:]
  /// Set it to take the remote off the network.
  private var outage: SourceError?
  private var keptCommit: CommitID?
  /// Who vouches for the agent's own commits.
  private var agentVoucher = Voucher.nobody("is not signed")
  /// Why nobody can say who vouches for a commit.
  private var verifierTrouble: SourceError?
  /// What the next pushes are answered, before the remote looks at them.
  private var pushAnswers: [PushOutcome] = []
  /// Whether the answer to the next push is lost, after the remote has taken it.
  private var losesAnswer = false
  /// Runs before the remote looks at a push: somebody else who is faster.
  private var rival: (@Sendable (isolated MemoryRepository) -> Void)?

  package init() {}

  // MARK: What tests and simulations do to it

  /// Commits as an engineer does, on top of the remote's tip; `nil` deletes a file.
  @discardableResult
  package func commit(
    _ message: String, _ changes: [String: String?], merging others: [CommitID] = [],
    signedBy voucher: Voucher = .nobody("is not signed"), at time: Timestamp? = nil
  ) -> CommitID {
    var files = remoteTip.flatMap { commits[$0]?.files } ?? [:]
    for (path, text) in changes { files[path] = text.map { Array($0.utf8) } }
    let id = add(
      Commit(
        parents: (remoteTip.map { [$0] } ?? []) + others, message: message, files: files,
        committedAt: time ?? Self.beginning, voucher: voucher))
    remoteTip = id
    return id
  }

  /// Who vouches for what the agent commits from now on.
  package func signAgentsCommits(as voucher: Voucher) { agentVoucher = voucher }

  package func setVerifierTrouble(_ error: SourceError?) { verifierTrouble = error }

  /// Somebody sets the branch back, as by a forced push.
  package func setBack(to commit: CommitID) { remoteTip = commit }

  /// The repository begins anew: no commit of before is known any more.
  package func forget() {
    forgotten += commits.count
    commits = [:]
    (remoteTip, mirrorTip) = (nil, nil)
  }

  package func setOutage(_ error: SourceError?) { outage = error }

  package func answerPushes(_ answers: [PushOutcome]) { pushAnswers = answers }

  package func setRival(_ rival: (@Sendable (isolated MemoryRepository) -> Void)?) { self.rival = rival }

  /// Messages of the remote's branch, newest first.
  package var log: [String] {
    var messages: [String] = []
    var next = remoteTip
    while let commit = next.flatMap({ commits[$0] }) {
      messages.append(commit.message)
      next = commit.parents.first
    }
    return messages
  }

  package var tip: CommitID? { remoteTip }

  /// The first commit of the remote's branch.
  package var rootCommit: CommitID? {
    var next = remoteTip
    while let id = next, let parent = commits[id]?.parents.first { next = parent }
    return next
  }

  package func text(of path: String) -> String? {
    remoteTip.flatMap { commits[$0]?.files[path] }.map { String(decoding: $0, as: UTF8.self) }
  }

  // MARK: ConfigRepository

  package func fetch() async throws(SourceError) -> CommitID {
    if let outage { throw outage }
    guard let remoteTip else { throw SourceError(.empty, "the repository has no commit") }
    mirrorTip = remoteTip
    return remoteTip
  }

  package func mirroredTip() async throws(SourceError) -> CommitID? { mirrorTip }

  package func commit(named revision: String) async throws(SourceError) -> CommitID {
    let id = CommitID(revision)
    _ = try known(id)
    return id
  }

  package func descends(_ commit: CommitID, from ancestor: CommitID) async throws(SourceError) -> Bool {
    var seen: Set<CommitID> = []
    var next = [commit]
    while let id = next.popLast() {
      if id == ancestor { return commits[id] != nil }
      if seen.insert(id).inserted { next += commits[id]?.parents ?? [] }
    }
    return false
  }

  /// Nothing is ever collected here.
  package func keep(_ commit: CommitID) async throws(SourceError) {
    _ = try known(commit)
    keptCommit = commit
  }

  package func kept() async throws(SourceError) -> CommitID? { keptCommit }

  package func head(of commit: CommitID) async throws(SourceError) -> CommitHead {
    let known = try known(commit)
    return CommitHead(
      id: commit, parents: known.parents, author: "Ann <ann@example.com>", committedAt: known.committedAt)
  }

  package func heads(after base: CommitID, upTo tip: CommitID, limit: Int) async throws(SourceError)
    -> [CommitHead]
  {
    var known: Set<CommitID> = [base]
    var next = commits[base]?.parents ?? []
    while let id = next.popLast() {
      if known.insert(id).inserted { next += commits[id]?.parents ?? [] }
    }
    var heads: [CommitHead] = []
    // Ids rise, so that parents come first.
    next = [tip]
    while let id = next.popLast() {
      guard known.insert(id).inserted else { continue }
      let head = try await head(of: id)
      heads.append(head)
      next += head.parents
    }
    guard heads.count <= limit else { throw SourceError(.tooLarge, "more than \(limit) commits") }
    return heads.sorted { $0.id < $1.id }
  }

  package func changes(by commit: CommitID) async throws(SourceError) -> CommitChanges {
    let after = try known(commit)
    let before = try after.parents.first.map { parent throws(SourceError) in try known(parent).files } ?? [:]
    let paths = Set(before.keys).union(after.files.keys).filter { before[$0] != after.files[$0] }
    let files = paths.sorted().map {
      PathChange(path: $0, before: entry(before[$0]), after: entry(after.files[$0]))
    }
    return CommitChanges(
      areNone: files.isEmpty, files: files.count <= CommitChanges.mostFiles ? files : nil)
  }

  package func entry(_ path: String, at commit: CommitID) async throws(SourceError) -> PathEntry? {
    entry(try known(commit).files[path])
  }

  private func entry(_ bytes: [UInt8]?) -> PathEntry? {
    bytes.map { PathEntry(id: String(decoding: $0, as: UTF8.self), mode: 0o100644) }
  }

  package func vouchers(for commits: [CommitID]) async throws(SourceError) -> [CommitID: Voucher] {
    if let verifierTrouble { throw verifierTrouble }
    var found: [CommitID: Voucher] = [:]
    for commit in commits { found[commit] = try known(commit).voucher }
    return found
  }

  package func desired(at commit: CommitID) async throws(SourceError) -> DesiredState {
    Self.read(try known(commit).files)
  }

  package func desired(in tree: TreeID) async throws(SourceError) -> DesiredState {
    guard let files = trees[tree] else { throw SourceError(.notFound, "no tree \(tree)") }
    return Self.read(files)
  }

  package func history(from tip: CommitID, downTo base: CommitID?, limit: Int) async throws(SourceError)
    -> [CommitSummary]
  {
    var summaries: [CommitSummary] = []
    var next: CommitID? = tip
    while let id = next, id != base, summaries.count < limit {
      let commit = try known(id)
      summaries.append(
        CommitSummary(
          id: id, parents: commit.parents, message: commit.message, manifests: tree(commit.files)))
      next = commit.parents.first
    }
    return summaries
  }

  package func file(_ path: String, at commit: CommitID) async throws(SourceError) -> [UInt8]? {
    try known(commit).files[path]
  }

  package func revert(_ reverted: [CommitID], onto tip: CommitID) async throws(SourceError)
    -> RevertAttempt
  {
    var files = try known(tip).files
    for id in reverted {
      let after = try known(id)
      let before =
        try after.parents.first.map { parent throws(SourceError) in try known(parent).files } ?? [:]
      let paths = Set(after.files.keys).union(before.keys)
        .filter { after.files[$0] != before[$0] }
      let conflicts = paths.filter { files[$0] != after.files[$0] && files[$0] != before[$0] }
      if !conflicts.isEmpty { return .conflict(paths: conflicts.sorted()) }
      for path in paths { files[path] = before[path] }
    }
    return .tree(tree(files))
  }

  package func tree(of commit: CommitID, replacing files: [String: [UInt8]?]) async throws(SourceError)
    -> TreeID
  {
    var result = try known(commit).files
    for (path, bytes) in files { result[path] = bytes }
    return tree(result)
  }

  package func commit(_ tree: TreeID, onto parent: CommitID, message: String, at time: Timestamp)
    async throws(SourceError) -> CommitID
  {
    guard let files = trees[tree] else { throw SourceError(.notFound, "no tree \(tree)") }
    return add(
      Commit(
        parents: [parent], message: message, files: files,
        committedAt: commits[parent]?.committedAt ?? Self.beginning, voucher: agentVoucher, isOurs: true))
  }

  package func push(_ commit: CommitID, replacing tip: CommitID) async throws(SourceError) -> PushOutcome {
    if let outage { throw outage }
    if !pushAnswers.isEmpty { return pushAnswers.removeFirst() }
    rival?(self)
    rival = nil
    guard remoteTip == tip else { return remoteTip == commit ? .accepted : .raced }
    remoteTip = commit
    return .accepted
  }

  package func tip(of branch: String) async throws(SourceError) -> BranchTip? {
    if let outage { throw outage }
    guard let id = branches[branch] else { return nil }
    let commit = try known(id)
    return BranchTip(
      id: id, parents: commit.parents, message: commit.message, tree: tree(commit.files).rawValue,
      isOriginal: commit.isOurs)
  }

  package func push(_ commit: CommitID?, to branch: String, replacing tip: CommitID?)
    async throws(SourceError)
    -> PushOutcome
  {
    if let outage { throw outage }
    if !pushAnswers.isEmpty { return pushAnswers.removeFirst() }
    guard branches[branch] == tip else { return branches[branch] == commit ? .accepted : .raced }
    branches[branch] = commit
    guard losesAnswer else { return .accepted }
    losesAnswer = false
    throw SourceError(.unreachable, "the answer was lost")
  }

  // MARK: Objects

  private func known(_ id: CommitID) throws(SourceError) -> Commit {
    guard let commit = commits[id] else { throw SourceError(.notFound, "no commit \(id)") }
    return commit
  }

  private func add(_ commit: Commit) -> CommitID {
    let digits = String(forgotten + commits.count + 1, radix: 16)
    let id = CommitID(String(repeating: "0", count: 40 - digits.count) + digits)
    commits[id] = commit
    return id
  }

  private func tree(_ files: [String: [UInt8]]) -> TreeID {
    if let known = trees.first(where: { $0.value == files }) { return known.key }
    let id = TreeID("tree-\(trees.count + 1)")
    trees[id] = files
    return id
  }

  private static func read(_ files: [String: [UInt8]]) -> DesiredState {
    resolve(files.keys.sorted().map { parse(ManifestFile(path: $0, bytes: files[$0] ?? [])) })
  }
}

/// What people do with the branches beside the one that is followed.
extension MemoryRepository {
  /// Their tips.
  package var otherBranches: [String: CommitID] { branches }

  package func loseNextAnswer() { losesAnswer = true }

  package func text(of path: String, at commit: CommitID) -> String? {
    commits[commit]?.files[path].map { String(decoding: $0, as: UTF8.self) }
  }

  /// Somebody deletes a branch.
  package func delete(branch: String) { branches[branch] = nil }

  /// Somebody commits on a branch.
  @discardableResult
  package func commit(_ message: String, _ changes: [String: String?], to branch: String) -> CommitID? {
    guard let tip = branches[branch], var files = commits[tip]?.files else { return nil }
    for (path, text) in changes { files[path] = text.map { Array($0.utf8) } }
    let id = add(Commit(parents: [tip], message: message, files: files))
    branches[branch] = id
    return id
  }

  /// How people merge a branch.
  package enum Merge: CaseIterable, Sendable {
    case fastForward, mergeCommit, squash
  }

  /// Somebody merges a branch into the one that is followed.
  ///
  /// - Returns: `nil` where it does not fit on top of that.
  @discardableResult
  package func merge(_ branch: String, by way: Merge) -> CommitID? {
    guard let theirs = branches[branch], let commit = commits[theirs], let tip = remoteTip,
      commit.parents == [tip]
    else { return nil }
    remoteTip =
      switch way {
      case .fastForward: theirs
      case .mergeCommit: add(Commit(parents: [tip, theirs], message: "Merge \(branch)", files: commit.files))
      case .squash: add(Commit(parents: [tip], message: "Squashed", files: commit.files))
      }
    return remoteTip
  }
}
