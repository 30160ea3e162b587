/// Does `work` while `background` goes on. The background is cancelled when the work is done; when the
/// background fails, the work is cancelled and the failure is thrown.
func doing<Outcome: Sendable>(
  _ work: @escaping @Sendable () async throws -> Outcome,
  while background: @escaping @Sendable () async throws -> Never
) async throws -> Outcome {
  try await withThrowingTaskGroup(of: Outcome.self) { group in
    group.addTask { try await background() }
    group.addTask { try await work() }
    defer { group.cancelAll() }
    guard let outcome = try await group.next() else { throw CancellationError() }
    return outcome
  }
}

/// Does `work` within a deadline, or says what took too long.
func within<Outcome: Sendable>(
  _ deadline: Duration, _ what: String, _ work: @escaping @Sendable () async throws -> Outcome
) async throws -> Outcome {
  try await doing(work) {
    try await Task.sleep(for: deadline)
    throw StoryError("\(what) took longer than \(deadline.components.seconds) s")
  }
}

/// The story did not go as it should.
struct StoryError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
