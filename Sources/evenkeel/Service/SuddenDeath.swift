#if DEBUG
  import Effects
  import FoundationEssentials
  import Glibc
  import Logging
  import Rollout
  import Synchronization
  import Vocabulary

  /// A journal at one of whose writes the agent dies as by `kill -9`, for the tests: nothing of it gets to run any more.
  /// Only debug builds have it.
  ///
  /// `EVENKEEL_TEST_KILL_AT_WRITE` names a file. While it exists, each write is told in the log as a transition, and when
  /// the file holds `before:TRANSITION` the agent dies at that one before anything of it is on the disk; with
  /// `after:TRANSITION` once it is, before the agent gets to know. A write is one call of `record`: one transaction of
  /// the database. So a test can let everything settle, make the file, begin a rollout, learn its transitions, and kill
  /// the agent at each of them in turn.
  ///
  /// A transition is named by what is written, such as `stepping-5+StepCompleted`: the model's phase and step after it,
  /// what becomes of instances and reverts, and the events. From the second one of the same name in this process on it
  /// ends in `#2`, `#3` and so on. Numbers alone would not do: how many writes there are, and in which order, is not the
  /// same each time.
  final class SuddenDeath: JournalStore {
    private enum Side: String {
      case before, after
    }

    private let journal: any JournalStore
    private let logger: Logger
    private let file: String
    private let seen = Mutex<[String: Int]>([:])

    /// The journal itself when nobody may want the agent to die.
    static func wished(in journal: any JournalStore, logger: Logger) -> any JournalStore {
      let file = ProcessInfo.processInfo.environment["EVENKEEL_TEST_KILL_AT_WRITE"]
      return file.map { SuddenDeath(in: journal, at: $0, logger: logger) } ?? journal
    }

    private init(in journal: any JournalStore, at file: String, logger: Logger) {
      self.journal = journal
      self.logger = logger
      self.file = file
    }

    @discardableResult
    func record(_ entries: [JournalEntry]) async throws(JournalError) -> [Event] {
      guard let wish = try? String(contentsOfFile: file, encoding: .utf8) else {
        return try await journal.record(entries)
      }
      let transition = name(of: entries)
      logger.info("journal write", metadata: ["transition": "\(transition)"])
      if wish == "before:\(transition)" { kill(getpid(), SIGKILL) }
      let events = try await journal.record(entries)
      if wish == "after:\(transition)" { kill(getpid(), SIGKILL) }
      return events
    }

    private func name(of entries: [JournalEntry]) -> String {
      let name = entries.compactMap(\.word).joined(separator: "+")
      return seen.withLock { seen in
        let count = seen[name, default: 0] + 1
        seen[name] = count
        return count == 1 ? name : "\(name)#\(count)"
      }
    }

    func load() async throws(JournalError) -> JournalContents { try await journal.load() }

    func history(of model: ModelName, limit: Int) async throws(JournalError) -> [RolloutRecord] {
      try await journal.history(of: model, limit: limit)
    }

    func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [Event] {
      try await journal.events(after: sequence, limit: limit)
    }

    func lastSequence() async throws(JournalError) -> Int64 { try await journal.lastSequence() }
  }

  extension JournalEntry {
    fileprivate var word: String? {
      switch self {
      case .model(let record):
        record.machine.phase.rawValue + (record.machine.rollout.map { "-\($0.cursor + 1)" } ?? "")
      case .removeModel: "removeModel"
      case .instance: "instance"
      case .removeInstance: "removeInstance"
      case .revert: "revert"
      case .event(let event): event.reason
      case .source: "source"
      // These go with others.
      case .clock, .rollout, .trust: nil
      }
    }
  }
#endif
