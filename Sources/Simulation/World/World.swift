import Effects
import Manifests
import Planning
import Vocabulary

/// A host, its gateway, the remote of its configuration and the registry of its artifacts, in one value that only one
/// task ever touches. Time passes in it when `advance` says so.
///
/// It knows the truth. What the agent is told goes through the edges, which a `Life` cuts off.
// The edges of a reconciler have to be Sendable. One task drives the world, the reconciler and all of its edges: no two
// calls ever happen at the same time.
final class World: @unchecked Sendable {
  let setting: Setting
  let clock: VirtualClock
  /// The true time, which nobody sets.
  private(set) var now: Timestamp
  var dice: SeededDice
  var branch: Branch
  var shelf = Shelf()
  var door = Door()
  /// In the order in which they were started.
  var servers: [Server] = [] {
    didSet { seen = nil }
  }
  var ledger = Ledger()
  var troubles = Troubles()
  /// Somebody else's commits that come before the agent's next pushes.
  var rivals = 0
  /// The branches that reverts are proposed on.
  var proposals: [String: ProposedBranch] = [:]
  var referee: Referee
  var story: Story
  var tally = Tally()
  /// Whether the agent could not reach Git at its last look.
  var isSourceOut = false {
    didSet { referee.hasNews = true }
  }
  /// Something has changed that the agent would be woken for.
  var hasRung = false
  /// When a pass last found a gateway that takes no routes.
  /// Since when nothing is wrong with the gateway or the disk, so that every request can be counted and judged by.
  var gatewaySoundSince = World.beginning
  var lastDeaf = World.beginning + .seconds(-60)
  /// How often anything has changed.
  var changes = 0
  /// Who gets requests; `nil` when that is to be found out anew.
  var flows: [Flow]?
  /// What the agent sees of the servers; `nil` when that is to be found out anew.
  private var seen: [InstanceObservation]?

  static let beginning = Timestamp(milliseconds: 1_772_366_400_000)

  init(_ scenario: Scenario, dice: SeededDice, story: Story) {
    setting = scenario.setting
    clock = VirtualClock(Self.beginning)
    now = Self.beginning
    self.dice = dice
    branch = Branch(scenario.setting.tree)
    referee = Referee(scenario.setting)
    self.story = story
  }

  func note(_ text: @autoclosure () -> String) {
    if story.isTold { story.tell(text(), at: now) }
  }

  // MARK: The truth about versions and instances

  func nature(of model: ModelName, _ revision: Revision) -> Nature {
    guard let version = branch.versions[revision] else { return Nature() }
    return setting.model(model)?.nature(of: version) ?? Nature()
  }

  func server(_ id: InstanceID) -> Server? { servers.first { $0.spec.id == id } }

  func servers(of model: ModelName) -> [Server] { servers.filter { $0.spec.model == model } }

  /// Changes a server, and lets everyone know.
  func change(_ id: InstanceID, _ change: (Server) -> Void) {
    guard let server = server(id) else { return }
    change(server)
    referee.changed(server, at: now)
    ring()
  }

  /// What the agent sees of the servers.
  var observations: [InstanceObservation] {
    if let seen { return seen }
    let observations = servers.map(\.observation)
    seen = observations
    return observations
  }

  func ring() {
    hasRung = true
    changes += 1
    flows = nil
    seen = nil
    referee.hasNews = true
  }

  // MARK: Time

  /// When the world next changes by itself.
  var nextChange: Timestamp? {
    var next = troubles.nextEnd
    if let change = shelf.nextChange { next = min(next ?? change, change) }
    for server in servers {
      if let change = server.nextChange { next = min(next ?? change, change) }
    }
    return next
  }

  /// Lets time pass, up to the next change at most, so that the world is the same all along.
  func advance(to time: Timestamp) {
    if time > now {
      serve(for: time - now, until: time)
      clock.advance(by: time - now)
      now = time
    }
    var changed = shelf.advance(to: now)
    for server in servers where server.advance(to: now) {
      changed = true
      note("instance \(server.spec.id) is \(server.condition)")
      referee.changed(server, at: now)
    }
    for trouble in troubles.advance(to: now) {
      end(trouble)
      changed = true
    }
    if changed { ring() }
  }

  private func end(_ trouble: Troubles.Kind) {
    note("over: \(trouble)")
    switch trouble {
    case .registryDown: shelf.setRegistry(down: false, at: now)
    case .countsLate: door.lateCounts = nil
    default: break
    }
  }

  /// Everything that troubles the world is over.
  func heal() {
    troubles.endAll(at: now)
    for trouble in troubles.advance(to: now) { end(trouble) }
    rivals = 0
    note("all faults are over")
    ring()
  }
}
