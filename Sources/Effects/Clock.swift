package import Vocabulary

/// Where the loop learns the time; a simulation gives it a virtual one.
package protocol Clock: Sendable {
  /// The wall clock, which somebody may set.
  func now() -> Timestamp

  /// Time since the host was started, sleep included. It never jumps, and starts anew with `boot`.
  func uptime() -> Duration

  /// What tells one start of the host from the next.
  var boot: String { get }
}

/// How the wall clock stood to the uptime at a moment. As long as nobody sets the clock, the difference is the same
/// throughout a life of the host.
package struct ClockReading: Hashable, Codable, Sendable {
  package var boot: String
  package var wall: Timestamp
  package var uptime: Duration

  package init(boot: String, wall: Timestamp, uptime: Duration) {
    self.boot = boot
    self.wall = wall
    self.uptime = uptime
  }

  package init(_ clock: any Clock) {
    self.init(boot: clock.boot, wall: clock.now(), uptime: clock.uptime())
  }

  /// What this reading has become by now, if nobody has set the clock.
  package func advanced(to uptime: Duration) -> ClockReading {
    ClockReading(boot: boot, wall: wall + (uptime - self.uptime), uptime: uptime)
  }

  /// By how much the wall clock has been set since `earlier`; `nil` when by less than a second.
  ///
  /// After a start of the host nobody knows how long it was off: only a clock that shows an earlier time than before
  /// is known to have been set, and it is taken to have stood still.
  package func jump(since earlier: ClockReading) -> Duration? {
    let walked = wall - earlier.wall
    let jump = boot == earlier.boot ? walked - (uptime - earlier.uptime) : min(.zero, walked)
    return jump >= .seconds(1) || jump <= .seconds(-1) ? jump : nil
  }
}
