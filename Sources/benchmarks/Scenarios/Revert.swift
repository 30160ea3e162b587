import Agent
import Effects
import GitSource
import Manifests
import Planning
import Rollout
import TestSupport
import Vocabulary

extension Scenario {
  /// The agent finds the commit that brought a failed version, reverts it in memory, proves of the result that every
  /// other model stays as it is, and commits. Beside it `git revert` of the same commit in a checkout. Neither
  /// fetches or pushes. A commit of somebody else lies on top, so that the result is a tree that was never seen.
  static let revert = Scenario(name: "revert") { scale in
    try await withTemporaryFolder { folder in
      let stage = try await RevertStage(FleetRemote(scale, in: folder), in: folder)
      let (ours, theirs) = try await stage.revertByTurns(rounds: scale.rounds)
      return [
        Figure(
          work: "revert: compute, prove, commit", unit: .seconds, ours: ours,
          beside: ("git revert --no-edit", theirs), bar: .ratio(1))
      ]
    }
  }
}

/// A checkout, and an agent's mirror of the same repository.
actor RevertStage {
  /// A failed version that somebody has to revert.
  private struct Task {
    var request: WriteBackRequest
    var bad: String
    var tip: CommitID
    /// The tree of the first revert of the two.
    var tree: String?
  }

  private let origin: FleetRemote
  private var repository: MeasuredRepository
  private let mirrorFolder: String
  private var round = -1
  private var task: Task?

  init(_ origin: FleetRemote, in folder: String) async throws {
    self.origin = origin
    try await origin.remote.work("pull", "--quiet", "origin", "main")
    try await origin.remote.work("config", "gc.auto", "0")
    let configuration = mirrorConfiguration(in: folder, url: origin.remote.path)
    mirrorFolder = configuration.mirror
    repository = MeasuredRepository(MirrorRepository(configuration, logger: .silent))
    _ = try await repository.mirror.desired(at: repository.mirror.fetch())
  }

  nonisolated func revertByTurns(rounds: Int) async throws -> (Samples, Samples) {
    try await byTurns(rounds: rounds) { round in
      try await self.prepare(round)
      return try await self.revertByAgent()
    } theirs: { round in
      try await self.prepare(round)
      return try await self.revertByGit()
    }
  }

  /// Somebody deploys a version that will fail, and somebody else changes another model. The agent polls both.
  func prepare(_ round: Int) async throws {
    guard round > self.round else { return }
    self.round = round
    let models = origin.fleet.models
    let (model, other) = (round * 2 % models, (round * 2 + 1) % models)
    // With the revert that Git made in the last round.
    try await origin.remote.publish()
    let good = try await desired(origin.remote.work("rev-parse", "HEAD"))
    // A version that nobody has had: in a small fleet models have their turn again.
    let version = round + 10
    let bad = try await commit(model, version: version)
    let wishes = try await desired(bad)
    let tip = try await commit(other, version: version)
    let latest = try await desired(tip)
    let name = origin.fleet.name(model)
    guard let before = good.models[name], let after = wishes.models[name] else {
      throw BenchmarkFailure("\(name) cannot be read")
    }
    task = Task(
      request: try request(from: before, to: after, CommitID(bad), others: latest), bad: bad,
      tip: CommitID(tip))
    repository.tip = CommitID(tip)
  }

  private func commit(_ model: Int, version: Int) async throws -> String {
    let text = origin.fleet.text(model, version: version)
    let id = try await origin.remote.commit(
      [origin.fleet.path(model): text], message: "Deploy version \(version)")
    try await origin.remote.publish()
    return id
  }

  private func desired(_ commit: String) async throws -> DesiredState {
    _ = try await repository.mirror.fetch()
    return try await repository.mirror.desired(at: CommitID(commit))
  }

  private func request(
    from good: DesiredModel, to bad: DesiredModel, _ commit: CommitID, others: DesiredState
  ) throws -> WriteBackRequest {
    var machine = try servedRecord(of: good, since: commit).machine
    let now = WallClock().now()
    let failed = Release(
      revision: revision(of: bad.workload), version: bad.workload.artifact.version, commit: commit)
    let id = RolloutID(at: now, randomness: (0, UInt64(round)))
    _ = machine.desire(failed, under: bad.live.policy.terms(replicas: 1), at: now)
    _ = machine.begin(at: now, id: id)
    let observation = ModelObservation(artifact: .failed(.digestMismatch, "the digest is another"))
    guard case .failed(let record) = machine.observe(observation, at: now), let failure = record.failure
    else {
      throw BenchmarkFailure("the rollout does not fail")
    }
    var lastGood = others.models.mapValues { Revision?.some(revision(of: $0.workload)) }
    lastGood[good.name] = nil
    return WriteBackRequest(
      model: good.name, failed: failed, lastGood: machine.stable, failure: failure, rollout: id,
      lastGoodOfOthers: lastGood, tries: 0)
  }

  func revertByAgent() async throws -> Double {
    guard let task else { throw BenchmarkFailure("nothing to revert") }
    let writeBack = WriteBack(
      repository: repository, clock: WallClock(), pause: { _ in },
      agent: "benchmarks", branch: "main", check: { _ in })
    var result: WriteBackResult?
    let took = await seconds {
      result = await writeBack.run(task.request, jitter: 0.5, current: { task.request })
    }
    guard case .pushed(let commit) = result else {
      throw BenchmarkFailure("no revert: \(String(describing: result))")
    }
    let mirror = GitCommand(in: mirrorFolder)
    try compare(try await mirror("rev-parse", "\(commit)^{tree}"))
    return took
  }

  func revertByGit() async throws -> Double {
    guard let task else { throw BenchmarkFailure("nothing to revert") }
    let work = origin.remote.work
    let took = try await seconds { try await work("revert", "--no-edit", task.bad) }
    try compare(try await work("rev-parse", "HEAD^{tree}"))
    return took
  }

  /// Both reverts must come to the same.
  private func compare(_ tree: String) throws {
    try require(task?.tree == nil || task?.tree == tree, "the two reverts differ")
    task?.tree = tree
  }
}
