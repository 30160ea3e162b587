import Effects
import Vocabulary

extension Referee {
  mutating func fetched(_ tip: CommitID, after before: CommitID?, in world: World) {}
  mutating func crashed(_ server: Server) {}
  mutating func starts(_ spec: InstanceSpec, in world: World) {}
  mutating func pushes(_ commit: CommitID, in world: World) {}
  mutating func rewritten() {}
  mutating func branchMoved(from before: CommitID, to after: CommitID, in world: World) {}
  mutating func hit(_ server: Server, in world: World) {}
  mutating func rebooted(in world: World) {}
  mutating func drifted(_ model: ModelName) {}
}
