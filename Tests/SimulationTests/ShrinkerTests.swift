import Agent
import Planning
import Testing
import Vocabulary

@testable import Simulation

/// Shrinking with failures that are only said to be some, so that it is known what has to be left.
@Suite struct ShrinkerTests {
  /// What a failure takes, and how much has to be left when nothing else is.
  struct Need: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var events: Int
    var models: Int
    var fails: @Sendable (Scenario) -> Bool
  }

  static let needs = [
    Need(testDescription: "nothing", events: 0, models: 0) { _ in true },
    Need(testDescription: "a pause", events: 1, models: 1) { $0.has(.steer("spam", .pause)) },
    Need(testDescription: "two events far apart", events: 2, models: 1) {
      $0.has(.steer("spam", .pause)) && $0.has(.steer("spam", .resume))
    },
    Need(testDescription: "one edit of three", events: 1, models: 1) { scenario in
      scenario.edits.contains(.replicas("ads", 2))
    },
    Need(testDescription: "a long time without disk space", events: 1, models: 0) { scenario in
      scenario.events.contains { event in
        if case .fault(.diskFull(let duration)) = event.happening { duration > .seconds(3) } else { false }
      }
    },
    Need(testDescription: "a model that only depends on another", events: 0, models: 1) { scenario in
      scenario.setting.models.contains { $0.name == "ads" }
    },
    Need(testDescription: "a bad version", events: 0, models: 1) { scenario in
      scenario.setting.models.contains { !$0.natures.allSatisfy(\.isGood) }
    },
    Need(testDescription: "many events, whichever they are", events: 30, models: 0) { $0.events.count >= 30 },
  ]

  /// Three models and a hundred events, most of which say nothing.
  static let scenario: Scenario = {
    var scenario = Scenario(seed: 4)
    scenario.events = (0..<100).map { number in
      let fault: Fault = number % 2 == 0 ? .rivals(count: number) : .rewrite(back: number)
      return Scheduled(at: .seconds(10 * number), happening: .fault(fault))
    }
    scenario.events[17].happening = .steer("spam", .pause)
    scenario.events[41].happening = .fault(.diskFull(for: .seconds(30)))
    scenario.events[58].happening = .commit(
      [.label("spam", 1), .replicas("ads", 2), .label("fraud", 2)], isMerge: true)
    scenario.events[77].happening = .steer("spam", .resume)
    return scenario
  }()

  @Test(arguments: needs)
  func `what does not matter is left out, and the rest still fails`(need: Need) async {
    var shrinker = Shrinker(Self.scenario, while: need.fails)
    await shrinker.shrink()
    #expect(need.fails(shrinker.best))
    #expect(shrinker.best.events.count == need.events)
    #expect(shrinker.best.setting.models.count == need.models)
    #expect(shrinker.best.edits.count <= 1)
  }

  @Test func `what is left is as simple as the failure lets it be`() async {
    var shrinker = Shrinker(Self.scenario) { $0.events.count >= 4 && $0.setting.models.count >= 2 }
    await shrinker.shrink()
    for event in shrinker.best.events {
      #expect([.fault(.rivals(count: 1)), .fault(.rewrite(back: 1))].contains(event.happening))
      #expect(event.at == .zero)
    }
    let setting = shrinker.best.setting
    #expect(setting.limits == HostLimits() && setting.roommates.isEmpty)
    #expect(setting.models.allSatisfy { $0.natures.isEmpty })
    #expect(
      setting.documents.values.allSatisfy { $0.replicas == 1 && $0.memory == nil && $0.dependsOn.isEmpty })
  }

  @Test(arguments: [0, 1, 20]) func `the number of tries is bounded`(bound: Int) async {
    var calls = 0
    var shrinker = Shrinker(Self.scenario, mostTries: bound) { scenario in
      calls += 1
      return scenario.events.count % 3 == 1
    }
    await shrinker.shrink()
    #expect(calls == bound)
    #expect(shrinker.tries == bound)
  }

  @Test func `a real life is shrunk to the one bad version that is reverted in it`() async throws {
    // A rule that is wrong on purpose, and that every life breaks in which the agent does its work.
    func isReverted(_ scenario: Scenario) async -> Bool {
      await Episode.live(scenario, tellsStory: true).story.lines.contains {
        $0.contains("is reverted in Git")
      }
    }
    var seed: UInt64 = 1
    while seed < 100, await !isReverted(Scenario(seed: seed)) { seed += 1 }
    let whole = Scenario(seed: seed)
    try #require(await isReverted(whole))
    var shrinker = Shrinker(whole, while: isReverted)
    await shrinker.shrink()
    #expect(await isReverted(shrinker.best))
    #expect(shrinker.best.setting.models.count == 1)
    #expect(shrinker.best.events.count <= 1)
    var again = Shrinker(whole, while: isReverted)
    await again.shrink()
    #expect(again.best == shrinker.best)
  }
}

extension Scenario {
  fileprivate func has(_ happening: Happening) -> Bool { events.contains { $0.happening == happening } }

  fileprivate var edits: [Edit] {
    events.flatMap { event in if case .commit(let edits, _) = event.happening { edits } else { [Edit]() } }
  }
}
