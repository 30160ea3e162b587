import Glibc

/// Repeated measurements of one thing.
struct Samples: Sendable {
  private let sorted: [Double]

  /// At least one value.
  init(_ values: [Double]) throws(BenchmarkFailure) {
    try require(!values.isEmpty, "nothing was measured")
    sorted = values.sorted()
  }

  var least: Double { sorted[0] }
  var most: Double { sorted[sorted.count - 1] }

  var median: Double {
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}

/// How long some work takes, in seconds.
func seconds(_ work: () async throws -> Void) async rethrows -> Double {
  let start = monotonicNanoseconds()
  try await work()
  return Double(monotonicNanoseconds() - start) / 1e9
}

/// `CLOCK_MONOTONIC`, which Python's `time.monotonic_ns` reads too.
func monotonicNanoseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Measures two pieces of work by turns, so that whatever else the machine does meets both alike. What comes first
/// changes from round to round; the first round warms up and is not counted.
///
/// - Parameters: Each piece of work is given the round and answers what it measured.
func byTurns(
  rounds: Int, ours: (Int) async throws -> Double, theirs: (Int) async throws -> Double
) async throws -> (ours: Samples, theirs: Samples) {
  var (left, right): ([Double], [Double]) = ([], [])
  for round in 0...rounds {
    var (first, second) = (0.0, 0.0)
    if round.isMultiple(of: 2) {
      first = try await ours(round)
      second = try await theirs(round)
    } else {
      second = try await theirs(round)
      first = try await ours(round)
    }
    if round > 0 {
      left.append(first)
      right.append(second)
    }
  }
  return (try Samples(left), try Samples(right))
}
