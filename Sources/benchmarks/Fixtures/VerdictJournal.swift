import Effects
import Rollout
import Synchronization
import Vocabulary

/// A journal that notes the moment in which it is told that a rollout has failed: the verdict.
struct VerdictJournal<Base: JournalStore>: JournalStore {
  let base: Base
  private let verdict = Moment()

  init(_ base: Base) { self.base = base }

  /// Of the last verdict; nanoseconds of the monotonic clock.
  var verdictAt: Int64 { verdict.value }

  func record(_ entries: [JournalEntry]) async throws(JournalError) -> [Event] {
    for case .event(let event) in entries where event.reason == "RolloutFailed" {
      verdict.note(monotonicNanoseconds())
    }
    return try await base.record(entries)
  }

  func load() async throws(JournalError) -> JournalContents { try await base.load() }

  func history(of model: ModelName, limit: Int) async throws(JournalError) -> [RolloutRecord] {
    try await base.history(of: model, limit: limit)
  }

  func events(after sequence: Int64, limit: Int) async throws(JournalError) -> [Event] {
    try await base.events(after: sequence, limit: limit)
  }

  func lastSequence() async throws(JournalError) -> Int64 { try await base.lastSequence() }
}

private final class Moment: Sendable {
  private let nanoseconds = Mutex(Int64(0))

  var value: Int64 { nanoseconds.withLock(\.self) }

  func note(_ now: Int64) { nanoseconds.withLock { $0 = now } }
}
