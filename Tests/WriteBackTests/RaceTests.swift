import Agent
import Effects
import Foundation
import GitSource
import Manifests
import Rollout
import TestSupport
import Testing
import Vocabulary

/// Reverts while others write to the same branch of a real server.
@Suite(.serialized, .timeLimit(.minutes(15))) struct RaceTests {
  private static let token = "a-token-of-this-test"

  @Test func `beside ten writers who do not pause, a revert lands once and nobody's commit is lost`()
    async throws
  {
    try await Branch.with(["a.yaml": model("a", 1), "b.yaml": model("b", 1)]) { branch in
      try await PrivateGitServer.serve(branch.folder, token: Self.token) { server in
        let good = try await branch.tip
        let bad = try await branch.commit("Deploy a 2", ["a.yaml": model("a", 2)])
        let agents = try [
          branch.agent("first", of: server, token: Self.token),
          branch.agent("second", of: server, token: Self.token),
        ]
        let crowd = try await Crowd(
          of: 10, on: branch.remote,
          through: .init(
            url: server.url + "/config.git", authority: server.authority, token: Self.token),
          in: branch.folder + "/crowd")
        let reverts = try await crowd.write {
          // Two agents have found the same version bad.
          try await withThrowingTaskGroup(of: CommitID.self) { group in
            for agent in agents {
              group.addTask { try await agent.landRevert(of: "a", from: bad, to: good) }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
          }
        }
        #expect(reverts.count == 1)
        let history = try await branch.remote.bare("log", "--format=%s", "main").split(separator: "\n")
        #expect(history.count { $0 == "Revert \"Deploy a 2\"" } == 1)
        #expect(crowd.accepted > 0)
        #expect(try await crowd.lost() == [])
        #expect(try await branch.remote.bare("show", "main:a.yaml") + "\n" == model("a", 1))
      }
    }
  }
}

extension Branch {
  /// An agent that reaches the same branch over https.
  fileprivate func agent(_ name: String, of server: PrivateGitServer, token: String) throws -> Branch {
    let file = "\(folder)/\(name).token"
    try write(token + "\n", to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    return try Branch(folder: folder, remote: remote, agent: name, url: server.url + "/config.git") {
      configuration in
      configuration.credentials = .token(file: file, username: "robot")
      configuration.authorities = server.authority
    }
  }

  /// Tries until the revert is there, as the agent does, but without its pauses.
  fileprivate func landRevert(of model: ModelName, from bad: CommitID, to good: CommitID) async throws
    -> CommitID
  {
    var request = try await request(for: model, to: good)
    request.failed.commit = bad
    for _ in 0..<100 {
      let result = await revert(request)
      if let commit = result.commit { return commit }
      guard case .postponed = result else {
        Issue.record("\(result)")
        throw CancellationError()
      }
    }
    throw CancellationError()
  }
}
