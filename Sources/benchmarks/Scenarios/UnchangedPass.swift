import Agent
import Planning
import Rollout
import TestSupport

extension Scenario {
  /// The agent asks the remote, finds nothing new, looks at the world, finds nothing to do. Beside it one
  /// `git ls-remote` of the same remote over http.
  static let unchangedPass = Scenario(name: "unchanged-pass") { scale in
    try await withFleetServer(scale) { fleet in
      let host = try await fleet.host()
      let (ours, theirs) = try await fleet.pollUnchanged(host, rounds: scale.rounds)
      let pass = try await alone(rounds: scale.rounds) {
        try require(await !host.reconciler.pass().again, "something moved")
      }
      return [
        Figure(
          work: "nothing changed: poll and pass", unit: .seconds, ours: ours,
          beside: ("git ls-remote", theirs), bar: .ratio(1.5),
          note: "Blobs read by all polls with nothing changed: \(host.repository.blobsRead.value) (bar: 0)."),
        Figure(work: "nothing changed: the pass alone", unit: .seconds, ours: pass, bar: .none),
      ]
    }
  }

  /// A commit with one new version arrives: fetch it, read what changed, start its rollout. Beside it `git fetch` of
  /// the same commit into a bare clone.
  static let oneChange = Scenario(name: "one-change") { scale in
    try await withFleetServer(scale) { fleet in
      let host = try await fleet.host()
      let (ours, theirs) = try await fleet.pollChanged(host, rounds: scale.rounds)
      return [
        Figure(
          work: "one changed manifest: poll and pass", unit: .seconds, ours: ours,
          beside: ("git fetch", theirs), bar: .ratio(2),
          note: "Blobs read for \(scale.rounds + 1) changed manifests: \(host.repository.blobsRead.value).")
      ]
    }
  }
}

/// A repository with the fleet's manifests, served over http.
struct ServedFleet {
  let remote: FleetRemote
  let url: String
  let folder: String

  /// An agent that runs every model of it.
  func host() async throws -> HostWithoutServers {
    try await HostWithoutServers(in: folder + "/state", url: url, models: remote.fleet.models)
  }

  /// Polls that bring nothing, beside `git ls-remote`.
  func pollUnchanged(_ host: HostWithoutServers, rounds: Int) async throws -> (Samples, Samples) {
    let git = GitCommand(in: folder)
    host.repository.blobsRead.reset()
    let samples = try await byTurns(rounds: rounds) { _ in
      try await seconds {
        try require(await host.reconciler.poll() == nil, "the remote could not be read")
        try require(await !host.reconciler.pass().again, "something moved")
      }
    } theirs: { _ in
      try await seconds { try await git("ls-remote", url, "refs/heads/main") }
    }
    try require(host.repository.blobsRead.value == 0, "blobs were read with nothing changed")
    return samples
  }

  /// Polls that bring one new version each, beside `git fetch` into a bare clone.
  func pollChanged(_ host: HostWithoutServers, rounds: Int) async throws -> (Samples, Samples) {
    let git = GitCommand(in: folder)
    try await git("clone", "--quiet", "--bare", url, "clone.git")
    let clone = GitCommand(in: folder + "/clone.git")
    try await clone("config", "gc.auto", "0")
    host.repository.blobsRead.reset()
    let commits = Commits(remote: remote)
    let samples = try await byTurns(rounds: rounds) { round in
      try await commits.make(round)
      let took = try await seconds {
        try require(await host.reconciler.poll() == nil, "the remote could not be read")
        _ = await host.reconciler.pass()
      }
      try await host.settle()
      return took
    } theirs: { round in
      try await commits.make(round)
      return try await seconds {
        try await clone("fetch", "--quiet", url, "+refs/heads/main:refs/heads/main")
      }
    }
    let changed = await host.reconciler.status().models.count { $0.stable?.version == "\(version)" }
    let expected = min(rounds + 1, remote.fleet.models)
    try require(changed == expected, "\(changed) instead of \(expected) new versions were deployed")
    return samples
  }
}

private let version = 2

/// One commit for each round, made by whoever comes first in it.
private actor Commits {
  let remote: FleetRemote
  private var last = -1

  init(remote: FleetRemote) { self.remote = remote }

  func make(_ round: Int) async throws {
    guard round > last else { return }
    last = round
    // No multiple of it is a multiple of ten before the tenth.
    try await remote.deploy(version, of: round * 37 % remote.fleet.models)
  }
}

/// Measures work that stands beside nothing.
private func alone(rounds: Int, _ work: () async throws -> Void) async throws -> Samples {
  var values: [Double] = []
  for _ in 0..<rounds { values.append(try await seconds(work)) }
  return try Samples(values)
}

/// Serves a repository with the fleet's manifests over http while `body` runs.
func withFleetServer<Result: Sendable>(
  _ scale: Scale, _ body: (ServedFleet) async throws -> Result
) async throws -> Result {
  try await withTemporaryFolder { folder in
    let remote = try await FleetRemote(scale, in: folder)
    return try await GitServer.serve(folder) { server in
      try await body(ServedFleet(remote: remote, url: server.url + "/config.git", folder: folder))
    }
  }
}
