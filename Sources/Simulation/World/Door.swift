import Effects
import Vocabulary

/// The simulated gateway: what it routes, and what it has counted.
struct Door {
  final class Counter {
    var requests = 0
    var errors = 0
    /// Parts of requests and of errors that are still to come.
    var requestCarry = 0.0
    var errorCarry = 0.0
    /// Until when the last of its requests is being answered.
    var activeUntil = Timestamp(milliseconds: 0)
  }

  /// The requests that a revision has answered ever.
  final class Account {
    /// The share of its answers that are errors.
    let errorRate: Double
    var requests = 0

    init(errorRate: Double) { self.errorRate = errorRate }
  }

  /// What it truly routes by.
  var routing = RouteTable()
  /// Whether it can tell the agent that it routes by `routing`.
  var isConfirmed = true
  /// Since when it routes by something that somebody else has put there.
  var drift: String?
  var counters: [BackendKey: Counter] = [:]
  /// What it answers while its counts are late.
  var lateCounts: [BackendKey: BackendStatistics]?

  /// The requests that each revision has answered ever, whatever the counters have forgotten.
  var answered: [BackendKey: Account] = [:]
  /// The revisions that had requests with nobody there to answer them.
  var misfortunes: Set<BackendKey> = []
  /// Until when the requests are being answered that each port had when it left the routes.
  var busyUntil: [Int: Timestamp] = [:]

  /// How long a request takes.
  static let requestDuration = Duration.milliseconds(400)

  /// Makes a table the routing. Counters of backends that it does not name are dropped, and begin anew when they
  /// come back.
  mutating func route(by table: RouteTable) {
    let after = table.portsWithTraffic
    for (port, key) in routing.portsWithTraffic where after[port] == nil {
      busyUntil[port] = counters[key]?.activeUntil
    }
    routing = table
    var kept: [BackendKey: Counter] = [:]
    for (name, model) in table.models {
      for backend in model.backends {
        let key = BackendKey(model: name, revision: backend.revision)
        kept[key] = counters[key] ?? Counter()
      }
    }
    counters = kept
  }

  func statistics(at now: Timestamp, latenciesOf backends: Set<BackendKey>) -> [BackendKey: BackendStatistics]
  {
    var statistics = counters.mapValues { counter in
      BackendStatistics(
        counts: RequestCounts(requests: counter.requests, errors: counter.errors),
        active: counter.activeUntil > now ? 1 : 0)
    }
    for key in backends { statistics[key]?.latency = counters[key]?.latency }
    return statistics
  }

  /// The gateway of a host that has started anew.
  var successor: Door {
    var door = Door()
    door.answered = answered
    return door
  }

  /// Where the requests of a backend are counted that it answers.
  mutating func account(of key: BackendKey, errorRate: @autoclosure () -> Double) -> Account {
    if let account = answered[key] { return account }
    let account = Account(errorRate: errorRate())
    answered[key] = account
    return account
  }

  /// A restart of the gateway's process: it serves the same routes, and remembers no request.
  mutating func forgetCounts() {
    counters = counters.mapValues { _ in Counter() }
    lateCounts = nil
  }
}

extension RouteTable {
  /// The ports that requests, copies of them or guests go to.
  var portsWithTraffic: [Int: BackendKey] {
    var ports: [Int: BackendKey] = [:]
    for (name, route) in models {
      for backend in route.backends
      where backend.weight > 0 || backend.revision == route.mirror?.revision
        || backend.revision == route.preview?.revision
      {
        for port in backend.ports { ports[port] = BackendKey(model: name, revision: backend.revision) }
      }
    }
    return ports
  }
}

extension Door.Counter {
  /// As long as each request takes.
  fileprivate var latency: LatencyHistogram? {
    let time = Door.requestDuration
    return requests == 0
      ? nil : LatencyHistogram(bins: [.init(from: time, to: time + .milliseconds(1), count: requests)])
  }

  /// Takes in so many requests, of which this share fails. Answers how many have been answered.
  func serve(_ amount: Double, errorRate: Double, until end: Timestamp) -> Int {
    requestCarry += amount
    let whole = requestCarry.rounded(.down)
    guard whole > 0 else { return 0 }
    requestCarry -= whole
    errorCarry += whole * errorRate
    let failed = errorCarry.rounded(.down)
    errorCarry -= failed
    requests += Int(whole)
    errors += Int(failed)
    activeUntil = end
    return Int(whole)
  }
}
