import Synchronization

/// A single user who asks all the time, each request after the answer to the last: the order of the answers is the order
/// of what the gateway did.
final class Witness: Sendable {
  /// Answers of the same kind in a row.
  private struct Spell {
    var kind: String
    var count: Int
  }

  private let spells = Mutex<[Spell]>([])

  /// The kinds of answers, in their order: the first twelve digits of the revision that answered, and the status.
  var story: [String] { spells.withLock { $0.map(\.kind) } }

  fileprivate func note(_ kind: String) {
    spells.withLock { spells in
      if spells.last?.kind == kind {
        spells[spells.count - 1].count += 1
      } else {
        spells.append(Spell(kind: kind, count: 1))
      }
    }
  }

  /// How the answers of a revision are called in the story.
  static func kind(_ revision: String, _ status: Int = 200) -> String { "\(short(revision)) \(status)" }
}

extension Site {
  func underEyes(on model: String, _ body: (Witness) async throws -> Void) async throws {
    let witness = Witness()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while !Task.isCancelled {
          do {
            let answer = try await self.infer(model)
            witness.note(Witness.kind(answer.revision ?? "nobody", answer.status))
          } catch {
            if !Task.isCancelled { witness.note("\(error)") }
          }
          try? await Task.sleep(for: .milliseconds(5))
        }
      }
      defer { group.cancelAll() }
      try await body(witness)
    }
  }
}
