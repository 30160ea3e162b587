/// What the demo claims at its end: told to people, and checked.
struct Proof: Sendable {
  /// What the client saw, by the first twelve digits of the revision.
  let counts: [String: Tally.Counts]
  let versions: [String: String]
  let lost: [String: Int]
  /// The remote branch, newest first: author and subject.
  let log: String
  /// The message and the author of the newest commit.
  let revert: String
  let author: String
  /// Whether the remote asks for the same as after the commit of version 2, to the byte.
  let asksForGood: Bool
  /// What `evenkeel history` says.
  let history: String

  var lines: [String] {
    ["$ git log --format='%h %an: %s'"] + indented(log) + ["", "$ git log -1 --format=%B"] + indented(revert)
      + ["", "$ evenkeel history digits"] + indented(history) + ["", "What the users saw"]
      + ["1", "2", "3"].map(summary) + indented(total)
  }

  /// Throws when a claim does not hold.
  func check() throws {
    let claims: [(Bool, String)] = [
      (of("1").requests > 0 && of("2").requests > 0, "versions 1 and 2 served requests"),
      (of("1").errors == 0 && of("2").errors == 0, "only version 3 failed requests"),
      (of("3").errors > 0, "version 3 failed some requests"),
      (lost.isEmpty, "no request was lost at the gateway: \(lost)"),
      (revert.hasPrefix("Revert \"Deploy digits 3\""), "the newest commit reverts version 3"),
      (revert.contains("error-budget"), "the revert says which check failed"),
      (author.hasPrefix("Evenkeel"), "the agent wrote the revert"),
      (log.split(separator: "\n").filter { $0.contains("Revert") }.count == 1, "there is one revert"),
      (asksForGood, "Git asks for what it asked for with version 2"),
    ]
    let broken = claims.filter { !$0.0 }.map { "    \($0.1)" }
    guard broken.isEmpty else {
      throw StoryError("the demo claims what does not hold:\n\(broken.joined(separator: "\n"))")
    }
  }

  private func of(_ version: String) -> Tally.Counts {
    counts.first { versions[$0.key] == version }?.value ?? Tally.Counts()
  }

  private func summary(_ version: String) -> String {
    let seen = of(version)
    let answered = seen.requests - seen.errors
    let right = answered > 0 ? "\(seen.right * 100 / answered) % of the digits named right" : "no answers"
    return "    version \(version): \(String(seen.requests).leftPadded(6)) requests, "
      + "\(String(seen.errors).leftPadded(4)) errors, \(right)"
  }

  private var total: String {
    let bad = of("3")
    let requests = counts.values.reduce(0) { $0 + $1.requests } + lost.values.reduce(0, +)
    let failed = counts.values.reduce(0) { $0 + $1.errors } + lost.values.reduce(0, +)
    guard let first = bad.firstError, let last = bad.last else {
      return "\(failed) of \(requests) requests failed"
    }
    return """
      \(failed) of \(requests) requests failed, \(bad.errors) of them answered by version 3
      \(seconds(last - first)) s from its first bad answer to the last request that reached it
      """
  }

  private func indented(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).reversed().drop(while: \.isEmpty).reversed()
      .map { $0.isEmpty ? "" : "    \($0)" }
  }
}
