import Agent
import Effects
import Logging
import Vocabulary

/// One scenario, lived through by the real agent: same scenario, same story.
package final class Episode {
  private let scenario: Scenario
  private let world: World
  private var agentDice: SeededDice
  private var life = Life()
  private var reconciler: Reconciler?
  private var nextEvent = 0
  private var nextPass = World.beginning
  private var nextPoll = World.beginning
  /// When a dead agent is started again.
  private var restartAt = World.beginning
  private var downFor = Duration.zero

  package init(_ scenario: Scenario, tellsStory: Bool = false) {
    self.scenario = scenario
    var dice = SeededDice(scenario.seed)
    agentDice = dice.split()
    world = World(scenario, dice: dice.split(), story: Story(isTold: tellsStory))
  }

  /// What came of it.
  package struct Result: Sendable {
    package var violation: Violation?
    package var story: Story
    package var tally: Tally
  }

  package func run() async -> Result {
    let end = World.beginning + (scenario.events.last?.at ?? .zero) + .seconds(600)
    while world.referee.violation == nil {
      let next = nextMoment
      guard next < end else { break }
      world.advance(to: next)
      applyDueEvents()
      await runAgent()
    }
    world.tally.seeds = 1
    return Result(violation: world.referee.violation, story: world.story, tally: world.tally)
  }

  // MARK: Time

  private var nextMoment: Timestamp {
    var next = reconciler == nil ? restartAt : min(nextPass, nextPoll)
    if let change = world.nextChange { next = min(next, change) }
    if scenario.events.indices.contains(nextEvent) {
      next = min(next, World.beginning + scenario.events[nextEvent].at)
    }
    return max(next, world.now)
  }

  private func applyDueEvents() {
    while scenario.events.indices.contains(nextEvent),
      World.beginning + scenario.events[nextEvent].at <= world.now
    {
      let happening = scenario.events[nextEvent].happening
      nextEvent += 1
      switch happening {
      case .commit(let edits, let isMerge): world.commit(edits, isMerge: isMerge)
      case .fault(.kill(let count, let happens, let duration)):
        downFor = duration
        life.kill(afterEffects: count, happens: happens)
      case .fault(.reboot(let duration)):
        world.strike(.reboot(downFor: duration))
        downFor = duration
        life.end()
      case .fault(let fault): world.strike(fault)
      case .steer: break
      }
    }
  }

  // MARK: The agent

  private func runAgent() async {
    if life.isOver { bury() }
    if reconciler == nil {
      guard restartAt <= world.now else { return }
      await start()
    }
    if nextPoll <= world.now, !life.isOver { await poll() }
    if world.hasRung || nextPass <= world.now, !life.isOver { await pass() }
    if life.isOver { bury() }
  }

  private func bury() {
    guard reconciler != nil else { return }
    world.note("the agent is dead")
    reconciler = nil
    restartAt = world.now + downFor
  }

  private func start() async {
    life = Life()
    world.shelf.restart()
    world.note("the agent starts")
    let reconciler = makeReconciler()
    do {
      try await reconciler.resume()
      self.reconciler = reconciler
      nextPoll = world.now
      nextPass = world.now
    } catch {
      world.note("the agent cannot start: \(error)")
      restartAt = world.now + .seconds(1)
    }
  }

  private func makeReconciler() -> Reconciler {
    let (world, life) = (world, life)
    let dice = DiceBox(agentDice.split())
    return Reconciler(
      edges: Edges(
        repository: GitEdge(world: world, life: life, meanwhile: {}),
        artifacts: ArtifactEdge(world: world, life: life),
        instances: InstanceEdge(world: world, life: life), gateway: GatewayEdge(world: world, life: life),
        journal: JournalEdge(world: world, life: life), clock: world.clock, dice: { dice.roll() },
        logger: Self.logger),
      settings: LoopSettings(
        agent: "simulated", version: "0", url: "memory:", branch: "main", path: "", ports: 20000...20199,
        limits: scenario.setting.limits, pruneLimit: scenario.setting.pruneLimit))
  }

  private static let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

  private func poll() async {
    await reconciler?.poll()
    nextPoll = world.now + scenario.setting.pollInterval
    world.hasRung = true
  }

  private func pass() async {
    guard let reconciler else { return }
    repeat {
      world.hasRung = false
      var result = await reconciler.pass()
      world.tally.passes += 1
      while result.again, !life.isOver {
        result = await reconciler.pass()
        world.tally.passes += 1
      }
      guard !life.isOver else { return }
      world.referee.checkRoutes(in: world)
      world.hasRung = await reconciler.writeBackDue()
      let wait = max(result.next - world.clock.now(), scenario.setting.pace)
      nextPass = world.now + wait
    } while world.hasRung && !life.isOver
  }
}

/// The dice of one life of the agent.
// One task drives the agent, and only the agent rolls them.
private final class DiceBox: @unchecked Sendable {
  private var dice: SeededDice

  init(_ dice: SeededDice) { self.dice = dice }

  func roll() -> UInt64 { dice.next() }
}
