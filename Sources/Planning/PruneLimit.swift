package import Rollout

/// The models that Git no longer has, and that are kept all the same because they are too many for one commit; `nil` when
/// they may go.
///
/// One model may always go: a host with one model has to be able to lose it.
///
/// - Parameters:
///   - missing: those that Git no longer has.
///   - running: how many there are, the missing ones included.
///   - percent: the largest share that one commit may remove.
package func pruneRefusal(of missing: Int, among running: Int, percent: Int) -> Trouble? {
  let allowed = max(1, running * percent / 100)
  guard missing > allowed else { return nil }
  return Trouble(
    reason: "PruneLimit",
    message:
      "Git asks for the removal of \(missing) of \(running) models at once, and pruneLimit (\(percent)%) allows "
      + "\(allowed); remove them in several commits, or raise pruneLimit in the agent's file")
}
