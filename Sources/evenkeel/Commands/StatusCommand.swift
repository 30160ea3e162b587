import ArgumentParser
import Console
import Planning
import Vocabulary

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what runs, what is on its way, and what stands in the way.",
    discussion: "The JSON is also what `reconcile --dry-run --state FILE` compares with.")

  @Argument(help: "Show everything about this model only.")
  var model: String?

  @Flag(help: "Show it again whenever something happens, until interrupted.")
  var watch = false

  @OptionGroup var output: OutputOptions
  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    let client = try connection.client()
    try show(try await client.status())
    guard watch else { return }
    var last = try await client.newestEvents(limit: 1).last
    while true {
      // Weights and conditions change without events, too: look now and then in any case.
      last = try await client.events(after: last, limit: 1000, wait: 2).last
      try show(try await client.status())
    }
  }

  private func show(_ status: StatusReport) throws {
    var status = status
    if let model {
      let name = ModelName(model)
      guard let found = status.models.first(where: { $0.name == name }) else {
        throw CommandFailure(unknownModelMessage(name, among: status.models.map(\.name)))
      }
      status.models = [found]
    }
    switch output.format {
    case .json where watch: try Output.result(jsonLine: status)
    case .json: try Output.result(json: status)
    case .text:
      // Home and clear, so that the picture changes in place.
      if watch, Output.isColoured { Output.result("\u{1B}[H\u{1B}[2J") }
      Output.result(text(of: status))
    }
  }

  private func text(of status: StatusReport) -> String {
    let now = SystemClock().now()
    guard model != nil, let found = status.models.first else {
      return renderText(status, at: now, colour: Output.isColoured)
    }
    return renderText(found, at: now, colour: Output.isColoured)
  }
}
