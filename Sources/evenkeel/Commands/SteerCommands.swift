import ArgumentParser
import Console
import FoundationEssentials
import Vocabulary

struct PromoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "End the pause or analysis that a model's rollout is in.")

  @Argument(help: "The model.")
  var model: String

  @OptionGroup var connection: ConnectionOptions

  func run() async throws { try await steer(.promote, model, connection) }
}

struct AbortCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abort", abstract: "Give up a rollout: traffic returns to stable, and Git is left as it is.")

  @Argument(help: "The model.")
  var model: String

  @OptionGroup var connection: ConnectionOptions

  func run() async throws { try await steer(.abort, model, connection) }
}

struct RollbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Return to the previous stable version, and revert the commit in Git.",
    discussion:
      "During a rollout, traffic returns to stable; otherwise the version before it is started again.")

  @Argument(help: "The model.")
  var model: String

  @Option(help: ArgumentHelp("Why; it is quoted in the revert commit.", valueName: "text"))
  var reason: String?

  @OptionGroup var connection: ConnectionOptions

  func run() async throws { try await steer(.rollback, model, connection, reason: reason) }
}

private func steer(
  _ verb: SteerVerb, _ model: String, _ connection: ConnectionOptions, reason: String? = nil
) async throws {
  let person = ProcessInfo.processInfo.environment["USER"]
  let report = try await connection.client()
    .steer(verb, ModelName(model), SteerRequest(reason: reason, by: person))
  Output.result(report.message)
}
