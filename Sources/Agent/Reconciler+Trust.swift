package import Effects
import Manifests
import Planning
import Rollout
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
  /// - Throws: `held` when a person has to look first; `trust` when nobody can tell.
  func clearance(for tip: CommitID) async throws(SourceError) -> TrustRecord {
    let inForce = commitInForce
    // Another source begins anew.
    var record = trust ?? TrustRecord()
    if inForce == nil { record = TrustRecord(pending: trust?.pending) }
    var base = inForce
    if let pending = record.pending, pending.replacing == inForce,
      try await edges.repository.descends(tip, from: pending.commit)
    {
      base = pending.commit
      record.pending = nil
      record.accept(pending.commit)
    } else if let inForce, tip != inForce, try await !edges.repository.descends(tip, from: inForce) {
      throw SourceError(.held, rewritten(tip, inForce))
    } else if settings.verify != .none {
      try await checkBaseline(of: tip, inForce, &record)
    }
    record.baseline = nil
    guard settings.verify != .none else { return record }
    if tip != base { try await checkVouchers(of: tip, since: base, Set(record.accepted)) }
    record.baseline = tip
    return record
  }

  private func rewritten(_ tip: CommitID, _ inForce: CommitID) -> String {
    "the branch \(settings.branch) was rewritten: its tip \(tip.short) does not descend from \(inForce.short), the commit "
      + "in force, and is held; models keep what that one asks for. Set the branch back to \(inForce.short) or to a "
      + "descendant of it, or accept the new history: `evenkeel source accept \(tip)`"
  }

  /// Whether it is known up to where commits are trusted. A journal that has forgotten it is believed no more than a
  /// stranger.
  private func checkBaseline(of tip: CommitID, _ inForce: CommitID?, _ record: inout TrustRecord)
    async throws(SourceError)
  {
    if let inForce {
      switch trust {
      case nil: throw lost(tip, "the journal does not say up to where commits were checked")
      case let trust? where trust.baseline == nil:
        // What was in force when checks were switched on is where they begin.
        record.accept(inForce)
      case let trust? where trust.baseline != inForce:
        throw lost(tip, "commits were checked up to another one than is in force")
      default: break
      }
    } else if source == nil, let kept = try await edges.repository.kept() {
      throw lost(tip, "the mirror knows that \(kept.short) was in force, and the journal does not")
    }
  }

  private func lost(_ tip: CommitID, _ reason: String) -> SourceError {
    SourceError(
      .held,
      "the trusted baseline is lost: \(reason). The tip \(tip.short) is held; look at what it asks for, then "
        + "`evenkeel source accept \(tip)`")
  }

  /// Whether somebody we know vouches for what the tip brings since `base`; for the tip alone at the first look.
  private func checkVouchers(of tip: CommitID, since base: CommitID?, _ accepted: Set<CommitID>)
    async throws(SourceError)
  {
    let repository = edges.repository
    var question = TrustQuestion(
      mode: settings.verify, base: nil, commits: [], now: edges.clock.now())
    if let base {
      question.base = try await repository.head(of: base)
      question.commits = try await heads(after: base, upTo: tip)
      let new = Set(question.commits.map(\.id))
      for fork in Set(question.commits.flatMap(\.parents)).subtracting(new) {
        question.forks[fork] = try await repository.head(of: fork).committedAt
      }
    } else {
      question.commits = [try await repository.head(of: tip)]
    }
    while true {
      switch question.answer() {
      case .trusted(let returns):
        let serving = records.values.filter { $0.machine.stable != nil }.map(\.machine.name)
        let check = ReturnCheck(
          repository: repository, mode: settings.verify, accepted: accepted, serving: Set(serving))
        for commit in returns {
          guard let objection = try await check.objection(to: commit) else { continue }
          let reason = "it is signed with a key that may only revert, and \(objection)"
          throw SourceError(.held, untrusted(commit, reason, tip, since: base))
        }
        return
      case .ask(let commits):
        let found = try await repository.vouchers(for: commits)
        for commit in commits { question.vouchers[commit] = found[commit] ?? .nobody("could not be checked") }
      case .held(let commit, let reason):
        throw SourceError(.held, untrusted(commit, reason, tip, since: base))
      }
    }
  }

  /// More commits than are ever pushed between two looks at Git, or while a host is away.
  private static let mostCommits = 10_000

  private func heads(after base: CommitID, upTo tip: CommitID) async throws(SourceError) -> [CommitHead] {
    do throws(SourceError) {
      return try await edges.repository.heads(after: base, upTo: tip, limit: Self.mostCommits)
    } catch {
      guard error.kind == .tooLarge else { throw error }
      throw SourceError(
        .held,
        "more than \(Self.mostCommits) commits since \(base.short) are too many to check. The tip \(tip.short) is held; "
          + "look at it, then `evenkeel source accept \(tip)`")
    }
  }

  private func untrusted(_ commit: CommitHead, _ reason: String, _ tip: CommitID, since base: CommitID?)
    -> String
  {
    let inForce = base.map { "models keep what \($0.short) asks for" } ?? "nothing is deployed yet"
    return
      "commit \(commit.id.short) by \(commit.author) is not trusted: \(reason). The tip \(tip.short) is held; "
      + "\(inForce). Have it signed by a key that counts, or take your own word for it: "
      + "`evenkeel source accept \(tip)`"
  }

  /// Takes an operator's word for the commit that is held, and for no other. What is committed on top of it is judged as
  /// ever.
  ///
  /// - Parameter commit: The whole id. A few digits of it are not enough: whoever pushes can make two commits that begin
  ///   with the same ones, show the harmless one, and put the other in its place.
  package func accept(_ commit: String, by person: String) async throws(JournalError) -> AcceptResult {
    await turns.enter()
    defer { turns.leave() }
    let digits = commit.lowercased()
    guard digits.utf8.count == 40, digits.allSatisfy(\.isHexDigit) else {
      return .refused(
        "a commit is accepted by all 40 digits of its id"
          + (held.map { "; \($0) is held" } ?? "; none is held"))
    }
    guard let held, held.rawValue == digits else {
      if let inForce = commitInForce, inForce.rawValue == digits {
        return .already("\(inForce.short) is in force")
      }
      return .refused(
        held.map {
          "what is held is \($0), not \(digits): look at that one, and accept it if it is right"
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
