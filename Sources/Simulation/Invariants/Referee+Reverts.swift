import Effects
import Manifests
import Rollout
import Vocabulary

/// Invariant 4: what the agent writes into Git.
extension Referee {
  /// The agent has written a commit, and has yet to push it: other models may come to another version until then.
  mutating func writes(_ id: CommitID) {
    goodWhenWritten[id] = watches.compactMapValues(\.proven.last)
  }

  /// The remote is about to take a commit of the agent.
  mutating func pushes(_ id: CommitID, in world: World) {
    guard let commit = world.branch.commit(id) else { return }
    if commit.parents != [world.branch.tip] {
      blame(.reverts, "\(id.short) takes the place of commits that it does not follow", in: world)
    }
    guard let rollout = checkRevert(commit, in: world) else { return }
    if let earlier = reverts[rollout],
      world.branch.line(from: world.branch.tip).contains(where: { $0.id == earlier })
    {
      blame(.reverts, "\(id.short) reverts \(rollout) a second time", in: world)
    }
    reverts[rollout] = id
  }

  /// The remote is about to take a commit of the agent on a branch of its own, or to delete that branch.
  mutating func proposes(_ id: CommitID?, on branch: String, in world: World) {
    if let old = world.proposals[branch]?.tip, world.branch.commit(old)?.isOurs == false {
      blame(.reverts, "\(branch) loses \(old.short), which is not the agent's", in: world)
    }
    guard let id, let commit = world.branch.commit(id) else { return }
    if !world.setting.proposes {
      blame(.obedience, "\(id.short) is proposed, and was to be pushed", in: world)
    }
    if !isSetBack, !world.branch.line(from: world.branch.tip).contains(where: { commit.parents == [$0.id] }) {
      blame(.reverts, "\(id.short) does not follow the branch", in: world)
    }
    guard let rollout = checkRevert(commit, in: world) else { return }
    if let other = proposed[rollout], other != branch {
      blame(.reverts, "\(id.short) is proposed on \(branch), and on \(other) already", in: world)
    }
    proposed[rollout] = branch
  }

  /// What a commit of the agent does to the one that it follows. Answers which rollout it is about.
  private mutating func checkRevert(_ commit: Branch.Commit, in world: World) -> RolloutID? {
    let id = commit.id
    let trailers = Trailers(commit.message)
    guard let rollout = trailers.rollout, let name = trailers.model,
      let record = world.ledger.rollout(rollout), record.model == name
    else {
      blame(.reverts, "\(id.short) does not say which rollout it answers", in: world)
      return nil
    }
    if record.failure == nil || record.outcome == .promoted {
      blame(.reverts, "\(id.short) reverts \(name) \(record.version), which did not fail", in: world)
    }
    if world.door.drift == nil, world.door.routing.models[name]?.weights[record.revision] != nil {
      blame(
        .failedStaysOut, "\(id.short) reverts \(name) \(record.version), which still gets traffic", in: world)
    }
    checkHold(record, id, in: world)
    checkTrees(of: record, commit, in: world)
    return rollout
  }

  /// Under `hold`, and of what a person has only put off, only a person has a failure reverted.
  private mutating func checkHold(_ record: RolloutRecord, _ id: CommitID, in world: World) {
    if record.outcome == .aborted {
      blame(
        .obedience, "\(id.short) reverts \(record.model) \(record.version), which was only aborted", in: world
      )
    }
    guard record.requestedBy == nil, record.failure?.reason != .rolledBackByHand else { return }
    if policies[record.id]?.onFailure == .hold {
      blame(
        .obedience, "\(id.short) reverts \(record.model) \(record.version), whose policy is to hold",
        in: world)
    }
  }

  /// The model is where it was last good, and every other one where it was, or where it was last good.
  private mutating func checkTrees(of record: RolloutRecord, _ commit: Branch.Commit, in world: World) {
    let base = commit.parents.first ?? world.branch.tip
    let before = world.branch.desired(at: base) ?? DesiredState()
    let after = world.branch.desired(in: commit.tree) ?? DesiredState()
    for name in names {
      let (old, new) = (
        world.branch.revision(of: name, at: base), world.branch.revision(of: name, at: commit.id)
      )
      let good = watches[name]?.proven.last
      if name == record.model {
        if old != record.revision {
          blame(.reverts, "\(commit.id.short) reverts \(name), which has moved on", in: world)
        }
        if new != good || after.unreadable.contains(name) {
          blame(.reverts, "\(commit.id.short) does not put \(name) back on its last good version", in: world)
        }
        continue
      }
      if old == new, before.models[name]?.live == after.models[name]?.live { continue }
      // A document that the failed commit broke may be whole again.
      let wasThere =
        old != nil || before.unreadable.contains(name)
        || after.models[name].map { before.unattributed.contains($0.file) } ?? false
      let isGood = new != nil && (new == good || new == goodWhenWritten[commit.id]?[name])
      if !isGood || !wasThere || old == new {
        blame(
          .reverts, "\(commit.id.short) reverts \(record.model) and changes \(name) with it", in: world)
      }
    }
    if !after.unattributed.isSubset(of: before.unattributed)
      || !after.unreadable.isSubset(of: before.unreadable)
    {
      blame(.reverts, "\(commit.id.short) makes manifests unreadable", in: world)
    }
  }
}

/// What the last lines of a revert say.
private struct Trailers {
  var rollout: RolloutID?
  var model: ModelName?

  init(_ message: String) {
    for line in message.split(separator: "\n") {
      if let value = line.value(of: "Evenkeel-Rollout") { rollout = RolloutID(value) }
      if let value = line.value(of: "Evenkeel-Model") { model = ModelName(value) }
    }
  }
}

extension Substring {
  fileprivate func value(of key: String) -> String? {
    hasPrefix(key + ": ") ? String(dropFirst(key.count + 2)) : nil
  }
}
