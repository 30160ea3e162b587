import Effects
import Manifests
import Planning
import Vocabulary

/// Whether a commit with a revert-only key goes back to what was trusted before, and does nothing else. Which history is
/// looked at, and in which order; what is decided by it is `Planning`'s `objection(toReturning:along:serving:)`.
struct ReturnCheck {
  let repository: any ConfigRepository
  /// With `head`, whoever signs a tip vouches for what it follows.
  let mode: AgentSettings.Verification.Mode
  /// Commits that an operator vouches for.
  let accepted: Set<CommitID>
  /// The models of which some revision is stable here.
  let serving: Set<ModelName>

  /// How many signatures are checked at once.
  private static let batch = 16

  /// - Parameter commit: Has one parent, which is trusted.
  /// - Returns: Why it is more than a return, as the rest of a sentence that begins with "it"; `nil` when it is not.
  func objection(to commit: CommitHead) async throws(SourceError) -> String? {
    guard let parent = commit.parents.first else { return "follows no trusted commit" }
    let changes = try await repository.changes(by: commit.id)
    if changes.areNone { return "changes nothing: a revert does" }
    guard let files = changes.files else { return "changes more than \(CommitChanges.mostFiles) files" }
    if files.isEmpty { return nil }
    let history = try await repository.history(from: parent, downTo: nil, limit: History.limit)
    var line = Line(commits: history)
    if let objection = try await objection(to: commit.id, along: &line) { return objection }
    for change in files {
      guard try await wasThere(change, in: commit.id, after: parent, along: &line) else {
        return "changes \(change.path.printable) into what it never was"
      }
    }
    return nil
  }

  // MARK: The trusted line

  /// The first-parent line, as far back as somebody vouches for it and anybody has asked.
  private struct Line {
    /// Newest first.
    let commits: [CommitSummary]
    var steps: [TrustedStep] = []
    /// From the first commit on that nobody vouches for, nothing is believed.
    var isComplete = false
    /// Whether a person vouches for one of the steps.
    var hasAuthor = false
    var vouchers: [CommitID: Voucher] = [:]
    /// The models that the commit changes. Of the rest only the newest step knows: a thousand steps with ten thousand
    /// models each would not fit into memory.
    var concerned: Set<ModelName> = []

    init(commits: [CommitSummary]) { self.commits = commits }
  }

  /// Adds the next commit; `false` when there is none.
  private func extend(_ line: inout Line) async throws(SourceError) -> Bool {
    let index = line.steps.count
    guard !line.isComplete, line.commits.indices.contains(index) else {
      line.isComplete = true
      return false
    }
    let commit = line.commits[index]
    if line.vouchers[commit.id] == nil {
      let batch = line.commits[index...].prefix(Self.batch).map(\.id)
      line.vouchers.merge(try await repository.vouchers(for: batch)) { $1 }
    }
    let isReturn: Bool
    switch line.vouchers[commit.id] {
    case _ where accepted.contains(commit.id), .author:
      isReturn = false
      line.hasAuthor = true
    case .revertOnly: isReturn = true
    case .nobody, nil:
      guard mode == .head, line.hasAuthor else {
        line.isComplete = true
        return false
      }
      isReturn = false
    }
    let desired = try await desired(at: index, of: line)
    line.steps.append(
      TrustedStep(desired: index == 0 ? desired : desired.only(line.concerned), isReturn: isReturn))
    return true
  }

  private func desired(at index: Int, of line: Line) async throws(SourceError) -> DesiredState {
    let commit = line.commits[index]
    if index > 0, line.commits[index - 1].manifests == commit.manifests {
      return line.steps[index - 1].desired
    }
    return commit.manifests == nil ? DesiredState() : try await repository.desired(at: commit.id)
  }

  // MARK: Models

  private func objection(to commit: CommitID, along line: inout Line) async throws(SourceError) -> String? {
    let result = try await desired(at: commit)
    guard try await extend(&line), let parent = line.steps.first?.desired else {
      return "follows no trusted commit"
    }
    line.concerned = Set(result.changes(since: parent).map(\.name))
      .union(parent.changes(since: result).map(\.name))
    while true {
      let known = line.steps.count
      let objection = Planning.objection(toReturning: result, along: line.steps, serving: serving)
      if objection == nil { return nil }
      // Whatever is a return along a part of the line is one along more of it. So it may be asked less and less often: every
      // time would be the square of its length.
      let next = max(known + 1, known > Self.batch ? known * 2 : 0)
      while line.steps.count < next, try await extend(&line) {}
      if line.steps.count == known { return objection }
    }
  }

  /// A return from the first deployment of all leaves no folder.
  private func desired(at commit: CommitID) async throws(SourceError) -> DesiredState {
    do throws(SourceError) {
      return try await repository.desired(at: commit)
    } catch {
      guard error.kind == .notFound else { throw error }
      return DesiredState()
    }
  }

  // MARK: Files

  /// Whether the file is as it was in a trusted commit; or else a manifest of which only documents of models have changed,
  /// which have been looked at already.
  private func wasThere(
    _ change: PathChange, in commit: CommitID, after parent: CommitID, along line: inout Line
  ) async throws(SourceError) -> Bool {
    let wanted = try await manifest(change, in: commit, after: parent)
    var missing = wanted.map { Set($0.new).subtracting($0.old) }
    if missing?.isEmpty == true { return true }
    var index = 0
    while true {
      if index >= line.steps.count, try await !extend(&line) { return false }
      let ancestor = line.commits[index]
      index += 1
      if index > 1, ancestor.manifests == line.commits[index - 2].manifests { continue }
      if try await repository.entry(change.path, at: ancestor.id) == change.after { return true }
      guard missing != nil, let bytes = try await repository.file(change.path, at: ancestor.id) else {
        continue
      }
      missing?.subtract(otherDocuments(in: ManifestFile(path: change.path, bytes: bytes)))
      if missing?.isEmpty == true { return true }
    }
  }

  /// What a manifest declares besides models, before and after; `nil` for what is no manifest, or was none.
  private func manifest(_ change: PathChange, in commit: CommitID, after parent: CommitID)
    async throws(SourceError) -> (old: [[UInt8]], new: [[UInt8]])?
  {
    guard [".yaml", ".yml"].contains(where: change.path.hasSuffix),
      let old = try await repository.file(change.path, at: parent)
    else { return nil }
    let before = otherDocuments(in: ManifestFile(path: change.path, bytes: old))
    guard let after = change.after else {
      // A file that goes takes with it what else it declares.
      return before.isEmpty ? ([], []) : nil
    }
    guard after.mode == change.before?.mode, let new = try await repository.file(change.path, at: commit)
    else {
      return nil
    }
    return (before, otherDocuments(in: ManifestFile(path: change.path, bytes: new)))
  }
}
