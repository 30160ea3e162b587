import Effects
import Logging
import Manifests
import Planning
import Rollout
package import Vocabulary

/// The loop's state and its passes. Each pass observes the world, lets every machine that is not at rest look
/// at it, journals what they decided, and only then makes the world follow: start, stop, route.
///
/// A pass is level-triggered: it works from (journal, observation) alone, so a crash at any instruction
/// is repaired by the next pass. Nothing here reads a clock, sleeps or touches a driver directly.
package actor Reconciler {
  let edges: Edges
  let settings: LoopSettings

  var records = RecordBook()
  var source: SourceRecord?
  /// What Git asked for at `source.commit`; `nil` until it was read in this life of the agent.
  var desired: DesiredState? {
    didSet { rest = nil }
  }
  var sourceTrouble: SourceError?
  /// Which commits are trusted; `nil` when nothing is journalled about it.
  var trust: TrustRecord?
  /// The tip that is not taken in, as of the last look at Git.
  package internal(set) var held: CommitID?
  /// Why models that Git no longer has are kept all the same.
  var pruneTrouble: Trouble?
  /// Why rollouts that are due have not begun, as of the last pass.
  var waiting: [ModelName: Admission] = [:]
  /// How the clocks stood to each other when the times in the records were written.
  var clockReading: ClockReading
  /// Journalled intents to run an instance.
  var specs: [InstanceID: InstanceSpec] = [:]
  var crashes = CrashBook()
  var drains = DrainBook()
  var corrections = Corrections()
  /// Instances that were asked to stop in this life of the agent: their end is no crash.
  var stopping: Set<InstanceID> = []
  var ports: PortBook
  var gatewayTrouble: GatewayError?
  /// Not to be bothered again before this time, after it refused.
  var gatewayRetryAt = Timestamp(milliseconds: 0)
  var world = World()
  /// By records and instances as they were at the last `survey`.
  private(set) var standings: [ModelName: Standing] = [:]
  /// The routes of all of them.
  private var routes = RouteTable()
  /// The backends of rollouts that go on.
  private var judgedBackends: Set<BackendKey> = []
  /// What happened and could not be journalled when it did.
  private var unsaved: [ModelName: [JournalEntry]] = [:]
  /// The world in which the last pass found nothing to do; `nil` once a wish has changed since.
  private var rest: Rest?
  var eventWatchers: [UInt64: Bell] = [:]
  /// Passes, intakes and commands change the same records across suspensions, so they take turns.
  let turns = Turnstile()
  /// What the conditions of restless models were dated by last.
  private var grounds: [ModelName: Ground] = [:]
  /// Polls read for a while before they take in: an older tip must not arrive after a newer one.
  let polls = Turnstile()

  package init(edges: Edges, settings: LoopSettings) {
    self.edges = edges
    self.settings = settings
    ports = PortBook(range: settings.ports)
    clockReading = ClockReading(edges.clock)
  }

  /// Takes up where the last life of the agent stopped: loads the journal and adopts what still runs.
  package func resume() async throws {
    let contents = try await edges.journal.load()
    records = RecordBook(contents.models)
    specs = Dictionary(contents.instances.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    source = contents.source
    trust = contents.trust
    try await resumeClock(from: contents.clock)
    await edges.instances.adopt(contents.instances)
  }

  /// One pass. Answers whether another one should follow at once, and when the next is due in any case.
  package func pass() async -> PassResult {
    await turns.enter()
    defer { turns.leave() }
    let late = await journalling { () throws(JournalError) in try await followClock() }
    guard late == nil else { return PassResult(again: false, next: edges.clock.now() + .seconds(1)) }
    let seen = await look()
    if seen == rest { return PassResult(again: false, next: edges.clock.now() + Self.idlePause) }
    var moved = false
    let trouble = await journalling { () throws(JournalError) in
      try await saveFailures()
      try await settleExits()
      moved = try await letMachinesLook()
      moved = try await admit() || moved
    }
    // Routes come first: they take traffic off what has failed, and need no journal.
    moved = await route() || moved
    let more = await journalling { () throws(JournalError) in try await converge() }
    // Whoever has just begun to drain is looked at again, with newer statistics.
    moved = moved || drains.hasBegun
    let isCalm = dateConditions()
    guard trouble == nil, more == nil else {
      return PassResult(again: false, next: edges.clock.now() + .seconds(1))
    }
    // Drains and crashes are settled by time alone, and a gateway in trouble is asked again.
    if !moved, isCalm, crashes.isEmpty, drains.isEmpty, gatewayTrouble == nil {
      rest = seen
      rest?.edition = records.edition
    }
    return PassResult(again: moved, next: nextDeadline())
  }

  // MARK: Passes

  /// Runs a part of the pass, which ends where the journal cannot be written: nothing is done that is not recorded.
  private func journalling(_ part: () async throws(JournalError) -> Void) async -> JournalError? {
    do throws(JournalError) {
      try await part()
      return nil
    } catch {
      edges.logger.error("the journal cannot be written", metadata: ["error": "\(error)"])
      return error
    }
  }

  /// Takes in the world; answers what of it decides whether a pass that found nothing to do would again.
  private func look() async -> Rest {
    let instances = await edges.instances.observe()
    // Where the last pass left nothing to do, no rollout goes on.
    let mayRest = rest?.edition == records.edition
    _ = survey()
    let gateway = await edges.gateway.observe(latenciesOf: mayRest ? [] : judgedBackends)
    world.gateway = gateway
    world.look(at: instances)
    return Rest(
      edition: records.edition, instances: instances, accepted: gateway.accepted, problem: gateway.problem)
  }

  /// Shows every machine that is not at rest the world, until each waits for something.
  private func letMachinesLook() async throws(JournalError) -> Bool {
    var moved = false
    for name in names(where: { !$0.isSettled }) {
      while try await step(name) { moved = true }
    }
    return moved
  }

  /// Where every model stands by now.
  func survey() -> Dictionary<ModelName, Standing>.Values {
    guard records.haveChanged || world.hasChanged else { return standings.values }
    for name in records.takeChanged().union(world.takeChanged()) {
      let (record, instances) = (records[name], world.byModel[name] ?? [])
      let isKnown = record != nil || !instances.isEmpty
      let standing = isKnown ? Standing(name, record, instances) : nil
      standings[name] = standing
      if standing == nil { grounds[name] = nil }
      if routes.models[name] != standing?.route { routes.models[name] = standing?.route }
    }
    judgedBackends = Set(standings.values.flatMap(\.judged))
    return standings.values
  }

  /// The routes that all models want.
  func wantedRoutes() -> RouteTable {
    _ = survey()
    return routes
  }

  /// The models whose standing meets a condition, in order. Almost always they are few, so they are sorted last.
  func names(where condition: (Standing) -> Bool) -> [ModelName] {
    survey().filter(condition).map(\.name).sorted()
  }

  /// Lets one machine look once; `false` when it waits.
  private func step(_ name: ModelName) async throws(JournalError) -> Bool {
    guard let before = records[name]?.machine else { return false }
    var observation = observation(of: before, await artifactStatus(for: before))
    let now = edges.clock.now()
    var machine = before
    var result = machine.observe(observation, at: now)
    if case .failed = result, observation.instances.log.isEmpty {
      // Only a failure quotes the log of an instance that still runs, so it is not read before: decide again with it.
      observation.instances.log = await lastWords(of: before)
      machine = before
      result = machine.observe(observation, at: now)
    }
    if result == .waiting, machine.rollout?.clocks == before.rollout?.clocks {
      // What was counted is not lost if it is not written: the gateway's totals still hold it.
      records.annotate(name, machine: machine)
      return false
    }
    guard var record = records[name] else { return false }
    record.machine = machine
    guard result != .waiting else {
      try await save(record, [])
      return false
    }
    let entries = result.entries(of: name, before: before, after: machine, at: now)
    if case .failed = result {
      try await saveFailure(record, entries)
    } else {
      try await save(record, entries)
    }
    return true
  }

  /// Journals a failure. If the disk is full, traffic leaves the candidate all the same: not to act would do harm,
  /// and an agent that forgets it would find the same evidence again. It is written down as soon as that works.
  private func saveFailure(_ record: ModelRecord, _ entries: [JournalEntry]) async throws(JournalError) {
    do throws(JournalError) {
      try await save(record, entries)
    } catch {
      records[record.machine.name] = record
      unsaved[record.machine.name, default: []] += entries
      throw error
    }
  }

  /// Journals what a full disk has kept from it, before anything follows from that.
  private func saveFailures() async throws(JournalError) {
    for name in unsaved.keys.sorted() {
      if let record = records[name] { try await save(record, []) }
    }
  }

  /// Journals a model with whatever belongs to the change, and only then believes it.
  func save(_ record: ModelRecord, _ entries: [JournalEntry]) async throws(JournalError) {
    var record = record
    let machine = record.machine
    let name = machine.name
    var needed = Set(machine.known.map(\.revision) + (world.byModel[name] ?? []).map(\.revision))
    if let desired = machine.desired { needed.insert(desired.revision) }
    record.workloads = record.workloads.filter { needed.contains($0.key) }
    record.conditions = conditions(of: record)
    let clock = machine.rollout == nil ? [] : [JournalEntry.clock(clockNow)]
    try await write([.model(record)] + clock + unsaved[name, default: []] + entries)
    unsaved[name] = nil
    records[name] = record
  }

  /// Journals, then tells the log and whoever follows the events.
  func write(_ entries: [JournalEntry]) async throws(JournalError) {
    let events = try await edges.journal.record(entries)
    for event in events {
      edges.logger.notice(
        "\(event.message)",
        metadata: ["model": "\(event.model?.rawValue ?? "-")", "reason": "\(event.reason)"])
    }
    if !events.isEmpty { eventWatchers.values.forEach { $0.ring() } }
  }

  /// Notes since when models have been as they are. Answers whether nothing is the matter with any of them.
  private func dateConditions() -> Bool {
    var areCalm = true
    for standing in survey() where !isCalm(standing) {
      areCalm = false
      let name = standing.name
      let ground = Ground(standing: standing, trouble: trouble(of: standing), waiting: waiting[name])
      guard ground != grounds[name], let record = records[name] else { continue }
      grounds[name] = ground
      records.annotate(name, conditions: conditions(of: record))
    }
    return areCalm
  }

  /// Whether nothing about the model's conditions can have changed: at any moment the case of almost every model.
  private func isCalm(_ standing: Standing) -> Bool {
    if standing.isGone { return true }
    return standing.isAtRest && standing.isReady && records[standing.name]?.conditions.count == 1
      && trouble(of: standing) == nil
  }

  /// How often the world is looked at when nothing happens.
  private static let idlePause = Duration.seconds(5)

  /// When time alone makes a pass useful.
  private func nextDeadline() -> Timestamp {
    let now = edges.clock.now()
    let standings = survey()
    var next = now + (standings.contains(where: isBusy) ? .milliseconds(200) : Self.idlePause)
    for standing in standings {
      if let deadline = standing.deadline, deadline > now { next = min(next, deadline) }
    }
    return next
  }

  /// Whether traffic is being judged, or instances are on their way in or out.
  private func isBusy(_ standing: Standing) -> Bool {
    !standing.isParked && (!standing.isSettled || !drains.isEmpty || gatewayTrouble != nil)
  }
}

/// What a pass came to.
package struct PassResult: Hashable, Sendable {
  /// Something moved: look again at once.
  package var again: Bool
  /// Look again no later than this.
  package var next: Timestamp
}

/// What decides which conditions hold of a model. With the same of it there is nothing new to date.
private struct Ground: Equatable {
  let standing: Standing
  let trouble: Trouble?
  let waiting: Admission?

  static func == (left: Ground, right: Ground) -> Bool {
    left.standing === right.standing && left.trouble == right.trouble && left.waiting == right.waiting
  }
}

/// What a pass decides by, besides wishes that have not changed and statistics that only a rollout or a draining
/// instance needs. With the same of it a pass that found nothing to do finds nothing again.
private struct Rest: Equatable {
  /// Of the records.
  var edition: Int
  var instances: [InstanceObservation]
  var accepted: RouteTable?
  var problem: String?
}
