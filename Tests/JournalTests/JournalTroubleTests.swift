import Effects
import Foundation
import GRDB
import Rollout
import Testing
import Vocabulary

@testable import Journal

@Suite struct JournalTroubleTests {
  @Test func `refuses a second agent on the same state directory`() async throws {
    try await withTemporaryFolder { folder in
      let first = try await SQLiteJournal(stateDirectory: folder)
      let error = await #expect(throws: JournalError.self) {
        try await SQLiteJournal(stateDirectory: folder)
      }
      #expect(error?.kind == .locked)
      #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
      // The refused one has done no harm.
      try await first.record([.event(event())])
    }
  }

  @Test func `lets the next one in when the first has gone`() async throws {
    try await withTemporaryFolder { folder in
      for _ in 1...3 { _ = try await SQLiteJournal(stateDirectory: folder).lastSequence() }
    }
  }

  @Test func `refuses while another process has the lock`() async throws {
    try await withTemporaryFolder { folder in
      let script = """
        import fcntl, sys
        file = open(sys.argv[1] + "/lock", "w")
        fcntl.flock(file, fcntl.LOCK_EX)
        print("4711", file=file, flush=True)
        print("locked", flush=True)
        sys.stdin.read()
        """
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["python3", "-c", script, folder]
      let (input, output) = (Pipe(), Pipe())
      process.standardInput = input
      process.standardOutput = output
      try process.run()
      #expect(output.fileHandleForReading.availableData.starts(with: Data("locked".utf8)))
      let error = await #expect(throws: JournalError.self) {
        try await SQLiteJournal(stateDirectory: folder)
      }
      #expect(error?.kind == .locked)
      #expect(error?.message.contains("process 4711") == true)
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      _ = try await SQLiteJournal(stateDirectory: folder)
    }
  }

  @Test func `refuses a journal from a newer version`() async throws {
    try await withTemporaryFolder { folder in
      do {
        let journal = try await SQLiteJournal(stateDirectory: folder)
        try await journal.queue.write { database in
          try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99-future')")
        }
      }
      for open in [
        { _ = try await SQLiteJournal(stateDirectory: folder) },
        { _ = try await JournalReader(stateDirectory: folder) },
      ] {
        let error = await #expect(throws: JournalError.self) { try await open() }
        #expect(error?.kind == .newer)
      }
    }
  }

  @Test func `says which file is damaged and deletes nothing`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/journal.sqlite"
      let bytes = Data("this is no database, whatever its name says".utf8)
      try bytes.write(to: URL(filePath: path))
      let error = await #expect(throws: JournalError.self) {
        try await SQLiteJournal(stateDirectory: folder)
      }
      #expect(error?.kind == .storage)
      #expect(error?.message.contains("\(path) is damaged") == true)
      #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
    }
  }

  @Test func `says which row cannot be read`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder)
      try await journal.record([.model(try modelRecord())])
      try await journal.queue.write { try $0.execute(sql: "UPDATE model SET record = '{}'") }
      let error = await #expect(throws: JournalError.self) { try await journal.load() }
      #expect(error?.kind == .storage)
      #expect(error?.message.contains("model (\"fraud-detector\")") == true, "\(error?.message ?? "")")
    }
  }

  @Test func `writes all entries or none`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder)
      try await journal.queue.write { database in
        try database.execute(
          sql: """
            CREATE TRIGGER refuse BEFORE INSERT ON instance BEGIN SELECT raise(ABORT, 'not this one'); END
            """)
      }
      await #expect(throws: JournalError.self) {
        try await journal.record([
          .model(try modelRecord()), .event(event()), .instance(try instanceSpec()), .source(sourceRecord),
        ])
      }
      #expect(try await journal.load() == JournalContents())
      #expect(try await journal.lastSequence() == 0)
    }
  }

  @Test func `says that the disk is full and goes on when it is not`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder)
      let limit: (Int) async throws -> Void = { pages in
        try await journal.queue.writeWithoutTransaction { database in
          _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages)")
        }
      }
      try await limit(1)
      let large = event(String(repeating: "x", count: 100_000))
      let error = await #expect(throws: JournalError.self) { try await journal.record([.event(large)]) }
      #expect(error?.kind == .storage)
      #expect(error?.message.contains("the disk is full") == true)
      try await limit(1_000_000)
      #expect(try await journal.record([.event(large)]).map(\.sequence) == [1])
    }
  }

  @Test func `says that there is no journal to read`() async throws {
    try await withTemporaryFolder { folder in
      let error = await #expect(throws: JournalError.self) { try await JournalReader(stateDirectory: folder) }
      #expect(error?.kind == .storage)
      #expect(error?.message.contains("\(folder)/journal.sqlite cannot be opened") == true)
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(files.isEmpty)
    }
  }

  @Test func `keeps numbers that JSON does not have`() throws {
    let values = [Double.infinity, -.infinity, 0.1, 1e300]
    let text = try Documents.encode(values)
    let back: [Double] = try Documents.decode(text, of: "test", key: "1")
    #expect(back == values)
  }

  @Test func `says that the folder cannot be made`() async throws {
    try await withTemporaryFolder { folder in
      try Data().write(to: URL(filePath: folder + "/file"))
      let error = await #expect(throws: JournalError.self) {
        try await SQLiteJournal(stateDirectory: folder + "/file/state")
      }
      #expect(error?.kind == .storage)
      #expect(error?.message.contains(folder + "/file/state") == true)
    }
  }

  @Test func `waits for the disk with every transaction`() async throws {
    try await withTemporaryFolder { folder in
      let journal = try await SQLiteJournal(stateDirectory: folder)
      let (mode, synchronous) = try await journal.queue.read { database in
        (
          try String.fetchOne(database, sql: "PRAGMA journal_mode"),
          try Int.fetchOne(database, sql: "PRAGMA synchronous")
        )
      }
      #expect(mode == "wal")
      #expect(synchronous == 2)
    }
  }

  /// What a power cut leaves is the database and a write-ahead log that ends anywhere: only whole transactions may
  /// be found in it.
  @Test func `finds whole transactions whatever the log was cut to`() async throws {
    try await withTemporaryFolder { folder in
      let source = folder + "/source"
      let journal = try await SQLiteJournal(stateDirectory: source)
      for index in 1...12 {
        try await journal.record([
          .event(event("\(index)")), .model(try modelRecord(ModelName("m\(index)"))),
          .instance(try instanceSpec(InstanceID("m\(index)-1"))),
        ])
      }
      let log = try Data(contentsOf: URL(filePath: source + "/journal.sqlite-wal"))
      var seen: Set<Int> = []
      for part in 0...24 {
        let copy = folder + "/copy\(part)"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: source + "/journal.sqlite", toPath: copy + "/journal.sqlite")
        try log.prefix(log.count * part / 24).write(to: URL(filePath: copy + "/journal.sqlite-wal"))
        let survivor = try await SQLiteJournal(stateDirectory: copy)
        let contents = try await survivor.load()
        #expect(contents.models.count == contents.instances.count)
        #expect(try await survivor.lastSequence() == Int64(contents.models.count))
        seen.insert(contents.models.count)
        try await survivor.record([.event(event())])
      }
      #expect(seen.contains(12))
      #expect(seen.count > 3)
    }
  }
}
