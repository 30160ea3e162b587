import Effects
import Manifests
import Planning
import Vocabulary

/// What the referee asks the world.
extension World {
  /// The requests that a revision has answered ever.
  func answered(_ model: ModelName, _ revision: Revision) -> Int {
    door.answered[BackendKey(model: model, revision: revision)]?.requests ?? 0
  }

  /// The bytes that one instance of a revision needs.
  func memory(of model: ModelName, _ revision: Revision) -> Int {
    ledger.models[model]?.workloads[revision]?.resources?.memory ?? 0
  }

  /// Whether putting back the document of a model alone, as the branch last had it with this revision, would do.
  func couldRestore(_ name: ModelName, to good: Revision?) -> Bool {
    let tip = branch.tree(at: branch.tip)
    guard let path = tip.file(of: name), let before = branch.desired(at: branch.tip) else { return false }
    var result = tip
    if let good {
      let line = branch.line(from: branch.tip)
      guard let commit = line.first(where: { branch.revision(of: name, at: $0.id) == good }),
        let document = branch.tree(at: commit.id).model(name)
      else { return false }
      result.put(.model(document), into: path)
    } else {
      result.remove("model \(name)", from: path)
    }
    let after = Resolution.desired(in: result)
    // Whatever cannot be read may be about the model that is to be gone.
    guard good != nil || after.unattributed.isEmpty else { return false }
    guard after.models[name].map({ revision(of: $0.workload) }) == good, !after.unreadable.contains(name)
    else {
      return false
    }
    var others = after
    others.models[name] = before.models[name]
    return others.models == before.models
  }
}

extension Branch {
  /// The first-parent commits that have asked without a break for the revision that the branch asks for at `tip`. Where the
  /// model cannot be read it has not changed, so that an agent which first saw it mended may take that for the beginning.
  func introductions(of model: ModelName, at tip: CommitID) -> Set<CommitID> {
    let asked = revision(of: model, at: tip)
    var found: Set<CommitID> = []
    for commit in line(from: tip) {
      let state = desired(in: commit.tree)
      let isUnreadable = state?.unreadable.contains(model) ?? false || state?.unattributed.isEmpty == false
      switch revision(of: model, at: commit.id) {
      case asked: found.insert(commit.id)
      case nil where isUnreadable: continue
      default: return found
      }
    }
    return found
  }
}
