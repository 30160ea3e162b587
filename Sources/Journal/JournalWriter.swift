import Effects
import GRDB
import Rollout
import Vocabulary

/// Writes entries within one transaction.
struct JournalWriter {
  private let database: Database
  private let limits: SQLiteJournal.Limits
  /// The events written so far, with their sequence.
  private(set) var events: [Event] = []

  init(database: Database, limits: SQLiteJournal.Limits) {
    self.database = database
    self.limits = limits
  }

  mutating func write(_ entry: JournalEntry) throws {
    switch entry {
    case .model(let record):
      try run(
        "INSERT OR REPLACE INTO model (name, record) VALUES (?, ?)",
        [record.machine.name.rawValue, Documents.encode(record)])
    case .removeModel(let name):
      try run("DELETE FROM model WHERE name = ?", [name.rawValue])
    case .instance(let spec):
      try run(
        "INSERT OR REPLACE INTO instance (id, record) VALUES (?, ?)",
        [spec.id.rawValue, Documents.encode(spec)])
    case .removeInstance(let id):
      try run("DELETE FROM instance WHERE id = ?", [id.rawValue])
    case .rollout(let record):
      try write(record)
    case .revert(let commit, let id):
      try write(revert: commit, of: id)
    case .event(let event):
      try write(event)
    case .source(let record):
      try run("INSERT OR REPLACE INTO source (id, record) VALUES (1, ?)", [Documents.encode(record)])
    case .trust(let record):
      try run("INSERT OR REPLACE INTO trust (id, record) VALUES (1, ?)", [Documents.encode(record)])
    case .clock(let reading):
      try run("INSERT OR REPLACE INTO clock (id, record) VALUES (1, ?)", [Documents.encode(reading)])
    }
  }

  private func write(_ record: RolloutRecord) throws {
    try run(
      "INSERT OR REPLACE INTO rollout (id, model, record) VALUES (?, ?, ?)",
      [record.id.rawValue, record.model.rawValue, Documents.encode(record)])
    // The order of the names of rollouts is the order of time.
    try run(
      """
      DELETE FROM rollout WHERE model = :model AND id <= (
        SELECT id FROM rollout WHERE model = :model ORDER BY id DESC LIMIT 1 OFFSET :kept)
      """, ["model": record.model.rawValue, "kept": limits.rolloutsPerModel])
  }

  /// A rollout that is no longer kept has nothing to be added to.
  private func write(revert commit: CommitID, of id: RolloutID) throws {
    let found = try String.fetchOne(
      database, sql: "SELECT record FROM rollout WHERE id = ?", arguments: [id.rawValue])
    guard let found else { return }
    var record: RolloutRecord = try Documents.decode(found, of: "rollout", key: id.rawValue)
    record.revert = commit
    try run("UPDATE rollout SET record = ? WHERE id = ?", [Documents.encode(record), id.rawValue])
  }

  private mutating func write(_ event: Event) throws {
    try run("INSERT INTO event (record) VALUES (?)", [Documents.encode(event)])
    var event = event
    event.sequence = database.lastInsertedRowID
    events.append(event)
    try run("DELETE FROM event WHERE sequence <= ?", [event.sequence - limits.events])
  }

  private func run(_ sql: String, _ arguments: StatementArguments) throws {
    let statement = try database.cachedStatement(sql: sql)
    try statement.execute(arguments: arguments)
  }
}
