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
  migrator.registerMigration("2-every-strategy") { database in
    try database.execute(
      sql: """
        CREATE TABLE clock (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          record TEXT NOT NULL
        ) STRICT;
        """)
    for change in recordsOfEveryStrategy { try database.execute(sql: change) }
  }
  migrator.registerMigration("3-trust") { database in
    try database.execute(
      sql: """
        CREATE TABLE trust (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          record TEXT NOT NULL
        ) STRICT;
        -- Whatever was taken in so far was taken in without a check. A journal that has a source and says nothing here
        -- has lost it.
        INSERT INTO trust (id, record) SELECT 1, '{"accepted":[]}' FROM source;
        """)
  }
  return migrator
}

/// Rewrites the records of models as they were before there were other strategies than the canary. Done in SQL: what
/// is not named stays as it is, to the byte.
private let recordsOfEveryStrategy = [
  // The rules of a policy, each with the value that used to be the only one.
  """
  UPDATE model SET record = json_set(record,
    '$.live.dependsOn', json('[]'), '$.live.suspend', json('false'),
    '$.live.policy.rollbackWindow', json('[0,0]'), '$.live.policy.onFailure', 'revert',
    '$.live.policy.onUndecided', 'hold', '$.live.policy.supersede', 'replace',
    '$.machine.suspended', json('false'),
    '$.machine.past', json(iif(json_type(record, '$.machine.previous') IS NULL, '[]',
      '[' || json_extract(record, '$.machine.previous') || ']')))
  """,
  "UPDATE model SET record = json_remove(record, '$.machine.previous')",
  // Analyses and pauses have become values of their own.
  """
  UPDATE model SET record = json_set(record, '$.live.policy.strategy.canary._0', (
    SELECT json_group_array(json(CASE
      WHEN json_type(value, '$.analyze') IS NOT NULL THEN json_object('analyze', json_object('_0', json_object(
        'duration', json_extract(value, '$.analyze.for'),
        'minRequests', json_extract(value, '$.analyze.minRequests'))))
      WHEN json_type(value, '$.pause.for') IS NOT NULL THEN json_object('pause', json_object('_0', json_object(
        'duration', json_extract(value, '$.pause.for'))))
      WHEN json_type(value, '$.pause') IS NOT NULL THEN '{"pause":{"_0":{}}}'
      ELSE value END))
    FROM json_each(record, '$.live.policy.strategy.canary._0')))
  """,
  // A rollout has its rules in one place.
  """
  UPDATE model SET record = json_remove(json_set(record,
    '$.machine.rollout.interventions', json('[]'),
    '$.machine.rollout.rules', json_object(
      'readyTimeout', json_extract(record, '$.machine.rollout.readyTimeout'), 'onFailure', 'revert',
      'onUndecided', 'hold', 'queues', json('false'))), '$.machine.rollout.readyTimeout')
  WHERE json_type(record, '$.machine.rollout') IS NOT NULL
  """,
  "UPDATE rollout SET record = json_set(record, '$.interventions', json('[]'))",
]
