import FoundationEssentials
import Glibc
import Logging

/// Log lines on standard error. For people they begin with the time; under systemd, which keeps the time itself,
/// with the priority in the form of sd-daemon(3).
struct AgentLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  private let isForJournal: Bool

  init(level: Logger.Level, isForJournal: Bool) {
    logLevel = level
    self.isForJournal = isForJournal
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
    let fields = all.sorted { $0.key < $1.key }.map { "  \($0.key)=\(quotedIfNeeded("\($0.value)"))" }
      .joined()
    let head =
      isForJournal
      ? "<\(priority(of: event.level))>"
      : "\(SystemClock().now()) \(padded(event.level.rawValue)) "
    Output.message(head + oneLine("\(event.message)") + fields)
  }

  /// What others wrote, such as a server's own words, must not look like further lines of ours.
  private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  private func quotedIfNeeded(_ value: String) -> String {
    let line = oneLine(value)
    return line.contains(" ") ? "\"\(line.replacing("\"", with: "\\\""))\"" : line
  }

  private func padded(_ level: String) -> String {
    level + String(repeating: " ", count: max(0, 8 - level.count))
  }

  /// The levels of syslog.
  private func priority(of level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}

extension Logger {
  /// The agent's log, at a level that a person chose, or `EVENKEEL_LOG` says.
  static func agent(level chosen: Level?) -> Logger {
    let environment = ProcessInfo.processInfo.environment
    let level = chosen ?? environment["EVENKEEL_LOG"].flatMap(Level.init(rawValue:)) ?? .info
    // Set only when standard error goes to the journal, and inherited by whoever redirects it.
    let isForJournal = environment["JOURNAL_STREAM"] != nil && isatty(STDERR_FILENO) == 0
    return Logger(label: "evenkeel") { _ in AgentLog(level: level, isForJournal: isForJournal) }
  }
}
