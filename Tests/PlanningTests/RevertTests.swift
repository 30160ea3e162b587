import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

private let seven = "7"
private let eight = "8"

private func rev(_ version: String) throws -> Revision { revision(of: try workload(version: version)) }

private func prove(
  _ tip: DesiredState, _ result: DesiredState, lastGood: String? = seven,
  others: [ModelName: Revision?] = [:]
) throws -> RevertProof {
  proveRevert(
    of: "fraud-detector", from: try rev(eight), to: try lastGood.map(rev), tip: tip, result: result,
    lastGoodOfOthers: others)
}

@Suite struct RevertProofTests {
  @Test func `accepts a revert that does one thing`() throws {
    let other = try model("other")
    let proof = try prove(desired(try model(version: eight), other), desired(try model(), other))
    #expect(proof == .proven(alsoRestored: []))
  }

  @Test func `accepts that a first deployment disappears`() throws {
    let other = try model("other")
    #expect(
      try prove(desired(try model(version: eight), other), desired(other), lastGood: nil)
        == .proven(alsoRestored: []))
  }

  @Test func `accepts that another model returns to its last good revision`() throws {
    let proof = try prove(
      desired(try model(version: eight), try model("other", version: eight)),
      desired(try model(), try model("other")), others: ["other": try rev(seven)])
    #expect(proof == .proven(alsoRestored: ["other"]))
  }

  @Test func `rejects when somebody has moved on`() throws {
    let proof = try prove(desired(try model(version: "9")), desired(try model()))
    #expect(proof == .rejected("the branch does not ask for the failed revision of fraud-detector any more"))
  }

  @Test func `rejects when the model ends elsewhere`() throws {
    let nine = try rev("9").short
    let wanted = try rev(seven).short
    #expect(
      try prove(desired(try model(version: eight)), desired(try model(version: "9")))
        == .rejected(
          "fraud-detector would not return to revision \(wanted): it would ask for revision \(nine)"))
    #expect(
      try prove(desired(try model(version: eight)), desired())
        == .rejected("fraud-detector would not return to revision \(wanted): it would be gone"))
    #expect(
      try prove(desired(try model(version: eight)), desired(try model()), lastGood: nil)
        == .rejected("fraud-detector would not be gone again: it would ask for revision \(wanted)"))
  }

  @Test func `rejects to take another model's good change with it`() throws {
    let proof = try prove(
      desired(try model(version: eight), try model("other", version: eight)),
      desired(try model(), try model("other")), others: ["other": try rev(eight)])
    #expect(
      proof == .rejected("it would also take other to version 7, which is not its last good revision"))
  }

  @Test func `rejects to change another model of which nothing is known`() throws {
    let proof = try prove(
      desired(try model(version: eight), try model("other", version: eight)),
      desired(try model(), try model("other")))
    #expect(
      proof == .rejected("it would also take other to version 7, which is not its last good revision"))
  }

  @Test func `rejects to change another model's live settings alone`() throws {
    let proof = try prove(
      desired(try model(version: eight), try model("other", replicas: 3)),
      desired(try model(), try model("other")), others: ["other": try rev(seven)])
    #expect(proof == .rejected("it would also change the live settings of other"))
  }

  @Test func `rejects to remove or bring back another model`() throws {
    let others: [ModelName: Revision?] = ["other": try rev(seven)]
    #expect(
      try prove(desired(try model(version: eight), try model("other")), desired(try model()), others: others)
        == .rejected("it would also remove other"))
    #expect(
      try prove(desired(try model(version: eight)), desired(try model(), try model("other")), others: others)
        == .rejected("it would also bring back other"))
  }

  @Test func `a file that cannot be read does not hide that a model of another file was removed`() throws {
    let others: [ModelName: Revision?] = ["other": try rev(seven)]
    var (tip, result) = (desired(try model(version: eight)), desired(try model(), try model("other")))
    tip.unattributed = ["notes.yaml"]
    result.unattributed = ["notes.yaml"]
    #expect(try prove(tip, result, others: others) == .rejected("it would also bring back other"))
    tip.unattributed.insert(try #require(result.models["other"]?.file))
    #expect(try prove(tip, result, others: others) == .proven(alsoRestored: ["other"]))
  }

  @Test func `accepts that a broken document is whole again as it was`() throws {
    var tip = desired(try model(version: eight))
    tip.unreadable = ["other"]
    let result = desired(try model(), try model("other"))
    #expect(try prove(tip, result, others: ["other": try rev(seven)]) == .proven(alsoRestored: ["other"]))
    #expect(
      try prove(tip, result, others: ["other": try rev(eight)])
        == .rejected("it would also take other to version 7, which is not its last good revision"))
  }

  @Test func `rejects whatever becomes unreadable`() throws {
    let tip = desired(try model(version: eight))
    var result = desired(try model())
    result.unreadable = ["other"]
    #expect(try prove(tip, result) == .rejected("the manifests of other could not be read any more"))
    result = desired(try model())
    result.unattributed = ["x.yaml"]
    #expect(try prove(tip, result) == .rejected("x.yaml could not be read any more"))
  }

  @Test func `rejects a new error but not one that has moved, nor a warning`() throws {
    var tip = desired(try model(version: eight))
    tip.diagnostics = [Diagnostic(file: "a.yaml", line: 3, column: 1, message: "odd")]
    var result = desired(try model())
    result.diagnostics = [Diagnostic(file: "a.yaml", line: 9, column: 1, message: "odd")]
    #expect(try prove(tip, result) == .proven(alsoRestored: []))
    result.diagnostics += [
      Diagnostic(severity: .warning, file: "a.yaml", line: 2, column: 1, message: "it works")
    ]
    #expect(try prove(tip, result) == .proven(alsoRestored: []))
    result.diagnostics += result.diagnostics
    #expect(try prove(tip, result) == .rejected("a.yaml:9: odd"))
  }

  @Test func `never accepts a side effect other than a return to the last good revision`() throws {
    var generator = SeededGenerator(seed: 5)
    let versions: [String?] = [nil, "6", "7", "8"]
    for _ in 0..<500 {
      var (tip, result) = (desired(try model(version: eight)), desired(try model()))
      var lastGood: [ModelName: Revision?] = [:]
      for index in 0..<3 {
        let name = ModelName("m\(index)")
        for (version, keep) in [
          (versions.randomElement(using: &generator) ?? nil, { tip.models[name] = $0 }),
          (versions.randomElement(using: &generator) ?? nil, { result.models[name] = $0 }),
        ] {
          if let version { keep(try model(name, version: version)) }
        }
        lastGood[name] = try (versions.randomElement(using: &generator) ?? nil).map(rev)
      }
      guard case .proven(let restored) = try prove(tip, result, others: lastGood) else { continue }
      for name in lastGood.keys {
        let after = result.models[name]
        if restored.contains(name) {
          #expect(after.map { revision(of: $0.workload) } == lastGood[name])
        } else {
          #expect(tip.models[name] == after)
        }
      }
    }
  }
}

