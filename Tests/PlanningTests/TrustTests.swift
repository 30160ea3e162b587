import Manifests
import Planning
import Testing
import Vocabulary

@Suite struct TrustTests {
  private static let noon = Timestamp(milliseconds: 1_790_000_000_000)
  private let ann = Voucher.author("ann")
  private let stranger = Voucher.nobody("is not signed")

  /// - Parameter hours: When it was made, from noon.
  private func head(_ id: String, _ parents: [String], hours: Int = 0) -> CommitHead {
    CommitHead(
      id: CommitID(id), parents: parents.map { CommitID($0) }, author: "Ann <ann@example.com>",
      committedAt: Self.noon + .seconds(3600 * hours))
  }

  /// What it comes to once everybody who was asked for has been looked up, and who was.
  private func ask(
    _ mode: AgentSettings.Verification.Mode, after base: CommitHead?, _ commits: [CommitHead],
    _ vouchers: [CommitID: Voucher], now hours: Int = 0
  ) -> (verdict: String, asked: [CommitID]) {
    var question = TrustQuestion(
      mode: mode, base: base, commits: commits, now: Self.noon + .seconds(3600 * hours))
    var asked: [CommitID] = []
    while case .ask(let commits) = question.answer() {
      asked += commits
      for commit in commits { question.vouchers[commit] = vouchers[commit] ?? stranger }
    }
    switch question.answer() {
    case .trusted(let returns):
      let ids = returns.map(\.id.rawValue)
      return (ids.isEmpty ? "trusted" : "trusted if \(ids.joined(separator: ", ")) return", asked)
    case .held(let commit, let reason): return ("\(commit.id) \(reason)", asked)
    case .ask: return ("asks again", asked)
    }
  }

  @Test func `all commits have to be vouched for, also those that a merge brings in`() {
    let commits = [head("side", ["base"]), head("main", ["base"]), head("merge", ["main", "side"])]
    let base = head("base", [])
    #expect(ask(.all, after: base, commits, ["side": ann, "main": ann, "merge": ann]).verdict == "trusted")
    for missing in ["side", "main", "merge"] {
      var vouchers: [CommitID: Voucher] = ["side": ann, "main": ann, "merge": ann]
      vouchers[CommitID(missing)] = stranger
      #expect(ask(.all, after: base, commits, vouchers).verdict == "\(missing) it is not signed")
    }
  }

  @Test func `of the head alone the signature is asked for`() {
    let commits = [head("a", ["base"]), head("b", ["a"]), head("tip", ["b"])]
    let answer = ask(.head, after: head("base", []), commits, ["tip": ann])
    #expect(answer.verdict == "trusted")
    #expect(answer.asked == ["tip"])
    #expect(
      ask(.head, after: head("base", []), commits, ["a": ann, "b": ann]).verdict == "tip it is not signed")
  }

  @Test func `at the first look the tip has to be vouched for`() {
    #expect(ask(.all, after: nil, [head("tip", ["old"])], ["tip": ann]).verdict == "trusted")
    #expect(ask(.all, after: nil, [head("tip", ["old"])], [:]).verdict == "tip it is not signed")
  }

  @Test func `a branch full of bad signatures costs a few looks`() {
    let commits = (1...5000).map { head("c\($0)", ["c\($0 - 1)"]) }
    let answer = ask(.all, after: head("c0", []), commits, [:])
    #expect(answer.verdict == "c1 it is not signed")
    #expect(answer.asked.count == 64)
  }

  @Test(arguments: [(-23, true), (-25, false)])
  func `nobody gets in with a commit that is dated before what it follows`(hours: Int, isTrusted: Bool) {
    let commits = [head("a", ["base"]), head("b", ["a"], hours: hours)]
    let answer = ask(.all, after: head("base", []), commits, ["a": ann, "b": ann])
    #expect((answer.verdict == "trusted") == isTrusted)
    #expect(isTrusted || answer.verdict.contains("long before a commit that it follows"))
  }

  @Test func `many small steps back are as far as a large one`() {
    let commits = (1...10).map { head("c\($0)", ["c\($0 - 1)"], hours: -12 * $0) }
    let vouchers = Dictionary(uniqueKeysWithValues: commits.map { ($0.id, ann) })
    #expect(ask(.all, after: head("c0", []), commits, vouchers).verdict.hasPrefix("c3 it is dated"))
  }

  @Test func `an old branch is merged by a commit of today, and not by one of its own time`() {
    let side = head("side", ["before"], hours: -500)
    let base = head("base", ["before"])
    let vouchers: [CommitID: Voucher] = ["side": ann, "merge": ann]
    let merge = head("merge", ["base", "side"], hours: 1)
    #expect(ask(.all, after: base, [side, merge], vouchers, now: 1).verdict == "trusted")
    // Whichever way round, and in both modes.
    let backdated = head("merge", ["side", "base"], hours: -499)
    for mode in [AgentSettings.Verification.Mode.all, .head] {
      #expect(ask(mode, after: base, [side, backdated], vouchers).verdict.hasPrefix("merge it is dated"))
    }
  }

  @Test func `a side branch from before the base is no older than what it begins from`() {
    let side = head("side", ["before"], hours: -500)
    let merge = head("merge", ["base", "side"])
    var question = TrustQuestion(
      mode: .all, base: head("base", ["before"]), commits: [side, merge], now: Self.noon)
    question.vouchers = ["side": ann, "merge": ann]
    question.forks = ["before": Self.noon + .seconds(-3600 * 490)]
    #expect(question.answer() == .trusted(ifReturns: []))
    question.forks = ["before": Self.noon + .seconds(-3600 * 470)]
    guard case .held(side, let reason) = question.answer() else {
      Issue.record("an old key is revived")
      return
    }
    #expect(reason.contains("long before a commit that it follows"))
  }

  @Test func `what an agent has signed is asked about once more, and never a merge`() {
    let commits = [head("a", ["base"]), head("b", ["a"]), head("tip", ["b"])]
    let agent = Voucher.revertOnly("prod-eu-1")
    let base = head("base", [])
    let vouchers = ["a": ann, "b": agent, "tip": agent] as [CommitID: Voucher]
    for mode in [AgentSettings.Verification.Mode.all, .head] {
      #expect(ask(mode, after: base, commits, vouchers).verdict == "trusted if b, tip return")
    }
    // What a return returns from has to be trusted by itself, also where only the head is looked at.
    for mode in [AgentSettings.Verification.Mode.all, .head] {
      #expect(ask(mode, after: base, commits, ["b": agent, "tip": agent]).verdict == "a it is not signed")
    }
    let merge = [head("side", ["base"]), head("tip", ["base", "side"])]
    #expect(
      ask(.all, after: base, merge, ["side": ann, "tip": agent]).verdict.hasSuffix(
        "it is no plain revert: it merges"))
    #expect(ask(.all, after: nil, [head("tip", ["old"])], ["tip": agent]).verdict.contains("nothing yet"))
  }

  @Test func `a commit of the future is held`() {
    let answer = ask(.head, after: nil, [head("tip", [], hours: 25)], ["tip": ann])
    #expect(answer.verdict.hasSuffix("in the future"))
  }
}
