import Manifests
import Planning
import Rollout
import Testing
import Vocabulary

private func planned(_ desired: DesiredState, _ observed: ObservedState) -> Plan {
  plan(desired, against: observed, from: PlanSource(path: "models")) { _, _ in nil }
}

private let gibibyte = 1 << 30

/// A model whose two instances need this much memory each.
private func model(_ name: ModelName, version: String = "7", gibibytes: Int) throws -> DesiredModel {
  var model = try PlanningTests.model(name, version: version)
  model.workload.resources = Resources(memory: gibibytes * gibibyte)
  return model
}

private func settled(on models: DesiredModel..., memory gibibytes: Int?) -> ObservedState {
  let state = DesiredState(models: Dictionary(uniqueKeysWithValues: models.map { ($0.name, $0) }))
  var observed = ObservedState(settledOn: state)
  observed.capacity = gibibytes.map { Resources(milliCPU: 1000, memory: $0 * gibibyte) }
  return observed
}

/// What a plan refuses because there is too much of it.
@Suite struct PlanLimitTests {
  @Test func `keeps models when too many are missing at once`() throws {
    let observed = ObservedState(settledOn: desired(try model("a"), try model("b"), try model("c")))
    let plan = planned(desired(try model("a")), observed)
    #expect(plan.changes.isEmpty)
    #expect(plan.unchanged == 1)
    #expect(plan.stalled.map(\.model) == ["b", "c"])
    #expect(plan.stalled.map(\.reason) == ["PruneLimit", "PruneLimit"])
    #expect(
      plan.stalled[0].message
        == "Git asks for the removal of 2 of 3 models at once, and pruneLimit (50%) allows 1; remove them in several "
        + "commits, or raise pruneLimit in the agent's file")
  }

  @Test func `removes as many as the limit of the host allows`() throws {
    var observed = ObservedState(settledOn: desired(try model("a"), try model("b"), try model("c")))
    observed.pruneLimit = 67
    #expect(planned(desired(try model("a")), observed).changes.map(\.kind) == [.remove, .remove])
  }

  @Test func `counts only models that run, and none twice`() throws {
    var observed = ObservedState(settledOn: desired(try model("a"), try model("b")))
    observed.models["leaving"] = ObservedModel(stable: try release("7"), live: live(), phase: .removing)
    observed.models["new"] = ObservedModel(candidate: try release("7"), live: live(), phase: .starting)
    let plan = planned(desired(try model("a")), observed)
    #expect(plan.changes.map(\.model) == ["b", "new"])
    #expect(plan.changes.map(\.kind) == [.remove, .remove])
  }

  @Test func `an unreadable document explains a missing model better than the limit does`() throws {
    var wish = desired(try model("a"))
    wish.unattributed = ["x.yaml"]
    let observed = ObservedState(settledOn: desired(try model("a"), try model("b"), try model("c")))
    #expect(planned(wish, observed).stalled.map(\.reason) == ["MayBeUnreadable", "MayBeUnreadable"])
  }

  @Test func `a rollout that the host cannot hold is not planned`() throws {
    let observed = settled(on: try model("a", gibibytes: 2), try model("b", gibibytes: 1), memory: 8)
    let wish = desired(try model("a", version: "8", gibibytes: 2), try model("b", gibibytes: 1))
    let plan = planned(wish, observed)
    #expect(plan.changes.isEmpty)
    #expect(plan.summary == PlanSummary(add: 0, change: 0, remove: 0, unchanged: 1, stalled: 1))
    #expect(
      plan.stalled == [
        StalledModel(
          model: "a", reason: "CapacityExceeded",
          message:
            "version 8 does not fit: not enough memory (10240 MiB needed, 8192 MiB there); it fits with the "
            + "strategy `recreate`, which stops the old version first")
      ])
    var recreate = wish
    recreate.models["a"]?.live.policy.strategy = .recreate
    #expect(planned(recreate, observed).changes.map(\.model) == ["a"])
  }

  @Test func `nothing is refused while the size of the host is not known`() throws {
    let observed = settled(on: try model("a", gibibytes: 2), memory: nil)
    #expect(planned(desired(try model("a", version: "8", gibibytes: 900)), observed).stalled.isEmpty)
  }

  @Test func `what leaves in the same commit makes room`() throws {
    let observed = settled(on: try model("a", gibibytes: 2), try model("b", gibibytes: 2), memory: 8)
    let plan = planned(desired(try model("a", version: "8", gibibytes: 2)), observed)
    #expect(plan.changes.map(\.model) == ["a", "b"])
    #expect(plan.stalled.isEmpty)
  }

  @Test func `models of one commit are counted together`() throws {
    let plan = planned(
      desired(try model("a", gibibytes: 2), try model("b", gibibytes: 2), try model("c", gibibytes: 1)),
      settled(memory: 6))
    #expect(plan.changes.map(\.model) == ["a", "c"])
    #expect(plan.stalled.map(\.model) == ["b"])
    #expect(plan.stalled[0].message.contains("lower its `resources` or `replicas`"))
  }

  @Test func `more replicas of another model count as soon as they apply`() throws {
    let observed = settled(on: try model("a", gibibytes: 1), try model("b", gibibytes: 1), memory: 7)
    var scaled = try model("b", gibibytes: 1)
    #expect(planned(desired(try model("a", version: "8", gibibytes: 1), scaled), observed).stalled.isEmpty)
    scaled.live.replicas = 4
    #expect(
      planned(desired(try model("a", version: "8", gibibytes: 1), scaled), observed).stalled.map(\.model) == [
        "a"
      ])
  }
}

