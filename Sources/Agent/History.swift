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
  package func introductions(of revisions: [ModelName: Revision], at tip: CommitID, after base: CommitID?)
    async throws(SourceError) -> [ModelName: CommitID]
  {
    var found: [ModelName: CommitID] = [:]
    var open = revisions
    let commits = try await repository.history(from: tip, downTo: base, limit: Self.limit)
    for (index, commit) in commits.enumerated() {
      for name in open.keys { found[name] = commit.id }
      guard index + 1 < commits.count else {
        if let base, commit.parents.first == base {
          let earlier = try await repository.desired(at: base)
          found = found.filter { name, _ in earlier.revision(of: name) != revisions[name] || open[name] == nil
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
      open = open.filter { name, wanted in earlier.revision(of: name) == wanted }
      if open.isEmpty { break }
    }
    return found
  }
}

extension DesiredState {
  /// The revision that a model is asked to have; `nil` when there is no such model, or it cannot be read.
  func revision(of name: ModelName) -> Revision? {
    models[name].map { Planning.revision(of: $0.workload) }
  }
}
