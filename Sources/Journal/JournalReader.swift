package import Effects
import GRDB
package import Rollout
package import Vocabulary

/// Reads a journal, also one that an agent has open for writing: for commands that run without the agent.
package struct JournalReader: Sendable {
  let queue: DatabaseQueue
  let path: String

  init(queue: DatabaseQueue, path: String) {
    self.queue = queue
    self.path = path
  }

  /// Opens the journal in `stateDirectory` for reading only.
  package init(stateDirectory: String) async throws(JournalError) {
    let path = journalPath(in: stateDirectory)
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(busyTimeout)
    let queue = try await openQueue(path, configuration) { queue in
      try queue.read { try refuseNewer($0, path: path) }
    }
    self.init(queue: queue, path: path)
  }

  /// The newest rollouts first.
  package func history(of model: ModelName, limit: Int) async throws(JournalError) -> [RolloutRecord] {
    try await read { database -> [RolloutRecord] in
      try documents(
        in: database, "SELECT id, record FROM rollout WHERE model = ? ORDER BY id DESC LIMIT ?",
        [model.rawValue, limit], of: "rollout")
    }
  }

  /// Events with a higher sequence than `sequence`, oldest first.
  package func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [Event] {
    try await read { database -> [Event] in
      try Row.fetchAll(
        database, sql: "SELECT sequence, record FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?",
        arguments: [sequence, limit]
      ).map { row -> Event in
        let number: Int64 = row["sequence"]
        var event: Event = try Documents.decode(row["record"], of: "event", key: "\(number)")
        event.sequence = number
        return event
      }
    }
  }

  /// The sequence of the newest event; 0 when there is none.
  package func lastSequence() async throws(JournalError) -> Int64 {
    try await read { database -> Int64 in
      try Int64.fetchOne(database, sql: "SELECT max(sequence) FROM event") ?? 0
    }
  }

  func contents() async throws(JournalError) -> JournalContents {
    try await read { database -> JournalContents in
      let sources: [SourceRecord] = try documents(in: database, "SELECT id, record FROM source", of: "source")
      let trust: [TrustRecord] = try documents(in: database, "SELECT id, record FROM trust", of: "trust")
      let clocks: [ClockReading] = try documents(in: database, "SELECT id, record FROM clock", of: "clock")
      return JournalContents(
        models: try documents(in: database, "SELECT name, record FROM model ORDER BY name", of: "model"),
        instances: try documents(in: database, "SELECT id, record FROM instance ORDER BY id", of: "instance"),
        source: sources.first, trust: trust.first, clock: clocks.first)
    }
  }

  /// Runs on the database's own thread. GRDB's `async` methods would give up when the task is cancelled.
  private func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(JournalError) -> Value {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<Value, any Error>, Never>) in
      queue.asyncRead { database in
        continuation.resume(returning: Result { try body(database.get()) })
      }
    }
    do {
      return try result.get()
    } catch {
      throw JournalError(error, path: path)
    }
  }
}

/// The documents that `query` finds; its first column names the row, the second is the document.
private func documents<Value: Decodable>(
  in database: Database, _ query: String, _ arguments: StatementArguments = [], of table: String
) throws -> [Value] {
  // One by one: all of them as text are a multiple of what they say.
  let rows = try Row.fetchCursor(database, sql: query, arguments: arguments)
  var values: [Value] = []
  while let row = try rows.next() {
    let key: DatabaseValue = row[0]
    values.append(try Documents.decode(row[1], of: table, key: key.description))
  }
  return values
}
