import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

private let commit: CommitID = "3f2a9c1d00000000000000000000000000000000"

private func planned(_ desired: DesiredState, _ observed: ObservedState) -> Plan {
  plan(desired, against: observed, from: PlanSource(path: "models")) { _, _ in commit }
}

private func observed(_ model: ObservedModel, as name: ModelName = "fraud-detector") -> ObservedState {
  ObservedState(models: [name: model])
}

@Suite struct PlanTests {
  @Test func `finds nothing to do when Git asks for stable`() throws {
    let plan = planned(
      desired(try model()), observed(ObservedModel(stable: try release("7"), live: live())))
    #expect(plan.changes.isEmpty)
    #expect(plan.summary == PlanSummary(add: 0, change: 0, remove: 0, unchanged: 1, stalled: 0))
  }

  @Test func `deploys a model for the first time without weights or analyses`() throws {
    let plan = planned(desired(try model()), ObservedState())
    let change = try #require(plan.changes.first)
    #expect(change.kind == .add)
    #expect(change.from == nil)
    #expect(change.to == (try release("7", commit: commit)))
    #expect(change.steps.map(\.kind) == [.fetch, .verify, .start(instances: 2), .promote])
    #expect(change.onFailure == .revert([commit]))
  }

  @Test func `rolls a new revision out by the program that the machine would run`() throws {
    let wish = try model(version: "8")
    let plan = planned(desired(wish), observed(ObservedModel(stable: try release("7"), live: live())))
    let change = try #require(plan.changes.first)
    #expect(change.kind == .change)
    #expect(change.rollout)
    #expect(
      change.steps.map(\.kind.name)
        == [
          "fetch", "verify", "start", "weight", "analyze", "weight", "pause", "weight", "pause", "analyze",
          "promote", "stop",
        ])
    #expect(change.steps[2].text == "start 2 instances of version 8 beside version 7")
    #expect(change.steps[4].text == "judge by error-budget for 5m and at least 200 requests")
    #expect(change.steps[8].text == "wait for `evenkeel promote fraud-detector`")
  }

  @Test func `applies live settings without a rollout`() throws {
    var before = live(replicas: 3)
    before.route.host = "old.example.com"
    before.policy.name = "quick"
    before.labels = [:]
    let plan = planned(
      desired(try model()), observed(ObservedModel(stable: try release("7"), live: before)))
    let change = try #require(plan.changes.first)
    #expect(!change.rollout)
    #expect(change.onFailure == .none)
    #expect(
      change.steps.map(\.text) == [
        "replicas 3 -> 2: stop 1 instance of version 7",
        "route old.example.com/v2/models/fraud-detector -> */v2/models/fraud-detector",
        "rollout policy quick -> careful-canary; it holds from the next rollout on",
        "labels (none) -> team=risk",
      ])
  }

  @Test func `words a live change for the loop as it does for a dry run`() {
    var before = live(replicas: 3)
    before.policy.readyTimeout = .seconds(1)
    #expect(
      liveDifferences(from: before, to: live()) == [
        "replicas 3 -> 2", "rollout policy careful-canary; it holds from the next rollout on",
      ])
    #expect(liveDifferences(from: live(), to: live()).isEmpty)
  }

  @Test(arguments: [
    ("https://h/m.tgz?X-Signature=secret#part", "https://h/m.tgz"), ("https://h?token=a@b//c", "https://h"),
    ("https://me:secret@h:8443/a@b", "https://h:8443/a@b"), ("https://h/a#x//y@z", "https://h/a"),
    ("file:///m/a.tar.gz", "file:///m/a.tar.gz"), ("file:/m", "file:/m"),
  ])
  func `shows where a model is fetched without what could be secret`(uri: String, shown: String) throws {
    var wish = try model()
    wish.workload.artifact.uri = uri
    let plan = planned(desired(wish), ObservedState())
    #expect(plan.changes.first?.steps.first?.text == "fetch \(shown)")
  }

  @Test func `says nothing of live settings that are not known`() throws {
    let plan = planned(desired(try model()), observed(ObservedModel(stable: try release("7"))))
    #expect(plan.changes.isEmpty)
  }

  @Test func `removes a model that Git no longer has`() throws {
    let plan = planned(desired(), observed(ObservedModel(stable: try release("7"), live: live())))
    let change = try #require(plan.changes.first)
    #expect(change.kind == .remove)
    #expect(change.to == nil)
    #expect(change.steps.map(\.kind) == [.weight(percent: 0), .stop])
    #expect(change.steps[1].text == "stop 2 instances of version 7")
  }

  @Test func `does not plan a removal twice`() throws {
    let plan = planned(
      desired(), observed(ObservedModel(stable: try release("7"), live: live(), phase: .removing)))
    #expect(plan.changes.isEmpty)
    #expect(plan.unchanged == 1)
  }

  @Test func `forgets a model of which only failures are known`() throws {
    let failed = FailedAttempt(
      attempt: Attempt(try release("7")), version: "7", message: "no", at: Timestamp(milliseconds: 0))
    let plan = planned(desired(), observed(ObservedModel(failures: [failed])))
    #expect(plan.summary == PlanSummary(add: 0, change: 0, remove: 0, unchanged: 0, stalled: 0))
  }

  @Test func `never removes a model that cannot be read`() throws {
    var wish = desired()
    wish.unreadable = ["fraud-detector"]
    let plan = planned(wish, observed(ObservedModel(stable: try release("7"), live: live())))
    #expect(plan.changes.isEmpty)
    #expect(plan.stalled.map(\.reason) == ["Unreadable"])
  }

  @Test func `holds a missing model while a document has no name`() throws {
    var wish = desired(try model("other"))
    wish.unattributed = ["models/broken.yaml"]
    let plan = planned(wish, observed(ObservedModel(stable: try release("7"), live: live())))
    #expect(plan.changes.map(\.model) == ["other"])
    #expect(plan.stalled.map(\.reason) == ["MayBeUnreadable"])
    #expect(plan.stalled[0].message.contains("models/broken.yaml"))
  }

  @Test func `does not make a failed attempt again`() throws {
    let failed = FailedAttempt(
      attempt: Attempt(try release("8", commit: commit)), version: "8", message: "it crashed",
      at: Timestamp(milliseconds: 0))
    let plan = planned(
      desired(try model(version: "8")),
      observed(ObservedModel(stable: try release("7"), live: live(), failures: [failed])))
    #expect(plan.changes.isEmpty)
    #expect(
      plan.stalled.map(\.message)
        == ["version 8 is not tried again: it failed at 1970-01-01T00:00:00.000Z: it crashed"])
  }

  @Test func `warns when a version that failed is committed again`() throws {
    let failed = FailedAttempt(
      attempt: Attempt(try release("8")), version: "8", message: "it crashed",
      at: Timestamp(milliseconds: 0))
    let plan = planned(
      desired(try model(version: "8")),
      observed(ObservedModel(stable: try release("7"), live: live(), failures: [failed])))
    #expect(
      plan.changes.first?.warnings == [
        PlanWarning(
          reason: "FailedBefore",
          message: "version 8 failed at 1970-01-01T00:00:00.000Z, from commit 11111111: it crashed")
      ])
  }

  @Test func `warns that a rollout will be superseded`() throws {
    let plan = planned(
      desired(try model(version: "9")),
      observed(
        ObservedModel(
          stable: try release("7"), candidate: try release("8"), live: live(), phase: .stepping)))
    #expect(
      plan.changes.first?.warnings.map(\.message)
        == ["the rollout of version 8 is under way (stepping) and will be superseded"])
  }

  @Test func `goes on with the rollout that is under way`() throws {
    let plan = planned(
      desired(try model(version: "8")),
      observed(
        ObservedModel(
          stable: try release("7"), candidate: try release("8"), live: live(), phase: .stepping)))
    #expect(plan.changes.isEmpty)
    #expect(plan.unchanged == 1)
  }

  @Test func `ends a rollout when Git returns to stable`() throws {
    let plan = planned(
      desired(try model()),
      observed(
        ObservedModel(
          stable: try release("7"), candidate: try release("8"), live: live(), phase: .stepping)))
    let change = try #require(plan.changes.first)
    #expect(change.from?.version == "8")
    #expect(change.to?.version == "7")
    #expect(!change.rollout)
    #expect(change.steps.map(\.kind) == [.weight(percent: 100), .stop])
  }

  @Test(arguments: [Phase.restoring, .writingBack, .held])
  func `has nothing to do once Git asks for stable after a failure`(phase: Phase) throws {
    let plan = planned(
      desired(try model()),
      observed(
        ObservedModel(stable: try release("7"), candidate: try release("8"), live: live(), phase: phase)))
    #expect(plan.changes.isEmpty)
  }

  @Test func `compares with another commit as if it were settled`() throws {
    let base = desired(try model(), try model("gone"), try model("same"))
    let head = desired(try model(version: "8"), try model("new"), try model("same"))
    let plan = planned(head, ObservedState(settledOn: base))
    #expect(plan.changes.map(\.kind) == [.change, .remove, .add])
    #expect(plan.changes.map(\.model) == ["fraud-detector", "gone", "new"])
    #expect(plan.unchanged == 1)
  }

  @Test func `accounts for every model exactly once`() throws {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      var wish = DesiredState()
      var observed = ObservedState()
      for index in 0..<6 {
        let name = ModelName("m\(index)")
        if Bool.random(using: &generator) {
          wish.models[name] = try model(name, version: ["7", "8"].randomElement(using: &generator) ?? "7")
        }
        if Int.random(in: 0..<4, using: &generator) == 0 { wish.unreadable.insert(name) }
        if Bool.random(using: &generator) {
          observed.models[name] = ObservedModel(stable: try release("7"), live: live())
        }
      }
      if Bool.random(using: &generator) { wish.unattributed = ["x.yaml"] }
      let plan = planned(wish, observed)
      let names = Set(wish.models.keys).union(wish.unreadable).union(observed.models.keys)
      #expect(plan.changes.count + plan.unchanged + plan.stalled.count == names.count)
      #expect(wish.unattributed.isEmpty || !plan.changes.contains { $0.kind == .remove })
      #expect(!plan.changes.contains { wish.unreadable.contains($0.model) })
      #expect(plan.changes.map(\.model) == plan.changes.map(\.model).sorted())
    }
  }
}
