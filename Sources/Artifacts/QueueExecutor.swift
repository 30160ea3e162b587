import Dispatch

/// Runs an actor's work on a queue of its own. Reading, hashing and writing files block; on the shared pool,
/// which has one thread for each core, a large archive would stop every other task of the agent.
final class QueueExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(label: String) { queue = DispatchQueue(label: label) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedSerialExecutor()
    queue.async { job.runSynchronously(on: executor) }
  }
}
