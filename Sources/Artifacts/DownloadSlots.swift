import Vocabulary

/// Bounds how many artifacts are fetched at the same time, and lets nobody fetch a digest that somebody else
/// is fetching already. First come, first served among those that may go.
actor DownloadSlots {
  /// Each lane has its own slots, so that slow servers do not keep files of this host waiting.
  enum Lane: Hashable {
    case network, local
  }

  private struct Waiter {
    var digest: Digest
    var lane: Lane
    var continuation: CheckedContinuation<Void, Never>
  }

  private let limit: Int
  private var taken: [Digest: Lane] = [:]
  private var waiters: [Waiter] = []

  /// - Parameter limit: How many artifacts of each lane are fetched at the same time.
  init(limit: Int) { self.limit = limit }

  /// Waits for a slot. Each call must be followed by one of `leave`.
  func enter(_ digest: Digest, _ lane: Lane) async {
    if isFree(digest, lane) {
      taken[digest] = lane
      return
    }
    await withCheckedContinuation {
      waiters.append(Waiter(digest: digest, lane: lane, continuation: $0))
    }
  }

  func leave(_ digest: Digest) {
    taken[digest] = nil
    while let next = waiters.firstIndex(where: { isFree($0.digest, $0.lane) }) {
      let waiter = waiters.remove(at: next)
      taken[waiter.digest] = waiter.lane
      waiter.continuation.resume()
    }
  }

  private func isFree(_ digest: Digest, _ lane: Lane) -> Bool {
    taken[digest] == nil && taken.values.count { $0 == lane } < limit
  }
}
