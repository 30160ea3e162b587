package import Rollout
package import Vocabulary

/// What the message of a revert commit is made of.
package struct RevertMessage: Hashable, Sendable {
  package enum Scope: Hashable, Sendable {
    /// The commits are reverted as a whole.
    case commits
    /// Only the model's documents are put back, as they were at this commit; removed when `nil`.
    case documents(asOf: CommitID?)
  }

  package var model: ModelName
  package var rollout: RolloutID
  package var failed: Release
  /// What serves again; `nil` when the failed release was the first one.
  package var restored: Release?
  package var failure: Failure
  /// The commits that asked for the failed release, newest first.
  package var commits: [HistoryStep]
  package var scope: Scope
  /// The name of the agent.
  package var agent: String

  package init(
    model: ModelName, rollout: RolloutID, failed: Release, restored: Release?, failure: Failure,
    commits: [HistoryStep], scope: Scope, agent: String
  ) {
    self.model = model
    self.rollout = rollout
    self.failed = failed
    self.restored = restored
    self.failure = failure
    self.commits = commits
    self.scope = scope
    self.agent = agent
  }

  /// The message, ending in a line feed. Lines are at most 100 characters wide, besides single long words.
  ///
  /// The trailers are its last paragraph, the only one that Git reads trailers from. Text from outside (subjects,
  /// versions, log lines) is reduced to printable characters, bounded, and cannot begin a line that looks like one
  /// of our trailers.
  package var text: String {
    ([subject, body, wrapped(harmless(failureSentence))] + log + [trailers])
      .joined(separator: "\n\n") + "\n"
  }

  private var subject: String {
    let original =
      commits.first.map { $0.subject.printable.truncated(to: 100) } ?? "\(model) \(failed.version)"
    var subject = "Revert \"\(original)\""
    if commits.count > 1 { subject += " and \(commits.count - 1) more" }
    if case .documents = scope { subject += " for \(model) alone" }
    return subject.printable
  }

  private var body: String {
    switch scope {
    case .commits:
      return commits.map { "This reverts commit \($0.commit)." }.joined(separator: "\n")
    case .documents(let commit):
      let reverted = commits.map { "This reverts commit \($0.commit) for \(model) alone." }
      let scope =
        commit.map { "It puts back only the documents of \(model) as they were at \($0)" }
        ?? "It removes only the documents of \(model)"
      return (reverted + [wrapped("\(scope), and leaves everything else as it is.")]).joined(separator: "\n")
    }
  }

  private var failureSentence: String {
    let place =
      failure.steps > 1 ? " at step \(failure.step) of \(failure.steps) (\(failure.stepText))" : ""
    // The message of a rollback by hand begins with just these words.
    let what =
      failure.reason == .rolledBackByHand
      ? "was \(failure.message)" : "failed its rollout\(place): \(failure.message)"
    let after = restored.map { "Version \($0.version) serves again." } ?? "There was no version before it."
    return "\(model) \(failed.version) \(what)\(what.hasSuffix(".") ? "" : ".") \(after)"
  }

  private static let logLines = 10

  private var log: [String] {
    let lines = failure.log.suffix(Self.logLines).map { "    " + $0.printable.truncated(to: 92) }
    return lines.isEmpty ? [] : ["The last lines of its log:\n\n" + lines.joined(separator: "\n")]
  }

  private var trailers: String {
    [
      "Evenkeel-Rollout: \(rollout)",
      "Evenkeel-Model: \(model)",
      "Evenkeel-Failed-Revision: \(failed.revision)",
      "Evenkeel-Restored-Revision: \(restored?.revision.description ?? "none")",
      "Evenkeel-Agent: \(agent)",
    ].map(\.printable).joined(separator: "\n")
  }
}

/// Text from outside, on one line and bounded, in which no word can be taken for one of our trailers.
private func harmless(_ text: String) -> String {
  text.printable.truncated(to: 2000).split(separator: " ")
    .map { $0.lowercased().hasPrefix("evenkeel-") ? "\"\($0)" : String($0) }
    .joined(separator: " ")
}

/// Breaks a paragraph between words into lines of at most 100 characters; a longer word has a line of its own.
private func wrapped(_ paragraph: String) -> String {
  var lines: [String] = []
  var line = ""
  for word in paragraph.split(separator: " ") {
    if !line.isEmpty, line.count + 1 + word.count > 100 {
      lines.append(line)
      line = ""
    }
    line += (line.isEmpty ? "" : " ") + word
  }
  return (lines + [line]).joined(separator: "\n")
}
