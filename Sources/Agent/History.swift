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
  /// - Parameter known: the revisions that were asked for last, for models that cannot be read at `base`.
  package func introductions(
    of revisions: [ModelName: Revision], at tip: CommitID, after base: CommitID?,
    knowing known: [ModelName: Revision] = [:]
  ) async throws(SourceError) -> [ModelName: CommitID] {
    var found: [ModelName: CommitID] = [:]
    // What the commit at hand asks for, of the models whose introduction may lie further back. Where a model cannot
    // be read it has not changed: a mistake and its correction are no new wish.
    var open = revisions.mapValues(AskedFor.revision)
    let commits = try await repository.history(from: tip, downTo: base, limit: Self.limit)
    for (index, commit) in commits.enumerated() {
      for (name, asked) in open where asked != .unreadable { found[name] = commit.id }
      guard index + 1 < commits.count else {
        if let base, commit.parents.first == base {
          let before = unbroken(open, revisions, in: try await repository.desired(at: base))
          found = found.filter { name, _ in
            switch before[name] {
            case .unreadable: known[name] != revisions[name]
            case .revision, .nothing: false
            case nil: true
            }
          }
        }
        break
      }
      let parent = commits[index + 1]
      // The same tree of manifests: nobody was introduced by this commit.
      if parent.manifests == commit.manifests { continue }
      // Before the folder of the manifests existed, there was no model.
      guard parent.manifests != nil else { break }
      let earlier = try await repository.desired(at: parent.id)
      open = unbroken(open, revisions, in: earlier)
      if open.isEmpty { break }
    }
    return found
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
