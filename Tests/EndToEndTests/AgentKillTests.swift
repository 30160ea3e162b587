import Foundation
import TestSupport
import Testing

/// `kill -9` of the agent at the journal writes of a rollout, one after the other: it comes back, and the end is the one
/// of a rollout without a kill. All the while clients ask, and none of them notices.
///
/// `make torture` does it at every transition of every strategy; every run of the tests at all transitions of a canary
/// and at some of the others.
@Suite(.timeLimit(.minutes(15)))
struct AgentKillTests {
  struct Sweep: Sendable, CustomTestStringConvertible {
    var journey: Journey
    var side: Traveller.Side
    /// Of the transitions, every so many. The two sides of a sweep begin at different ones.
    var stride = 1

    var testDescription: String { "\(journey), \(side) the write" }
  }

  static let sweeps: [Sweep] = Traveller.Side.allCases.flatMap { side in
    [
      Sweep(journey: Journey(kind: .promotion, policy: "canary"), side: side),
      Sweep(journey: Journey(kind: .failure, policy: "canary"), side: side),
      Sweep(journey: Journey(kind: .rollback, policy: "canary"), side: side),
    ]
  }

  @Test(arguments: sweeps)
  func `killed at any transition, the agent comes to the same end`(_ sweep: Sweep) async throws {
    try await withSite { site in
      let clock = ContinuousClock()
      let start = clock.now
      var traveller = try await Traveller(on: site, for: sweep.journey, sweep.side)
      let undisturbed = try await traveller.travel(dyingAt: nil)
      expectWell(undisturbed.end, sweep.journey)
      var plan = KillPlan(undisturbed.transitions, every: sweep.stride, sweep.side)
      var requests = undisturbed.load.total
      while let target = plan.next() {
        let trip = try await traveller.travel(dyingAt: target)
        plan.note(trip, for: target)
        requests += trip.load.total
        #expect(trip.end == undisturbed.end, "killed \(sweep.side) \(trip.killedAt ?? "nothing")")
      }
      #expect(plan.missed == [], "transitions that came once and never again")
      print(
        "\(sweep.testDescription): \(plan.killed.count) kills, \(requests) requests in \(clock.now - start): "
          + plan.killed.joined(separator: ", "))
    }
  }

  private func expectWell(_ end: JourneyEnd, _ journey: Journey) {
    #expect(end.phase == "stable")
    #expect(end.weights == [100])
    #expect(end.conditions == ["Ready: Serving"])
    #expect(end.processes == ["stable": 1, "other": 0, "gateway": 1])
    #expect(end.isSameGateway)
    #expect(end.leftovers == [])
    #expect(end.failed == [:])
    #expect(end.tree == (journey.kind == .promotion ? "deployed" : "origin"))
    #expect(end.rollouts == [journey.kind == .promotion ? "promoted" : "rolledBack, reverted"])
    #expect(end.reverts == (journey.kind == .promotion ? 0 : 1))
  }
}

/// At which transitions the agent is still to be killed.
///
/// Journeys of the same kind do not all make the same transitions: which come, and in what order, depends on which of
/// two things that happen at the same time is seen first. So a transition that did not come is tried again, and a
/// complete plan grows with what is seen on the way.
struct KillPlan {
  private var left: [String]
  private var known: Set<String>
  private var tries: [String: Int] = [:]
  private let needed: Set<String>
  private let isComplete: Bool
  private(set) var killed: [String] = []

  /// - Parameter stride: Of the transitions of an undisturbed journey, every so many, and none else; with 1 all, and
  ///   those of other journeys.
  init(_ transitions: [String], every stride: Int, _ side: Traveller.Side) {
    let first = side == .before ? 0 : stride / 2
    left = Swift.stride(from: first, to: transitions.count, by: stride).map { transitions[$0] }
    isComplete = stride == 1
    needed = Set(left)
    known = Set(transitions)
  }

  /// The transitions of the undisturbed journey that the agent should have been killed at, and was not.
  var missed: Set<String> { needed.subtracting(killed) }

  mutating func next() -> String? { left.isEmpty ? nil : left.removeFirst() }

  mutating func note(_ trip: Traveller.Trip, for target: String) {
    for transition in trip.transitions where known.insert(transition).inserted && isComplete {
      left.append(transition)
    }
    if trip.killedAt != nil { return killed.append(target) }
    tries[target, default: 0] += 1
    if tries[target, default: 0] < (needed.contains(target) ? 10 : 3) { left.append(target) }
  }
}
