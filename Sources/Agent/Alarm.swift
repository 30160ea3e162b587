import Synchronization

/// The bells that the children of the service listen to.
package struct Alarm: Sendable {
  let passes = Bell()
  let polls = Bell()
  let writeBacks = Bell()

  package init() {}

  /// Something has changed: make a pass.
  package func ring() { passes.ring() }

  /// Ask Git now.
  package func poll() { polls.ring() }
}

/// Wakes one listener. A ring that nobody waits for is remembered, once.
final class Bell: Sendable {
  private struct State {
    var hasRung = false
    var listener: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func ring() {
    let listener = state.withLock { state in
      defer { state.listener = nil }
      state.hasRung = state.listener == nil
      return state.listener
    }
    listener?.resume()
  }

  /// Returns at the next ring, after `duration`, or when the task is cancelled.
  func wait(atMost duration: Duration) async {
    let timer = Task {
      try await Task.sleep(for: duration)
      ring()
    }
    defer { timer.cancel() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isRung = state.withLock { state in
          if state.hasRung || Task.isCancelled {
            state.hasRung = false
            return true
          }
          state.listener = continuation
          return false
        }
        if isRung { continuation.resume() }
      }
    } onCancel: {
      ring()
    }
  }
}
