package import Effects
import Vocabulary

/// What came of an operator's word for a commit.
package enum AcceptResult: Hashable, Sendable {
  case done(String)
  /// It was so already; the text says how.
  case already(String)
  /// It is not what is held; the text says what is.
  case refused(String)
}

/// Which tips are taken in, and which are held until a person has looked.
extension Reconciler {
  /// The commit in force, if it is of this source. Another repository or branch in the agent's file is another source, which
  /// begins anew; another folder of the same branch is not.
  var commitInForce: CommitID? {
    guard let source, source.url == settings.url, source.branch == settings.branch else { return nil }
    return source.commit
  }

  /// Whether a tip of the branch may be taken in, or built upon.
  ///
  /// - Returns: What is to be journalled when it is taken in.
  /// - Throws: `held` when a person has to look first.
  func clearance(for tip: CommitID) async throws(SourceError) -> TrustRecord {
    let inForce = commitInForce
    var record = trust ?? TrustRecord()
    if let pending = record.pending, pending.replacing == inForce,
      try await edges.repository.descends(tip, from: pending.commit)
    {
      record.pending = nil
      record.accept(pending.commit)
    } else if let inForce, tip != inForce, try await !edges.repository.descends(tip, from: inForce) {
      throw SourceError(.held, rewritten(tip, inForce))
    }
    return record
  }

  private func rewritten(_ tip: CommitID, _ inForce: CommitID) -> String {
    "the branch \(settings.branch) was rewritten: its tip \(tip.short) does not descend from \(inForce.short), the commit "
      + "in force, and is held; models keep what that one asks for. Set the branch back to \(inForce.short) or to a "
      + "descendant of it, or accept the new history: `evenkeel source accept \(tip.short)`"
  }

  /// Takes an operator's word for the commit that is held, and for no other. What is committed on top of it is judged as
  /// ever.
  ///
  /// - Parameter commit: The id, or at least seven digits of it.
  package func accept(_ commit: String, by person: String) async throws(JournalError) -> AcceptResult {
    await turns.enter()
    defer { turns.leave() }
    let digits = commit.lowercased()
    guard (7...40).contains(digits.utf8.count), digits.allSatisfy(\.isHexDigit) else {
      return .refused("a commit is named by its id, or by at least 7 digits of it")
    }
    guard let held, held.rawValue.hasPrefix(digits) else {
      if let inForce = commitInForce, inForce.rawValue.hasPrefix(digits) {
        return .already("\(inForce.short) is in force")
      }
      return .refused(
        held.map {
          "what is held is \($0.short), not \(digits): look at that one, and accept it if it is right"
        }
          ?? "no commit is held")
    }
    let inForce = commitInForce
    if let pending = trust?.pending, pending.commit == held, pending.replacing == inForce {
      return .already("\(held.short) is accepted already, by \(pending.by); the next look at Git takes it in")
    }
    let now = edges.clock.now()
    var record = trust ?? TrustRecord()
    record.pending = Acceptance(commit: held, replacing: inForce, by: person, at: now)
    let place = inForce.map { " in place of \($0.short)" } ?? ""
    let message = "\(person) accepts commit \(held.short)\(place)"
    try await write([.trust(record), .event(Event(at: now, reason: "SourceAccepted", message: message))])
    trust = record
    return .done(message)
  }
}