@Suite struct PlanWaitTests {
  @Test func `warns that a suspended model waits`() throws {
    var wish = try model(version: "8")
    wish.live.suspend = true
    let observed = ObservedState(models: [wish.name: ObservedModel(stable: try release("7"), live: live())])
    let change = try #require(planned(desired(wish), observed).changes.first)
    #expect(
      change.warnings == [
        PlanWarning(
          reason: "Suspended", message: "version 8 waits until the model is not suspended in Git any more")
      ])
    #expect(change.steps[0].text == "suspended: rollouts neither begin nor go on until it is lifted")
  }

  @Test func `warns of those that a model will wait for, and of no other`() throws {
    var wish = try model("m", version: "8")
    wish.live.dependsOn = ["ready", "changed", "new", "broken", "rolling", "gone-wrong"]
    var state = desired(
      wish, try model("ready"), try model("changed", version: "8"), try model("new"),
      try model("rolling", version: "8"),
      try model("gone-wrong", version: "8"))
    state.unreadable = ["broken"]
    let stable = ObservedModel(stable: try release("7"), live: live())
    var rolling = stable
    rolling.candidate = try release("8")
    rolling.phase = .stepping
    var failed = rolling
    failed.phase = .held
    let observed = ObservedState(models: [
      "m": stable, "ready": stable, "changed": stable, "broken": stable, "rolling": rolling,
      "gone-wrong": failed,
    ])
    let change = try #require(planned(state, observed).changes.first { $0.model == "m" })
    #expect(
      change.warnings == [
        PlanWarning(
          reason: "WaitsForDependency",
          message: "version 8 waits until changed, new, rolling, gone-wrong serve what Git asks for")
      ])
  }

  @Test func `nothing waits that has no rollout`() throws {
    var wish = try model()
    wish.live.dependsOn = ["new"]
    wish.live.suspend = true
    let observed = ObservedState(models: [wish.name: ObservedModel(stable: try release("7"), live: live())])
    let change = try #require(planned(desired(wish, try model("new")), observed).changes.first)
    #expect(!change.rollout)
    #expect(change.warnings.isEmpty)
    #expect(
      change.steps.map(\.text) == [
        "depends on (none) -> new", "suspended: rollouts neither begin nor go on until it is lifted",
      ])
  }

  @Test func `a queueing policy puts the next version behind the running one`() throws {
    var queueing = live()
    queueing.policy.supersede = .queue
    var wish = try model(version: "9")
    wish.live = queueing
    let observed = ObservedModel(
      stable: try release("7"), candidate: try release("8"), live: queueing, phase: .stepping)
    #expect(
      planned(desired(wish), ObservedState(models: [wish.name: observed])).changes.first?.warnings.map(
        \.message)
        == ["the rollout of version 8 is under way (stepping); version 9 is queued behind it"])
    // A return to stable ends it all the same.
    wish = try model()
    wish.live = queueing
    #expect(
      planned(desired(wish), ObservedState(models: [wish.name: observed])).changes.first?.warnings.map(
        \.message)
        == ["the rollout of version 8 is under way (stepping) and will be superseded"])
  }

  @Test func `a return to the version that is kept warm is one change of the route`() throws {
    let observed = ObservedModel(
      stable: try release("8"), candidate: try release("8"), live: live(), phase: .watching,
      warm: try release("7"))
    let change = try #require(
      planned(desired(try model()), ObservedState(models: ["fraud-detector": observed])).changes.first)
    #expect(!change.rollout)
    #expect(change.from?.version == "8")
    #expect(change.to?.version == "7")
    #expect(change.onFailure == .none)
    #expect(
      change.steps.map(\.text) == ["send all requests to version 7, which is still warm", "stop version 8"])
  }

  @Test func `another version ends the watch, unless it is queued behind it`() throws {
    var observed = ObservedModel(
      stable: try release("8"), candidate: try release("8"), live: live(), phase: .watching,
      warm: try release("7"))
    let wish = desired(try model(version: "9"))
    #expect(
      planned(wish, ObservedState(models: ["fraud-detector": observed])).changes.first?.warnings.map(
        \.message)
        == ["version 8 is still watched, with version 7 kept warm; that ends"])
    observed.live?.policy.supersede = .queue
    #expect(
      planned(wish, ObservedState(models: ["fraud-detector": observed])).changes.first?.warnings.map(
        \.message)
        == ["version 8 is still watched, with version 7 kept warm; version 9 is queued behind it"])
    let removal = planned(desired(), ObservedState(models: ["fraud-detector": observed])).changes.first
    #expect(removal?.steps.last?.text == "stop version 7")
  }
}
