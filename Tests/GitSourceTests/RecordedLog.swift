import Logging
import Synchronization

/// A log that is kept.
final class RecordedLog: Sendable {
  private let lines = Mutex<[String]>([])

  var text: String { lines.withLock { $0.joined(separator: "\n") } }

  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct RecordingHandler: LogHandler {
  let log: RecordedLog
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { log.add("\(event.message) \(event.metadata ?? [:])") }
}

func recordingLogger() -> (Logger, RecordedLog) {
  let log = RecordedLog()
  return (Logger(label: "test") { _ in RecordingHandler(log: log) }, log)
}
