package import Manifests
package import Vocabulary

/// What one commit, or the manifests in one tree, ask for of a model.
package enum AskedFor: Hashable, Sendable {
  /// There is no such model.
  case nothing
  case revision(Revision)
  /// Nobody can tell: its documents have errors, or it may be in a document that cannot be attributed.
  case unreadable

  package init(_ model: ModelName, in desired: DesiredState) {
    if desired.unreadable.contains(model) {
      self = .unreadable
    } else if let found = desired.models[model] {
      self = .revision(Planning.revision(of: found.workload))
    } else {
      self = desired.unattributed.isEmpty ? .nothing : .unreadable
    }
  }

  /// What to ask for so that the last good revision runs; without one that is nothing at all.
  init(lastGood: Revision?) {
    self = lastGood.map(AskedFor.revision) ?? .nothing
  }
}

/// Whether the branch still asks for the revision that failed. If not, somebody has already moved on and there is
/// nothing to revert. A model that cannot be read at the tip is not wanted either; ask `AskedFor` to tell the two
/// apart.
package func isStillWanted(_ failed: Revision, of model: ModelName, in tip: DesiredState) -> Bool {
  AskedFor(model, in: tip) == .revision(failed)
}

/// One commit of a first-parent walk, seen from one model.
package struct HistoryStep: Hashable, Sendable {
  package var commit: CommitID
  /// The first line of its message.
  package var subject: String
  /// What the commit's first parent asks for, and what the commit asks for.
  package var before: AskedFor
  package var after: AskedFor

  package init(commit: CommitID, subject: String, before: AskedFor, after: AskedFor) {
    self.commit = commit
    self.subject = subject
    self.before = before
    self.after = after
  }
}

/// Which commits to revert, newest first, so that the branch asks for the last good revision again: all that changed
/// the model since the branch last asked for it.
///
/// - Parameters:
///   - lastGood: `nil` before the first deployment; the model is to be absent then.
///   - history: first-parent commits from the tip backwards, newest first. The walk may stop as soon as the
///     answer is not `nil`.
/// - Returns: `nil` when `history` does not go back to where the branch asked for the last good revision.
package func commitsToRevert(to lastGood: Revision?, in history: some Sequence<HistoryStep>)
  -> [HistoryStep]?
{
  let goal = AskedFor(lastGood: lastGood)
  var commits: [HistoryStep] = []
  for step in history where step.before != step.after {
    commits.append(step)
    if step.before == goal { return commits }
  }
  return nil
}
