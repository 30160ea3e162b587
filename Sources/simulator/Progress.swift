import Foundation
import Glibc
import Simulation

/// Says on standard error how far the lives are: often to a person, seldom to a log.
struct Progress {
  let stopwatch: Stopwatch
  private let interval = isatty(STDERR_FILENO) == 1 ? 2.0 : 30.0
  private var lastShown = 0.0

  init(stopwatch: Stopwatch) { self.stopwatch = stopwatch }

  mutating func show(_ report: Campaign.Report) {
    let seconds = stopwatch.seconds
    guard seconds - lastShown >= interval else { return }
    lastShown = seconds
    let tally = report.tally
    var words =
      "\(tally.seeds) seeds, \(tally.rollouts) rollouts, \(Int(Double(tally.rollouts) / seconds)) rollouts/s"
    if let first = report.broken.first?.seed {
      words += "; \(report.broken.count) broken, \(first) the first of them"
    }
    FileHandle.standardError.write(Data((words + "\n").utf8))
  }
}

/// Measures the time since it was made.
struct Stopwatch {
  private let start = ContinuousClock.now
  private let startOfWork = Self.work

  var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// The time of all cores that this process has used, which other programs do not lengthen.
  var coreSeconds: Double { Self.work - startOfWork }

  private static var work: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
