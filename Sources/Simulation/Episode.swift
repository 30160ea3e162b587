import Agent
import Effects
import Logging
import Manifests
import Planning
import Rollout
import Vocabulary

/// One scenario, lived through by the real agent: same scenario, same story.
// One task runs it, and everything that it drives.
package final class Episode: @unchecked Sendable {
  private let scenario: Scenario
  private let world: World
  private var agentDice: SeededDice
  private var life = Life()
  private var reconciler: Reconciler?
  private var nextEvent = 0
  private var nextPass = World.beginning
  private var nextPoll = World.beginning
  /// When a dead agent is started again, and how long the next death lasts.
  private var restartAt = World.beginning
  private var downFor = Duration.zero
  private var isHostOff = false
  /// Since when the agent has held the tip of the branch.
  private var heldSince: Timestamp?
  /// What the next agent will die of.
  private var nextDeath: (count: Int, happens: Bool)?
  /// How long nobody looks when nothing calls: the longer all has been at rest, the longer. The few lives that take
  /// hours would cost more than all others together.
  private var leisure = Duration.zero
  /// Whether the agent waits for Git, and the world goes on beside it.
  private var isWaiting = false
  /// When something last changed that the journal knows of.
  private var lastNews = (entries: 0, at: World.beginning)

  private init(_ scenario: Scenario, tellsStory: Bool) {
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

  /// Lives through a scenario.
  package static func live(_ scenario: Scenario, tellsStory: Bool = false) async -> Result {
    let episode = Episode(scenario, tellsStory: tellsStory)
    // What the agent calls while it waits for Git holds the episode only weakly.
    defer { withExtendedLifetime(episode) {} }
    return await episode.run()
  }

  private func run() async -> Result {
    let end = World.beginning + (scenario.events.last?.at ?? .zero) + .seconds(30)
    while world.referee.violation == nil, nextMoment < end { await live() }
    await comeToRest()
    world.tally.seeds = 1
    return Result(violation: world.referee.violation, story: world.story, tally: world.tally)
  }

  private func live() async {
    world.advance(to: nextMoment)
    await happen()
    await runAgent()
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

  /// Lets all of the scenario's events happen that are due.
  private func happen() async {
    while scenario.events.indices.contains(nextEvent),
      World.beginning + scenario.events[nextEvent].at <= world.now
    {
      let happening = scenario.events[nextEvent].happening
      nextEvent += 1
      switch happening {
      case .commit(let edits, let isMerge): world.commit(edits, isMerge: isMerge)
      case .fault(let fault): strike(fault)
      case .steer(let model, let command): await steer(model, command)
      }
    }
  }

  private func strike(_ fault: Fault) {
    // Nobody could tell it from the time that the host was off.
    if case .clockJump = fault, isHostOff { return }
    world.strike(fault)
    switch fault {
    case .kill(let count, let happens, let duration):
      downFor = duration
      // One that strikes a dead agent is for the next: agents die while they recover, too.
      if reconciler == nil { nextDeath = (count, happens) }
      life.kill(afterEffects: count, happens: happens)
    // Nobody knows in which order its timers go off.
    case .clockJump: nextPoll = world.now
    case .reboot(let duration):
      isHostOff = true
      downFor = duration
      life.end()
    default: break
    }
  }

  private func steer(_ model: ModelName, _ command: SteerCommand) async {
    guard let reconciler, !life.isOver else { return }
    world.note("a person: \(command.words) \(model)")
    world.referee.steers(model, command)
    let result = try? await reconciler.steer(model, command, by: "ann")
    world.referee.steered(model, command, life.isOver ? nil : result, in: world)
    world.note("the agent answers: \(result.map { "\($0)" } ?? "nothing")")
    world.hasRung = true
  }

  // MARK: Coming to rest

  /// All faults end. Then everything must become as Git asks, or say why not, within three hours:
  /// with one request in two seconds, fifty of them at 5 % take more than half an hour, and rollouts may queue.
  private func comeToRest() async {
    guard world.referee.violation == nil else { return }
    world.heal()
    life.spare()
    nextDeath = nil
    restartAt = min(restartAt, world.now + .seconds(1))
    nextPoll = min(nextPoll, world.now)
    let beginning = world.now
    while world.referee.violation == nil, world.now - beginning < .seconds(10_800) {
      leisure = min((world.now - beginning) / 20, .seconds(60))
      await live()
      if world.referee.isConverged(in: world) || isQuiet { break }
    }
    guard world.referee.violation == nil, let reconciler else { return }
    world.referee.checkConvergence(await reconciler.status(), in: world)
  }

  /// Whether nothing has happened for a while, and nothing will.
  private var isQuiet: Bool {
    if lastNews.entries != world.changes { lastNews = (world.changes, world.now) }
    guard world.now - lastNews.at > .seconds(60), world.nextChange == nil else { return false }
    return world.ledger.models.values.allSatisfy { $0.machine.deadline() == nil }
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
    if let death = nextDeath { life.kill(afterEffects: death.count, happens: death.happens) }
    nextDeath = nil
    isHostOff = false
    world.referee.agentStarts()
    world.shelf.restart()
    world.isSourceOut = false
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
        repository: GitEdge(world: world, life: life, meanwhile: { [weak self] in await self?.wait() }),
        artifacts: ArtifactEdge(world: world, life: life),
        instances: InstanceEdge(world: world, life: life), gateway: GatewayEdge(world: world, life: life),
        journal: JournalEdge(world: world, life: life), clock: world.clock, dice: { dice.roll() },
        // Less than the world notices.
        pause: { _ in }, logger: Self.logger),
      settings: LoopSettings(
        agent: "simulated", version: "0", url: "memory:", branch: "main", path: "", ports: 20000...20199,
        limits: scenario.setting.limits, pruneLimit: scenario.setting.pruneLimit,
        writeBack: scenario.setting.proposes ? .branch : .push))
  }

  private static let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

  private func poll() async {
    guard let reconciler else { return }
    let trouble = await reconciler.poll()
    world.isSourceOut = trouble != nil && trouble?.kind != .held
    await lookAtHeldSource()
    world.lookAtProposals()
    nextPoll = world.now + max(scenario.setting.pollInterval, leisure)
    world.hasRung = true
  }

  /// Somebody who has set the branch back says after a while that it was meant.
  private func lookAtHeldSource() async {
    guard let reconciler, !life.isOver, let commit = await reconciler.held else {
      heldSince = nil
      return
    }
    let since = heldSince ?? world.now
    heldSince = since
    guard world.now - since >= Self.patienceOfOperator else { return }
    world.referee.accepted.insert(commit)
    let result = try? await reconciler.accept(commit.rawValue, by: "ann")
    world.note("a person accepts \(commit.short): \(result.map { "\($0)" } ?? "no answer")")
  }

  private static let patienceOfOperator = Duration.seconds(15)

  /// Passes as long as something moves, and then the revert that is due.
  private func pass() async {
    guard let reconciler else { return }
    repeat {
      await passes()
      guard !life.isOver, world.referee.violation == nil else { return }
      if await reconciler.writeBackDue() { world.hasRung = true }
    } while world.hasRung && !life.isOver
  }

  private func passes() async {
    guard let reconciler else { return }
    for _ in 0..<Self.mostPasses {
      world.hasRung = false
      let isDiskFull = world.troubles.has(.diskFull)
      let result = await reconciler.pass()
      world.tally.passes += 1
      guard !life.isOver else { return }
      if world.isGatewayDeaf { world.lastDeaf = world.now }
      if !isDiskFull {
        if world.isGatewayDeaf { world.referee.looked(in: world) } else { world.referee.passed(in: world) }
      }
      nextPass = world.now + restrained(max(result.next - world.clock.now(), scenario.setting.pace))
      if !result.again { return }
    }
    world.referee.blame(.convergence, "passes follow each other without end", in: world)
  }

  /// Stretches a pause at leisure, but not beyond what the agent has promised to do by a certain time.
  private func restrained(_ pause: Duration) -> Duration {
    guard leisure > pause else { return pause }
    let now = world.clock.now()
    let deadlines = world.ledger.models.values.flatMap { $0.machine.deadlines() }.filter { $0 > now }
    guard let first = deadlines.min() else { return leisure }
    return max(pause, min(leisure, first - now))
  }

  /// How many passes may follow each other at once.
  private static let mostPasses = 200

  /// The agent waits for Git: time passes, and the other tasks of the agent go on.
  private func wait() async {
    guard !isWaiting, !life.isOver else { return }
    isWaiting = true
    defer { isWaiting = false }
    let end = world.now + .seconds(1)
    while world.now < end, !life.isOver {
      world.advance(to: min(end, world.nextChange ?? end))
      await passes()
    }
  }
}

/// The dice of one life of the agent.
// One task drives the agent, and only the agent rolls them.
private final class DiceBox: @unchecked Sendable {
  private var dice: SeededDice

  init(_ dice: SeededDice) { self.dice = dice }

  func roll() -> UInt64 { dice.next() }
}
