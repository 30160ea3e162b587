import Synchronization

/// How far a download is; written where the bytes arrive, read by whoever asks for the status.
final class FetchProgress: Sendable {
  private struct State {
    var bytes = 0
    var total: Int?
    var reported: ContinuousClock.Instant?
  }

  private let state = Mutex(State())
  private let onChange: @Sendable () -> Void

  /// - Parameter onChange: called when the progress has changed, at most once in a second.
  init(onChange: @escaping @Sendable () -> Void) { self.onChange = onChange }

  var current: (bytes: Int, total: Int?) { state.withLock { ($0.bytes, $0.total) } }

  func update(bytes: Int, total: Int?) {
    let now = ContinuousClock.now
    let due = state.withLock { state in
      state.bytes = bytes
      state.total = total
      if let reported = state.reported, now - reported < .seconds(1) { return false }
      state.reported = now
      return true
    }
    if due { onChange() }
  }
}
