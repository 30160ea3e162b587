import Effects
import Logging
import Rollout
import Vocabulary

extension Reconciler {
  /// The clocks as they stand now to the times in the records.
  var clockNow: ClockReading { clockReading.advanced(to: edges.clock.uptime()) }

  /// Goes on with the times of an earlier life of the agent.
  func resumeClock(from earlier: ClockReading?) async throws(JournalError) {
    let reading = ClockReading(edges.clock)
    clockReading = earlier ?? reading
    try await followClock()
    guard clockReading.boot != reading.boot || earlier == nil else { return }
    try await write([.clock(reading)])
    clockReading = reading
  }

  /// Looks whether somebody has set the wall clock, and if so moves every deadline along with it.
  ///
  /// All records and the new reading are journalled together: the times of each are by the clock that is
  /// written beside them.
  func followClock() async throws(JournalError) {
    let reading = ClockReading(edges.clock)
    guard let jump = reading.jump(since: clockReading) else { return }
    var entries: [JournalEntry] = [.clock(reading)]
    var moved: [ModelName: ModelRecord] = [:]
    for (name, record) in records.byName {
      var record = record
      record.machine.clockJumped(by: jump)
      if record != records[name] { moved[name] = record }
    }
    entries += moved.values.sorted { $0.machine.name < $1.machine.name }.map(JournalEntry.model)
    let message = "the clock was set by \(jump); deadlines move along"
    entries.append(.event(Event(at: reading.wall, reason: "ClockSet", message: message)))
    try await write(entries)
    records.merge(moved)
    crashes.clockJumped(by: jump)
    drains.clockJumped(by: jump)
    ports.clockJumped(by: jump)
    gatewayRetryAt = gatewayRetryAt + jump
    clockReading = reading
  }
}
