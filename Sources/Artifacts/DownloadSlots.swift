import Vocabulary

/// Bounds how many artifacts are fetched at the same time, and lets nobody fetch a digest that somebody else
/// is fetching already. First come, first served among those that may go.
actor DownloadSlots {
  private struct Waiter {
    var digest: Digest
    var continuation: CheckedContinuation<Void, Never>
  }

  private let limit: Int
  private var taken: Set<Digest> = []
  private var waiters: [Waiter] = []

  init(limit: Int) { self.limit = limit }

  /// Waits for a slot. Each call must be followed by one of `leave`.
  func enter(_ digest: Digest) async {
    if taken.count < limit, !taken.contains(digest) {
      taken.insert(digest)
      return
    }
    await withCheckedContinuation { waiters.append(Waiter(digest: digest, continuation: $0)) }
  }

  func leave(_ digest: Digest) {
    taken.remove(digest)
    while taken.count < limit, let next = waiters.firstIndex(where: { !taken.contains($0.digest) }) {
      let waiter = waiters.remove(at: next)
      taken.insert(waiter.digest)
      waiter.continuation.resume()
    }
  }
}