@Suite struct RevertCommitsTests {
  private func step(_ commit: CommitID, _ before: AskedFor, _ after: AskedFor) -> HistoryStep {
    HistoryStep(commit: commit, subject: "subject of \(commit)", before: before, after: after)
  }

  @Test func `picks the one commit that changed the model`() throws {
    let (good, bad) = (AskedFor.revision(try rev(seven)), AskedFor.revision(try rev(eight)))
    let history = [step("c3", bad, bad), step("c2", good, bad), step("c1", good, good)]
    #expect(commitsToRevert(to: try rev(seven), in: history)?.map(\.commit) == ["c2"])
  }

  @Test func `picks every commit since the last good revision, newest first`() throws {
    let (good, bad) = (AskedFor.revision(try rev(seven)), AskedFor.revision(try rev(eight)))
    let history = [
      step("c4", .unreadable, bad), step("c3", bad, bad), step("c2", good, .unreadable),
      step("c1", .nothing, good),
    ]
    #expect(commitsToRevert(to: try rev(seven), in: history)?.map(\.commit) == ["c4", "c2"])
  }

  @Test func `goes back to before the first deployment`() throws {
    let bad = AskedFor.revision(try rev(eight))
    let history = [step("c2", bad, bad), step("c1", .nothing, bad)]
    #expect(commitsToRevert(to: nil, in: history)?.map(\.commit) == ["c1"])
  }

  @Test func `has no answer when the history is too short`() throws {
    let bad = AskedFor.revision(try rev(eight))
    #expect(commitsToRevert(to: try rev(seven), in: [step("c2", bad, bad)]) == nil)
    #expect(commitsToRevert(to: try rev(seven), in: [step("c1", .nothing, bad)]) == nil)
    #expect(commitsToRevert(to: nil, in: [HistoryStep]()) == nil)
  }

  @Test func `looks no further than it has to`() throws {
    let (good, bad) = (AskedFor.revision(try rev(seven)), AskedFor.revision(try rev(eight)))
    var looked = 0
    let history = (0..<100).lazy.map { index in
      looked += 1
      return step(CommitID("c\(index)"), index == 1 ? good : bad, bad)
    }
    _ = commitsToRevert(to: try rev(seven), in: history)
    #expect(looked <= 4)
  }

  @Test func `cannot tell what is asked for while a document has no name`() throws {
    var state = desired(try model())
    #expect(AskedFor("fraud-detector", in: state) == .revision(try rev(seven)))
    #expect(AskedFor("other", in: state) == .nothing)
    state.unattributed = ["x.yaml"]
    #expect(AskedFor("other", in: state) == .unreadable)
    state.unreadable = ["fraud-detector"]
    #expect(AskedFor("fraud-detector", in: state) == .unreadable)
    #expect(!isStillWanted(try rev(seven), of: "fraud-detector", in: state))
  }
}
