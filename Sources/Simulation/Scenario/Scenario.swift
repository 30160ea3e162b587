package import Agent
package import Manifests
package import Planning
package import Vocabulary

/// One life of a host, as data: where it begins, and what happens to it when. With the same scenario the same story
/// happens, so a scenario can be shrunk by leaving out events.
package struct Scenario: Hashable, Sendable {
  package var seed: UInt64
  package var setting: Setting
  /// In the order of their times.
  package var events: [Scheduled]
}

/// What holds all the time.
package struct Setting: Hashable, Sendable {
  package struct Model: Hashable, Sendable {
    package var name: ModelName
    /// The truth about version 1, 2, …; one that is not listed is good.
    package var natures: [Nature]
    /// Requests in a second.
    package var load: Double

    func nature(of version: Int) -> Nature {
      natures.indices.contains(version - 1) ? natures[version - 1] : Nature()
    }
  }

  package var models: [Model]
  /// What engineers begin with when they add a model.
  package var documents: [ModelName: ModelDocument]
  /// The models that share one file.
  package var roommates: Set<ModelName>
  /// What the repository holds before anything happens.
  package var tree: Tree
  package var pollInterval: Duration
  /// How long an artifact takes to come, and again to be verified.
  package var fetchTime: Duration
  /// The least time between two passes that nothing calls for.
  package var pace: Duration
  package var limits: HostLimits
  package var pruneLimit: Int
  /// Whether reverts are proposed on branches of their own, and people merge them.
  package var proposes = false

  func model(_ name: ModelName) -> Model? { models.first { $0.name == name } }

  /// Where a model is declared.
  func file(of name: ModelName) -> String { roommates.contains(name) ? "team.yaml" : "\(name).yaml" }
}

package struct Scheduled: Hashable, Sendable {
  /// Since the beginning.
  package var at: Duration
  package var happening: Happening
}

package enum Happening: Hashable, Sendable {
  /// An engineer's commit, as a merge of a branch or not.
  case commit([Edit], isMerge: Bool)
  /// A person steers.
  case steer(ModelName, SteerCommand)
  case fault(Fault)
}

/// One change of the repository.
package enum Edit: Hashable, Sendable {
  /// Asks for a version, and adds the model if it is not there.
  case deploy(ModelName, version: Int)
  case remove(ModelName)
  case usePolicy(ModelName, String)
  case replicas(ModelName, Int)
  case suspend(ModelName, Bool)
  case depend(ModelName, on: [ModelName])
  /// MiB that one instance needs.
  case memory(ModelName, Int?)
  /// Changes nothing that matters.
  case label(ModelName, Int)
  /// A mistake in the document of the model, or its correction.
  case breakDocument(ModelName, Bool)
  /// Something unreadable beside the documents of a file, or its removal.
  case gibberish(String, Bool)
  case policy(Policy)
  case runtime(generation: Int)
  /// Back to what the branch held so many commits ago.
  case undo(commits: Int)
}

package enum Fault: Hashable, Sendable {
  /// The agent dies at one of its next effects on the world, which happens or not, and starts again later.
  case kill(afterEffects: Int, happens: Bool, downFor: Duration)
  /// All instances and the gateway go, and the agent with them.
  case reboot(downFor: Duration)
  /// An instance ends by itself, and another one may.
  case crash(ModelName)
  /// An instance stops to answer for a while.
  case hang(ModelName, for: Duration)
  /// The host cannot start processes for a while, or finds ports taken.
  case noStarts(portTaken: Bool, for: Duration)
  case gateway(GatewayFault, for: Duration)
  /// It starts anew: its counters begin at zero.
  case gatewayRestart(downFor: Duration)
  /// Somebody changes what the gateway routes.
  case drift(ModelName)
  case remote(RemoteFault, for: Duration)
  /// Somebody else's commits come first, so many times.
  case rivals(count: Int)
  /// The branch is set back by so many commits.
  case rewrite(back: Int)
  case diskFull(for: Duration)
  case clockJump(Duration)
  /// The artifact registry does not answer.
  case registry(for: Duration)
  /// The network is slow: passes, and time, go on while the agent waits for Git.
  case slowGit(for: Duration)
}

package enum GatewayFault: Hashable, Sendable {
  /// It refuses every table.
  case rejects
  /// It serves, and does not answer the agent.
  case silent
  /// It answers that it has not accepted in time; the table comes into force all the same, or not.
  case slow(takesEffect: Bool)
  /// It answers with old counts.
  case lateCounts
  /// It tells its routes, and no counts.
  case noCounts
}

package enum RemoteFault: Hashable, Sendable {
  case unreachable
  /// A hook refuses every push of the agent.
  case refuses
  /// It takes pushes, and the answer is lost.
  case losesAnswers
}
