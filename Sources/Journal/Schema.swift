import GRDB

/// The tables, as named steps that are each applied once. A step that was released is never edited: a change is
/// another step.
///
/// What is only read as a whole is one JSON document per row; what is searched by has a column of its own.
func makeMigrator() -> DatabaseMigrator {
  var migrator = DatabaseMigrator()
  migrator.registerMigration("1-initial") { database in
    try database.execute(
      sql: """
        CREATE TABLE model (
          name TEXT PRIMARY KEY NOT NULL,
          record TEXT NOT NULL
        ) STRICT;
        CREATE TABLE instance (
          id TEXT PRIMARY KEY NOT NULL,
          record TEXT NOT NULL
        ) STRICT;
        CREATE TABLE rollout (
          id TEXT PRIMARY KEY NOT NULL,
          model TEXT NOT NULL,
          record TEXT NOT NULL
        ) STRICT;
        CREATE INDEX rolloutByModel ON rollout (model, id);
        CREATE TABLE event (
          sequence INTEGER PRIMARY KEY AUTOINCREMENT,
          record TEXT NOT NULL
        ) STRICT;
        CREATE TABLE source (
          -- There is one row at most.
          id INTEGER PRIMARY KEY CHECK (id = 1),
          record TEXT NOT NULL
        ) STRICT;
        """)
  }
  migrator.registerMigration("2-clock") { database in
    try database.execute(
      sql: """
        CREATE TABLE clock (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          record TEXT NOT NULL
        ) STRICT;
        """)
  }
  return migrator
}
