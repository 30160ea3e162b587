package import Vocabulary

/// What it takes to start one instance. Journalled before the instance is started, so that a crash
/// between the two is noticed.
package struct InstanceSpec: Hashable, Codable, Sendable {
  package var id: InstanceID
  package var model: ModelName
  package var revision: Revision
  /// Program and arguments, fully expanded.
  package var command: [String]
  /// The whole environment of the process besides PATH, HOME and LANG, fully expanded.
  package var environment: [String: String]
  /// The folder it starts in: the unpacked artifact.
  package var folder: String
  /// The port on 127.0.0.1 that it must serve.
  package var port: Int
  package var metricsPort: Int
  /// Answers 200 once the model is loaded, fully expanded.
  package var readyPath: String
  /// How long it may take to stop before it is killed.
  package var terminationGrace: Duration

  package init(
    id: InstanceID, model: ModelName, revision: Revision, command: [String],
    environment: [String: String], folder: String, port: Int, metricsPort: Int, readyPath: String,
    terminationGrace: Duration
  ) {
    self.id = id
    self.model = model
    self.revision = revision
    self.command = command
    self.environment = environment
    self.folder = folder
    self.port = port
    self.metricsPort = metricsPort
    self.readyPath = readyPath
    self.terminationGrace = terminationGrace
  }
}

package enum InstanceCondition: Hashable, Codable, Sendable {
  /// Runs, and its model has not answered ready yet.
  case starting
  case ready
  /// Was ready and does not answer any more; the text says how.
  case unready(String)
  case stopping
  /// Gone; the text says how ("exited with status 1", "killed by signal 9").
  case exited(String)
  /// Gone, and nobody saw how: the host was restarted, or the agent was away. No evidence against anyone.
  case lost
}

package struct InstanceObservation: Hashable, Sendable {
  package var id: InstanceID
  package var model: ModelName
  package var revision: Revision
  package var port: Int
  package var metricsPort: Int
  package var pid: Int?
  package var condition: InstanceCondition
  /// The last thing that its ready path answered, in words; `nil` before the first answer or when it is ready.
  package var lastAnswer: String?

  package init(
    id: InstanceID, model: ModelName, revision: Revision, port: Int, metricsPort: Int, pid: Int?,
    condition: InstanceCondition, lastAnswer: String? = nil
  ) {
    self.id = id
    self.model = model
    self.revision = revision
    self.port = port
    self.metricsPort = metricsPort
    self.pid = pid
    self.condition = condition
    self.lastAnswer = lastAnswer
  }
}

/// Starts, stops and watches instances. They outlive the agent, and the next agent adopts them.
package protocol InstanceDriver: Sendable {
  /// Takes over what runs from an earlier life of the agent: `journalled` are the specs whose start was
  /// intended. Instances of ours that nobody knows any more are stopped.
  func adopt(_ journalled: [InstanceSpec]) async

  /// Every instance that was started or adopted and not forgotten. Answers from memory, never blocks.
  func observe() async -> [InstanceObservation]

  /// Starts an instance; returns once the process exists. Idempotent by id.
  func start(_ spec: InstanceSpec) async throws(InstanceError)

  /// Begins to stop an instance: asks first, kills after its grace. Idempotent; `observe` says when it is gone.
  func stop(_ id: InstanceID) async

  /// Drops what is known of an instance that has exited.
  func forget(_ id: InstanceID) async

  /// The last lines that the instance wrote, at most `lines`, bounded in bytes.
  func logTail(of id: InstanceID, lines: Int) async -> [String]
}
