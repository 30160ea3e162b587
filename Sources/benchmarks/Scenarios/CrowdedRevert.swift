import Agent
import Effects
import FoundationEssentials
import GitSource
import Manifests
import Planning
import Rollout
import TestSupport
import Vocabulary

extension Scenario {
  /// Fifty people commit and push to the branch as fast as they can while the agent lands a revert there, over TLS and
  /// through nginx. Beside it, in the same crowd, `git` in a shell loop.
  static let crowdedRevert = Scenario(name: "crowded-revert") { scale in
    try await withTemporaryFolder { folder in
      // How many manifests there are is measured elsewhere.
      let origin = try await FleetRemote(
        Scale(models: 100, history: 20, rounds: 0, rollouts: 0, simulations: 0), in: folder)
      return try await PrivateGitServer.serve(folder, token: CrowdedStage.token) { server in
        let stage = try await CrowdedStage(origin, server, in: folder)
        let (ours, theirs) = try await byTurns(rounds: min(scale.rounds, 5)) { _ in
          try await stage.measure { try await stage.landByAgent($0) }
        } theirs: { _ in
          try await stage.measure { try await stage.landByGit($0) }
        }
        return [
          Figure(
            work: "revert landed among 50 writers", unit: .seconds, ours: ours,
            beside: ("git fetch, revert, push in a loop", theirs), bar: .ratio(1),
            note: try await stage.account())
        ]
      }
    }
  }
}

/// A remote, its crowd, an agent's mirror and the checkout of a person with a shell.
private actor CrowdedStage {
  /// A failed version that somebody has to revert.
  struct Job {
    var request: WriteBackRequest
    var bad: CommitID
  }

  static let token = "a-token-of-this-run"
  private static let writers = 50
  /// So long somebody tries to land a revert at most, in seconds.
  private static let patience = 120.0

  private let origin: FleetRemote
  private let crowd: Crowd
  private let repository: MirrorRepository
  private let checkout: String
  private let environment: [String: String]
  private var turn = 0

  init(_ origin: FleetRemote, _ server: PrivateGitServer, in folder: String) async throws {
    self.origin = origin
    let url = server.url + "/config.git"
    let access = Crowd.Access(url: url, authority: server.authority, token: Self.token)
    let tokenFile = folder + "/token"
    try write(Self.token + "\n", to: tokenFile)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: tokenFile)
    crowd = try await Crowd(
      of: Self.writers, on: origin.remote, through: access, turns: 10_000, in: folder + "/crowd")
    var configuration = mirrorConfiguration(in: folder, url: url)
    configuration.credentials = .token(file: tokenFile, username: "robot")
    configuration.authorities = server.authority
    repository = MirrorRepository(configuration, logger: .silent)
    environment = access.environment.merging([
      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_AUTHOR_NAME": "Person", "GIT_AUTHOR_EMAIL": "person@example.com",
      "GIT_COMMITTER_NAME": "Person", "GIT_COMMITTER_EMAIL": "person@example.com",
    ]) { $1 }
    checkout = folder + "/person"
    let cloned = try await run(
      "git", ["clone", "--quiet", url, checkout], environment: environment,
      in: folder)
    try require(cloned.status == 0, cloned.errors)
  }

  /// How long it takes somebody to land the revert of a version that was deployed just before the crowd began.
  func measure(_ land: @escaping @Sendable (Job) async throws -> Void) async throws -> Double {
    let path = origin.fleet.path(turn + 1)
    let before = try await origin.remote.bare("show", "main:\(path)")
    let task = try await deploy()
    let start = try await commits()
    let took = try await crowd.write {
      try await eventually("the crowd writes", within: .seconds(120), pace: .milliseconds(100)) {
        try await self.commits() > start + 20
      }
      return try await seconds { try await land(task) }
    }
    let isReverted = try await origin.remote.bare("show", "main:\(path)") == before
    try require(isReverted || took >= Self.patience, "nothing was reverted")
    Progress.say("  landed after \(Unit.seconds.text(took))")
    return took
  }

  private func commits() async throws -> Int {
    Int(try await origin.remote.bare("rev-list", "--count", "main")) ?? 0
  }

  private func deploy() async throws -> Job {
    turn += 1
    let good = try await repository.desired(at: repository.fetch())
    try await origin.deploy(2, of: turn)
    let bad = try await repository.fetch()
    let wishes = try await repository.desired(at: bad)
    let name = origin.fleet.name(turn)
    guard let before = good.models[name], let after = wishes.models[name] else {
      throw BenchmarkFailure("\(name) cannot be read")
    }
    let now = WallClock().now()
    var others = wishes.models.mapValues { Revision?.some(revision(of: $0.workload)) }
    others[name] = nil
    let request = WriteBackRequest(
      model: name, failed: release(after, bad), lastGood: release(before, nil),
      failure: try failure(of: release(after, bad), at: now),
      rollout: RolloutID(at: now, randomness: (0, UInt64(turn))), lastGoodOfOthers: others, tries: 0)
    return Job(request: request, bad: bad)
  }

  private func release(_ model: DesiredModel, _ commit: CommitID?) -> Release {
    Release(revision: revision(of: model.workload), version: model.workload.artifact.version, commit: commit)
  }

  /// What a machine says when the artifact is not what the manifest says.
  private func failure(of release: Release, at now: Timestamp) throws -> Failure {
    var machine = ModelMachine(name: "any")
    let terms = Terms(
      program: .beside([], instances: 1), checks: [], rules: Rules(readyTimeout: .seconds(60)), replicas: 1)
    _ = machine.desire(release, under: terms, at: now)
    _ = machine.begin(at: now, id: RolloutID(at: now, randomness: (0, 0)))
    let observation = ModelObservation(artifact: .failed(.digestMismatch, "the digest is another"))
    guard case .failed(let record) = machine.observe(observation, at: now), let failure = record.failure
    else {
      throw BenchmarkFailure("the rollout does not fail")
    }
    return failure
  }

  /// As the agent does it, with its waits.
  func landByAgent(_ task: Job) async throws {
    var request = task.request
    let start = monotonicNanoseconds()
    while Double(monotonicNanoseconds() - start) / 1e9 < Self.patience {
      let asked = request
      let writeBack = WriteBack(
        repository: repository, clock: WallClock(), pause: { try? await Task.sleep(for: $0) },
        agent: "benchmarks", branch: "main", check: { _ in })
      let result = await writeBack.run(asked, jitter: Double.random(in: 0..<1), current: { asked })
      switch result {
      case .pushed: return
      case .postponed(_, let wait):
        try await Task.sleep(for: wait)
        request.tries += 1
      default: throw BenchmarkFailure("it came to \(result)")
      }
    }
  }

  func landByGit(_ task: Job) async throws {
    let loop = """
      until git fetch --quiet origin main && git reset --quiet --hard origin/main \
        && git revert --no-edit \(task.bad) > /dev/null && git push --quiet origin HEAD:main; do :; done
      """
    let done = try await run(
      "timeout", [String(Int(Self.patience)), "sh", "-c", loop], environment: environment, in: checkout)
    try require([0, 124].contains(done.status), done.errors)
  }

  /// What became of everybody's commits.
  func account() async throws -> String {
    let lost = try await crowd.lost()
    try require(lost.isEmpty, "\(lost.count) commits of \(crowd.accepted) are lost")
    return "Commits of the writers in all rounds: \(crowd.accepted), none lost."
  }
}
