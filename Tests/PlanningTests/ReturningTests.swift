import Manifests
import Planning
import Testing
import Vocabulary

/// What a revert-only key may do, decided by values. What it comes to on signed repositories is in `AttackTests`.
@Suite struct ReturningTests {
  /// What is asked for: the version of each model.
  private func state(_ versions: [ModelName: Int], replicas: Int = 1) throws -> DesiredState {
    var state = DesiredState()
    for (name, version) in versions {
      state.models[name] = try model(name, version: "\(version)", replicas: replicas)
    }
    return state
  }

  /// A line of states of the model `fraud`, newest first; a negative number is a return to that version, 0 is none.
  private func line(_ versions: Int...) throws -> [TrustedStep] {
    try versions.map { version in
      TrustedStep(desired: try state(version == 0 ? [:] : ["fraud": abs(version)]), isReturn: version < 0)
    }
  }

  private func objection(_ version: Int, _ line: [TrustedStep], serving: Set<ModelName> = []) throws
    -> String?
  {
    Planning.objection(
      toReturning: try state(version == 0 ? [:] : ["fraud": version]), along: line, serving: serving)
  }

  @Test func `a return leads to any version further down the stack`() throws {
    for version in 1...2 { #expect(try objection(version, line(3, 2, 1)) == nil) }
    #expect(
      try objection(4, line(3, 2, 1))?.hasPrefix("takes fraud to a version 4 that was not trusted before")
        == true)
  }

  @Test func `what was returned from is off the stack until a person asks for it`() throws {
    // 1, 2, 3, back to 2.
    #expect(try objection(3, line(-2, 3, 2, 1)) != nil)
    #expect(try objection(1, line(-2, 3, 2, 1)) == nil)
    // And back to 1.
    #expect(try objection(2, line(-1, -2, 3, 2, 1)) != nil)
    #expect(try objection(3, line(-1, -2, 3, 2, 1)) != nil)
    // A person deploys 3 once more, and then 4.
    #expect(try objection(3, line(4, 3, -2, 3, 2, 1)) == nil)
    #expect(try objection(2, line(4, 3, -2, 3, 2, 1)) == nil)
    // A return past two leaves neither.
    #expect(try objection(2, line(5, -1, 3, 2, 1)) != nil)
    #expect(try objection(1, line(5, -1, 3, 2, 1)) == nil)
  }

  @Test func `commits that change nothing of a model do not hide what is below them`() throws {
    #expect(try objection(2, line(3, 3, -3, 3, 2, 2, 1)) == nil)
    #expect(try objection(3, line(-2, -2, 3, 2)) != nil)
  }

  @Test func `a first deployment is taken back, a model that serves or was always there is not`() throws {
    #expect(try objection(0, line(1, 0)) == nil)
    #expect(try objection(0, line(1, 0), serving: ["fraud"]) == "removes fraud, which serves here")
    #expect(try objection(0, line(2, 1)) == "removes fraud, which was always there")
    #expect(try objection(1, line(0, 1)) == "brings fraud back")
  }

  @Test func `live settings go back with a version, and not by themselves`() throws {
    let line = [
      TrustedStep(desired: try state(["fraud": 3], replicas: 5), isReturn: false),
      TrustedStep(desired: try state(["fraud": 2], replicas: 2), isReturn: false),
    ]
    for replicas in [5, 2] {
      let result = try state(["fraud": 2], replicas: replicas)
      #expect(Planning.objection(toReturning: result, along: line, serving: []) == nil)
    }
    let never = try state(["fraud": 2], replicas: 9)
    #expect(
      Planning.objection(toReturning: never, along: line, serving: [])?.contains("live settings") == true)
    let alone = try state(["fraud": 3], replicas: 2)
    #expect(
      Planning.objection(toReturning: alone, along: line, serving: [])
        == "changes the live settings of fraud and not its version")
  }

  @Test func `no other model goes along to where it never was`() throws {
    let line = [
      TrustedStep(desired: try state(["fraud": 2, "spam": 2]), isReturn: false),
      TrustedStep(desired: try state(["fraud": 1, "spam": 2]), isReturn: false),
    ]
    #expect(
      Planning.objection(toReturning: try state(["fraud": 1, "spam": 1]), along: line, serving: [])?
        .contains("spam") == true)
  }

  @Test func `nothing breaks, and nothing follows from nothing`() throws {
    var broken = try state([:])
    broken.unreadable = ["fraud"]
    #expect(
      Planning.objection(toReturning: broken, along: try line(2, 1), serving: [])?.hasPrefix("breaks") == true
    )
    #expect(try objection(1, []) == "follows no trusted commit")
  }
}
