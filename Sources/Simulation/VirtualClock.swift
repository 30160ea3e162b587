import Effects
import Synchronization
package import Vocabulary

/// A clock that only moves when it is told to.
package final class VirtualClock: Clock {
  private let time: Mutex<Timestamp>

  package init(_ start: Timestamp = Timestamp(milliseconds: 1_772_366_400_000)) {
    time = Mutex(start)
  }

  package func now() -> Timestamp { time.withLock(\.self) }

  package func advance(by duration: Duration) {
    time.withLock { $0 = $0 + duration }
  }
}
