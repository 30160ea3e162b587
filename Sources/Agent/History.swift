package import Effects
import Manifests
import Planning
package import Vocabulary

/// Finds out which commits made models what they are.
package struct History: Sendable {
  let repository: any ManifestReader

  /// How far back a walk goes. A model whose revision is older than that is taken to have been introduced by
  /// the oldest commit that was looked at.
  static let limit = 1000

  package init(repository: any ManifestReader) {
    self.repository = repository
  }

  /// For each model, the first-parent commit since which it has had this revision without a break. The walk ends
  /// at `base`, a commit whose wishes are known: a model that had the revision there already is not in the answer.
  ///
  /// - Parameter known: the revisions that models had before, if nothing has happened to them that a break would change. A
  ///   mistake at `base` and its correction since then are no break for them.
  package func introductions(
    of revisions: [ModelName: Revision], at tip: CommitID, after base: CommitID?,
    knowing known: [ModelName: Revision] = [:]
  ) async throws(SourceError) -> [ModelName: CommitID] {
    let recent = try await walk(from: tip, downTo: base, lookingFor: revisions)
    guard let base, recent.end == base else { return recent.found.merging(recent.lasting) { $1 } }
    let before = unbroken(recent.open, revisions, in: try await repository.desired(at: base))
    // What cannot be read at the base may have been asked for, taken back and asked for again before it: only the
    // history can say.
    let unclear = revisions.filter { before[$0.key] == .unreadable && known[$0.key] != $0.value }
    let found = recent.found.merging(recent.lasting.filter { before[$0.key] == nil }) { $1 }
    guard !unclear.isEmpty else { return found }
    let whole = try await walk(from: tip, downTo: nil, lookingFor: unclear)
    return found.merging(whole.found) { $1 }.merging(whole.lasting) { $1 }
  }

  private struct Walk {
    /// The introductions that were found.
    var found: [ModelName: CommitID] = [:]
    /// The oldest commits seen that ask for the revisions of models whose introduction lies further back.
    var lasting: [ModelName: CommitID] = [:]
    /// What the oldest commit that was looked at asks for, of the models of `lasting`. Where a model cannot be read it has
    /// not changed: a mistake and its correction are no new wish.
    var open: [ModelName: AskedFor]
    /// The parent of that commit; `nil` at the root.
    var end: CommitID?
  }

  private func walk(
    from tip: CommitID, downTo base: CommitID?, lookingFor revisions: [ModelName: Revision]
  ) async throws(SourceError) -> Walk {
    var walk = Walk(open: revisions.mapValues(AskedFor.revision))
    let commits = try await repository.history(from: tip, downTo: base, limit: Self.limit)
    for (index, commit) in commits.enumerated() {
      for (name, asked) in walk.open where asked != .unreadable { walk.lasting[name] = commit.id }
      walk.end = commit.parents.first
      guard index + 1 < commits.count else { break }
      let parent = commits[index + 1]
      // The same tree of manifests: nobody was introduced by this commit.
      if parent.manifests == commit.manifests { continue }
      // Before the folder of the manifests existed, there was no model.
      let earlier = parent.manifests == nil ? DesiredState() : try await repository.desired(at: parent.id)
      walk.open = unbroken(walk.open, revisions, in: earlier)
      for name in walk.lasting.keys where walk.open[name] == nil {
        walk.found[name] = walk.lasting.removeValue(forKey: name)
      }
      if walk.open.isEmpty { break }
    }
    return walk
  }

  /// Those of `open` that an earlier commit asks for in the same revision, or does not say anything about.
  private func unbroken(
    _ open: [ModelName: AskedFor], _ revisions: [ModelName: Revision], in earlier: DesiredState
  ) -> [ModelName: AskedFor] {
    open.reduce(into: [:]) { unbroken, entry in
      let asked = AskedFor(entry.key, in: earlier)
      if asked == .unreadable || asked == revisions[entry.key].map(AskedFor.revision) {
        unbroken[entry.key] = asked
      }
    }
  }
}
