import Effects
import GitSource
import Manifests
import Planning
import Synchronization
import Vocabulary

/// A mirror that says how many manifests were read from it, and that can leave out the network.
struct MeasuredRepository: ConfigRepository {
  let mirror: MirrorRepository
  /// Answered instead of a fetch; a push is then accepted unseen.
  var tip: CommitID?
  let blobsRead = BlobCounter()

  init(_ mirror: MirrorRepository) { self.mirror = mirror }

  func fetch() async throws(SourceError) -> CommitID {
    if let tip { return tip }
    return try await mirror.fetch()
  }

  func push(_ commit: CommitID, replacing tip: CommitID) async throws(SourceError) -> PushOutcome {
    if self.tip != nil { return .accepted }
    return try await mirror.push(commit, replacing: tip)
  }

  func desired(at commit: CommitID) async throws(SourceError) -> DesiredState {
    let state = try await mirror.desired(at: commit)
    blobsRead.add(await mirror.lastRead.blobsRead)
    return state
  }

  func desired(in tree: TreeID) async throws(SourceError) -> DesiredState {
    let state = try await mirror.desired(in: tree)
    blobsRead.add(await mirror.lastRead.blobsRead)
    return state
  }

  func mirroredTip() async throws(SourceError) -> CommitID? { try await mirror.mirroredTip() }

  func descends(_ commit: CommitID, from ancestor: CommitID) async throws(SourceError) -> Bool {
    try await mirror.descends(commit, from: ancestor)
  }

  func keep(_ commit: CommitID) async throws(SourceError) { try await mirror.keep(commit) }

  func kept() async throws(SourceError) -> CommitID? { try await mirror.kept() }

  func head(of commit: CommitID) async throws(SourceError) -> CommitHead { try await mirror.head(of: commit) }

  func heads(after base: CommitID, upTo tip: CommitID, limit: Int) async throws(SourceError) -> [CommitHead] {
    try await mirror.heads(after: base, upTo: tip, limit: limit)
  }

  func vouchers(for commits: [CommitID]) async throws(SourceError) -> [CommitID: Voucher] {
    try await mirror.vouchers(for: commits)
  }

  func changes(by commit: CommitID) async throws(SourceError) -> CommitChanges {
    try await mirror.changes(by: commit)
  }

  func entry(_ path: String, at commit: CommitID) async throws(SourceError) -> PathEntry? {
    try await mirror.entry(path, at: commit)
  }

  func commit(named revision: String) async throws(SourceError) -> CommitID {
    try await mirror.commit(named: revision)
  }

  func history(from tip: CommitID, downTo base: CommitID?, limit: Int) async throws(SourceError)
    -> [CommitSummary]
  {
    try await mirror.history(from: tip, downTo: base, limit: limit)
  }

  func file(_ path: String, at commit: CommitID) async throws(SourceError) -> [UInt8]? {
    try await mirror.file(path, at: commit)
  }

  func revert(_ commits: [CommitID], onto tip: CommitID) async throws(SourceError) -> RevertAttempt {
    try await mirror.revert(commits, onto: tip)
  }

  func tree(of commit: CommitID, replacing files: [String: [UInt8]?]) async throws(SourceError) -> TreeID {
    try await mirror.tree(of: commit, replacing: files)
  }

  func commit(_ tree: TreeID, onto parent: CommitID, message: String, at time: Timestamp)
    async throws(SourceError) -> CommitID
  {
    try await mirror.commit(tree, onto: parent, message: message, at: time)
  }

  func tip(of branch: String) async throws(SourceError) -> BranchTip? { try await mirror.tip(of: branch) }

  func push(_ commit: CommitID?, to branch: String, replacing tip: CommitID?) async throws(SourceError)
    -> PushOutcome
  {
    try await mirror.push(commit, to: branch, replacing: tip)
  }
}

/// Counts from any thread.
final class BlobCounter: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock(\.self) }

  func add(_ more: Int) { count.withLock { $0 += more } }

  func reset() { count.withLock { $0 = 0 } }
}
