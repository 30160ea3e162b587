import Effects
import ServiceLifecycle
import Vocabulary

/// Runs a `Reconciler` until it is asked to stop. Three children share one alarm clock: the poller asks Git,
/// the looper makes passes, the writer writes reverts. None waits for another's network.
package struct AgentService: Service {
  package let reconciler: Reconciler
  /// Ring it when something has changed that a pass should see: an instance, an artifact, a command.
  package let alarm: Alarm
  let interval: Duration

  /// Polls every `interval`, give or take a tenth, so that many agents do not ask at the same moment. While the remote
  /// cannot be reached the interval doubles, up to five minutes.
  package init(_ reconciler: Reconciler, alarm: Alarm, interval: Duration) {
    self.reconciler = reconciler
    self.alarm = alarm
    self.interval = interval
  }

  package func run() async throws {
    try await cancelWhenGracefulShutdown {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await poll() }
        group.addTask { await loop() }
        group.addTask { await write() }
        for try await _ in group {}
      }
    }
  }

  private func poll() async {
    var failures = 0
    while !Task.isCancelled {
      // A tip that is held is an answer all the same.
      let trouble = await reconciler.poll()
      failures = trouble == nil || trouble?.kind == .held ? 0 : failures + 1
      alarm.ring()
      await alarm.polls.wait(
        atMost: pollPause(interval, afterFailures: failures, dice: reconciler.edges.dice()))
    }
  }

  private func loop() async {
    while !Task.isCancelled {
      var result = await reconciler.pass()
      while result.again, !Task.isCancelled { result = await reconciler.pass() }
      alarm.writeBacks.ring()
      await alarm.passes.wait(atMost: max(.zero, result.next - reconciler.edges.clock.now()))
    }
  }

  private func write() async {
    while !Task.isCancelled {
      if await reconciler.writeBackDue() { alarm.ring() }
      await alarm.writeBacks.wait(atMost: .seconds(60))
    }
  }
}

/// How long to leave the remote alone after so many failures in a row: the interval, from the second failure on doubled
/// with each, up to five minutes or the interval itself; give or take a tenth, by what the dice show.
package func pollPause(_ interval: Duration, afterFailures failures: Int, dice: UInt64) -> Duration {
  let pause = max(interval, min(interval * (1 << min(max(failures - 1, 0), 10)), .seconds(300)))
  return pause + pause * (Double(dice % 200) / 1000 - 0.1)
}
