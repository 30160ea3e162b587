import ArgumentParser
import Console
import Vocabulary

struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Show a model's rollouts: how each ended, why, and what was reverted.")

  @Argument(help: "The model.")
  var model: String

  @Option(help: ArgumentHelp("At most this many rollouts, newest first.", valueName: "count"))
  var limit = 20

  @OptionGroup var output: OutputOptions
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000") }
  }

  func run() async throws {
    let history = try await connection.client().history(of: ModelName(model), limit: limit)
    switch output.format {
    case .json: try Output.result(json: history)
    case .text: Output.result(renderText(history, at: SystemClock().now(), colour: Output.isColoured))
    }
  }
}
