import Effects
import Vocabulary

/// How often the instances of a release have ended by themselves, and when the next may start.
/// Kept in memory: an agent that restarts gives everyone a fresh start, and so does a while of good service.
struct CrashBook {
  struct Page {
    var exits = 0
    var lastExit = ""
    var log: [String] = []
    /// Why it cannot be started at all.
    var unstartable: String?
    var restartAt = Timestamp(milliseconds: 0)
    var lastExitAt = Timestamp(milliseconds: 0)
  }

  /// How long the instances of a stable release have to serve before their exits are forgotten.
  private static let probation = Duration.seconds(600)

  private var pages: [BackendKey: Page] = [:]

  /// Whether nobody has ended, as far as it is remembered.
  var isEmpty: Bool { pages.isEmpty }

  subscript(key: BackendKey) -> Page { pages[key] ?? Page() }

  /// The first restart is immediate; then the wait doubles from one second to 32.
  mutating func exited(_ key: BackendKey, how: String, log: [String], at now: Timestamp) {
    var page = self[key]
    page.exits += 1
    page.lastExit = how
    page.log = log
    page.lastExitAt = now
    let exponent = min(page.exits - 1, 6)
    page.restartAt = now + (exponent == 0 ? .zero : .seconds(1 << (exponent - 1)))
    pages[key] = page
  }

  mutating func unstartable(_ key: BackendKey, because reason: String) {
    pages[key, default: Page()].unstartable = reason
  }

  mutating func postpone(_ key: BackendKey, until time: Timestamp, because reason: String) {
    pages[key, default: Page()].restartAt = time
    pages[key, default: Page()].lastExit = reason
  }

  /// A stable release whose instances serve is on its way to a clean page.
  mutating func serves(_ key: BackendKey, at now: Timestamp) {
    guard let page = pages[key], now - page.lastExitAt >= Self.probation else { return }
    pages[key] = nil
  }

  mutating func clockJumped(by jump: Duration) {
    pages = pages.mapValues { page in
      var page = page
      page.restartAt = page.restartAt + jump
      page.lastExitAt = page.lastExitAt + jump
      return page
    }
  }

  /// A new attempt starts with a clean page.
  mutating func clear(_ key: BackendKey) {
    pages[key] = nil
  }
}

/// How often something was found changed behind the agent's back, and put right, since the agent started.
struct Corrections {
  /// Instances that ended by themselves or by somebody else's hand while they were wanted.
  var instances: [ModelName: Int] = [:]
  var gateway = 0
}

/// Since when a backend that nobody wants any more has been waiting for its last answers.
struct DrainBook {
  private var since: [InstanceID: Timestamp] = [:]
  /// Whether one has begun since `keep` was called last.
  private(set) var hasBegun = false

  var isEmpty: Bool { since.isEmpty }

  /// Whether the instance was draining already in an earlier pass.
  func knows(_ id: InstanceID) -> Bool { since[id] != nil }

  /// How long the instance has been draining; the first time it is asked, it begins.
  mutating func duration(of id: InstanceID, at now: Timestamp) -> Duration {
    let start = since[id] ?? now
    if since[id] == nil { hasBegun = true }
    since[id] = start
    return now - start
  }

  mutating func clockJumped(by jump: Duration) {
    since = since.mapValues { $0 + jump }
  }

  /// Forgets everyone else: whoever is wanted again, or gone.
  mutating func keep(_ ids: [InstanceID]) {
    hasBegun = false
    let ids = Set(ids)
    since = since.filter { ids.contains($0.key) }
  }
}

/// Which ports are free, as far as the journal knows; the driver finds out about other programs.
struct PortBook {
  let range: ClosedRange<Int>
  private var next: Int
  /// Ports that somebody else was seen to use, and until when they are left alone.
  private var foreign: [Int: Timestamp] = [:]

  init(range: ClosedRange<Int>) {
    self.range = range
    next = range.lowerBound
  }

  mutating func avoid(_ ports: [Int], until time: Timestamp) {
    for port in ports { foreign[port] = time }
  }

  mutating func clockJumped(by jump: Duration) {
    foreign = foreign.mapValues { $0 + jump }
  }

  /// Two free ports, going round the range so that a port rests before it is used again; `nil` when there
  /// are none.
  mutating func take(besides used: Set<Int>, at now: Timestamp) -> (port: Int, metrics: Int)? {
    foreign = foreign.filter { $0.value > now }
    var found: [Int] = []
    for offset in 0..<range.count where found.count < 2 {
      let port = range.lowerBound + (next - range.lowerBound + offset) % range.count
      if !used.contains(port), foreign[port] == nil { found.append(port) }
    }
    guard found.count == 2 else { return nil }
    next = found[1] == range.upperBound ? range.lowerBound : found[1] + 1
    return (found[0], found[1])
  }
}
