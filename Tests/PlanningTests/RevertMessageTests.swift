import Planning
import Rollout
import Testing
import Vocabulary

private let evidence =
  "check error-budget: 14 errors in 812 requests against 41 in 15,430 on version 7 (e-value 57,942, alpha 0.01)"

private func message(
  _ failure: Failure, subjects: [String] = ["Deploy fraud-detector 8"],
  scope: RevertMessage.Scope = .commits, restored: Release?, version: String = "8",
  agent: String = "prod-eu-1"
) throws -> RevertMessage {
  let commits = subjects.enumerated().map { index, subject in
    HistoryStep(
      commit: CommitID(String(repeating: "\(index + 1)", count: 40)), subject: subject, before: .nothing,
      after: .nothing)
  }
  let failed = Release(revision: try digest("8"), version: version, commit: commits.first?.commit)
  return RevertMessage(
    model: "fraud-detector", rollout: "01JD0000000000000000000000", failed: failed, restored: restored,
    failure: failure, commits: commits, scope: scope, agent: agent)
}

private func stable() throws -> Release {
  Release(revision: try digest("7"), version: "7", commit: nil)
}

@Suite struct RevertMessageTests {
  @Test func `has the documented shape`() throws {
    let text = try message(try failure(message: evidence), restored: try stable()).text
    #expect(
      text == """
        Revert "Deploy fraud-detector 8"

        This reverts commit 1111111111111111111111111111111111111111.

        fraud-detector 8 failed its rollout at step 2 of 6 (weight 5 %): check error-budget: 14 errors in
        812 requests against 41 in 15,430 on version 7 (e-value 57,942, alpha 0.01). Version 7 serves again.

        Evenkeel-Rollout: 01JD0000000000000000000000
        Evenkeel-Model: fraud-detector
        Evenkeel-Failed-Revision: sha256:8888888888888888888888888888888888888888888888888888888888888888
        Evenkeel-Restored-Revision: sha256:7777777777777777777777777777777777777777777777777777777777777777
        Evenkeel-Agent: prod-eu-1

        """)
  }

  @Test func `quotes the evidence of the check that failed`() throws {
    let check = Check(name: "error-budget", errorRate: .init(max: 0.01, versusStable: false, alpha: 0.01))
    let now = Timestamp(milliseconds: 1_772_357_400_250)
    var machine = ModelMachine(name: "fraud-detector")
    var world = ModelObservation(artifact: .stored, counts: [:])
    world.instances.ready = 1
    func settle(at now: Timestamp) -> Failure? {
      for _ in 0..<20 {
        world.weights = machine.wanted().weights
        if case .failed(let record) = machine.observe(world, at: now) { return record.failure }
      }
      return nil
    }
    machine.begin(try stable(), under: terms([.weight(5)], checks: [check]), at: now, id: "01")
    #expect(settle(at: now) == nil)
    let candidate = Release(revision: try digest("8"), version: "8", commit: nil)
    let slow = terms([.weight(5), .analyze(for: .seconds(300), minRequests: 0)], checks: [check])
    machine.begin(candidate, under: slow, at: now, id: "02")
    #expect(settle(at: now) == nil)
    world.counts = [candidate.revision: RequestCounts(requests: 1234, errors: 200)]
    let failed = try #require(settle(at: now + .seconds(60)))
    let words = try message(failed, restored: machine.stable).text.replacing("\n", with: " ")
    #expect(
      words.contains(
        "fraud-detector 8 failed its rollout at step 5 of 7 (analyze for 5m): check error-budget: "
          + "200 errors in 1,234 requests, at most 1 % allowed (e-value "))
    #expect(words.contains("Version 7 serves again."))
  }

  @Test func `says that a first deployment restores nothing`() throws {
    let text = try message(
      try failure(message: "it crashed."), scope: .documents(asOf: nil), restored: nil
    ).text
    #expect(text.hasPrefix("Revert \"Deploy fraud-detector 8\" for fraud-detector alone\n"))
    #expect(
      text.contains("It removes only the documents of fraud-detector, and leaves everything else as it is.\n")
    )
    #expect(text.contains("it crashed. There was no version\nbefore it.\n"))
    #expect(text.contains("\nEvenkeel-Restored-Revision: none\n"))
  }

  @Test func `names every commit and the scope`() throws {
    let text = try message(
      try failure(message: "no"), subjects: ["Second", "First"], scope: .documents(asOf: "abc"),
      restored: try stable()
    ).text
    #expect(text.hasPrefix("Revert \"Second\" and 1 more for fraud-detector alone\n"))
    #expect(
      text.contains(
        "This reverts commit 1111111111111111111111111111111111111111 for fraud-detector alone.\n"))
    #expect(
      text.contains(
        "This reverts commit 2222222222222222222222222222222222222222 for fraud-detector alone.\n"))
    #expect(text.contains("It puts back only the documents of fraud-detector as they were at abc,"))
  }

  @Test func `words a rollback by hand as one`() throws {
    let byHand = try failure(message: "rolled back by hand: complaints", reason: .rolledBackByHand)
    let text = try message(byHand, restored: try stable()).text
    #expect(
      text.contains("\nfraud-detector 8 was rolled back by hand: complaints. Version 7 serves again.\n"))
  }

  @Test func `quotes the end of the log, indented and bounded`() throws {
    let log = (1...40).map { "line \($0)\u{1B}[31m red\u{7}" } + [String(repeating: "x", count: 5000)]
    let text = try message(try failure(message: "no", log: log), restored: nil).text
    let quoted = text.split(separator: "\n").filter { $0.hasPrefix("    ") }
    #expect(quoted.count == 10)
    #expect(quoted.first == "    line 32 red")
    #expect(quoted.allSatisfy { $0.count <= 100 })
  }

  static let hostile = [
    "x\n\nEvenkeel-Model: other", "x\r\nEvenkeel-Agent: other", "x\u{2028}Evenkeel-Agent: y",
    "\u{1B}]0;title\u{7}Evenkeel-Restored-Revision: none", "a\u{202E}b",
    String(repeating: "w ", count: 49) + "w Evenkeel-Model: other",
    String(repeating: "Evenkeel-Model: other ", count: 400), "x\n\nSigned-off-by: you <you@example.com>",
  ]

  @Test(arguments: hostile) func `cannot be made to carry other trailers`(text: String) throws {
    let failed = try failure(message: text, log: [text, text])
    let message = try message(
      failed, subjects: [text, text], restored: try stable(), version: text, agent: text
    ).text
    let paragraphs = message.split(separator: "\n\n", omittingEmptySubsequences: false)
    let keys = ["Rollout", "Model", "Failed-Revision", "Restored-Revision", "Agent"].map { "Evenkeel-\($0):" }
    let trailers = try #require(paragraphs.last).split(separator: "\n")
    #expect(trailers.map { String($0.prefix { $0 != " " }) } == keys)
    let lines = message.split(separator: "\n")
    #expect(lines.filter { $0.lowercased().hasPrefix("evenkeel-") }.count == keys.count)
    #expect(!lines.dropLast(keys.count).contains { $0.hasPrefix("Signed-off-by") })
    #expect(message.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
    #expect(message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .format })
  }
}
