import Effects
import Synchronization
package import Vocabulary

/// A clock that only moves when it is told to.
package final class VirtualClock: Clock {
  private struct State {
    var wall: Timestamp
    var uptime = Duration.zero
    var boots = 0
  }

  private let state: Mutex<State>

  package init(_ start: Timestamp = Timestamp(milliseconds: 1_772_366_400_000)) {
    state = Mutex(State(wall: start))
  }

  package func now() -> Timestamp { state.withLock(\.wall) }

  package func uptime() -> Duration { state.withLock(\.uptime) }

  package var boot: String { "boot-\(state.withLock(\.boots))" }

  package func advance(by duration: Duration) {
    state.withLock { state in
      state.wall = state.wall + duration
      state.uptime += duration
    }
  }

  /// Somebody sets the clock.
  package func jump(by duration: Duration) {
    state.withLock { $0.wall = $0.wall + duration }
  }

  /// The host starts anew.
  package func reboot() {
    state.withLock { state in
      state.boots += 1
      state.uptime = .zero
    }
  }
}
