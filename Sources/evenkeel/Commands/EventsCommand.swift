import ArgumentParser
import Console

struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Show what happened, oldest first.",
    discussion: "With --follow, each event is one line of JSON under `-o json`.")

  @Flag(help: "Go on with what happens from now on, until interrupted.")
  var follow = false

  @Option(help: ArgumentHelp("At most this many past events.", valueName: "count"))
  var limit = 50

  @OptionGroup var output: OutputOptions
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000") }
  }

  func run() async throws {
    let client = try connection.client()
    let past = try await client.newestEvents(limit: limit)
    guard follow else {
      if output.format == .json { try Output.result(json: past) } else { try show(past) }
      return
    }
    try show(past)
    var last = past.last
    while true {
      last = try await next(after: last, from: client)
    }
  }

  /// Shows what comes next. An agent that restarts is waited for.
  private func next(after last: Int64, from client: ControlClient) async throws -> Int64 {
    do throws(ControlClientError) {
      let new = try await client.events(after: last, limit: 1000, wait: 25)
      try? show(new)
      return new.last
    } catch {
      guard error.isPassing else { throw error }
      Output.message("\(error); waiting for it")
      try await Task.sleep(for: .seconds(2))
      return last
    }
  }

  private func show(_ report: EventsReport) throws {
    for event in report.events {
      switch output.format {
      case .json: try Output.result(jsonLine: event)
      case .text: Output.result(renderText(event, colour: Output.isColoured))
      }
    }
  }
}

extension ControlClientError {
  /// Whether an agent that restarts looks like this.
  fileprivate var isPassing: Bool {
    switch self {
    case .notRunning, .timedOut, .unexpected: true
    case .refused(let reason, _): reason == "Stopping"
    case .denied: false
    }
  }
}
