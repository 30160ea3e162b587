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
  var servers: [Server] = []
  var ledger = Ledger()
  var troubles = Troubles()
  /// Somebody else's commits that come before the agent's next pushes.
  var rivals = 0
  var referee: Referee
  var story: Story
  var tally = Tally()
  /// Whether the agent could not reach Git at its last look.
  var isSourceOut = false
  /// Something has changed that the agent would be woken for.
  var hasRung = false
  /// When a pass last found a gateway that takes no routes.
  var lastDeaf = World.beginning + .seconds(-60)
  /// How often anything has changed.
  var changes = 0
  private var isHealthKnown = false
  private let loads: [ModelName: Double]

  static let beginning = Timestamp(milliseconds: 1_772_366_400_000)

  init(_ scenario: Scenario, dice: SeededDice, story: Story) {
    setting = scenario.setting
    clock = VirtualClock(Self.beginning)
    now = Self.beginning
    self.dice = dice
    branch = Branch(scenario.setting.tree)
    loads = Dictionary(
      scenario.setting.models.map { ($0.name, $0.load) }, uniquingKeysWith: { first, _ in first })
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
  func change(_ id: InstanceID, _ change: (inout Server) -> Void) {
    guard let index = servers.firstIndex(where: { $0.spec.id == id }) else { return }
    change(&servers[index])
    referee.changed(servers[index], at: now)
    ring()
  }

  func ring() {
    hasRung = true
    changes += 1
    isHealthKnown = false
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
    for index in servers.indices where servers[index].advance(to: now) {
      changed = true
      let server = servers[index]
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

  // MARK: Requests

  private func serve(for duration: Duration, until end: Timestamp) {
    guard !troubles.has(.gatewayDown) else { return }
    if !isHealthKnown { findHealth() }
    let seconds = Double(duration.milliseconds) / 1000
    for (name, route) in door.routing.models {
      let requests = (loads[name] ?? 0) * seconds
      guard requests > 0 else { continue }
      for backend in route.backends where backend.weight > 0 {
        serve(requests * Double(backend.weight) / 100, name, backend.revision, until: end)
      }
      if let mirror = route.mirror, !route.weights.isEmpty {
        serve(requests * Double(mirror.percent) / 100, name, mirror.revision, until: end)
      }
      if let preview = route.preview {
        serve(requests * Self.previewShare, name, preview.revision, until: end)
      }
    }
  }

  /// The share of people who look at previews.
  private static let previewShare = 0.1

  private func serve(_ requests: Double, _ model: ModelName, _ revision: Revision, until end: Timestamp) {
    let key = BackendKey(model: model, revision: revision)
    guard var counter = door.counters[key] else { return }
    let errorRate = 1 - counter.healthy * (1 - nature(of: model, revision).errorRate)
    let answered = counter.serve(requests, errorRate: errorRate, until: end + Door.requestDuration)
    door.counters[key] = counter
    door.answered[key, default: 0] += answered
    if counter.healthy < 1 { door.misfortunes.insert(key) }
  }

  /// Finds out how many of each backend's ports answer.
  private func findHealth() {
    isHealthKnown = true
    let ready = Set(servers.filter(\.isReady).map(\.spec.port))
    for (name, route) in door.routing.models {
      for backend in route.backends {
        let key = BackendKey(model: name, revision: backend.revision)
        let answering = backend.ports.count { ready.contains($0) }
        door.counters[key]?.healthy =
          backend.ports.isEmpty ? 0 : Double(answering) / Double(backend.ports.count)
      }
    }
  }
}
