import Effects
import Foundation
import Glibc
import Vocabulary

/// The host's own clocks.
struct SystemClock: Clock {
  /// The kernel's name for this start of the host; empty where it has none.
  let boot: String

  init() {
    let file = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    boot = file?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
  }

  func now() -> Timestamp {
    let time = Self.read(CLOCK_REALTIME)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  func uptime() -> Duration {
    let time = Self.read(CLOCK_BOOTTIME)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  private static func read(_ clock: clockid_t) -> timespec {
    var time = timespec()
    clock_gettime(clock, &time)
    return time
  }
}
