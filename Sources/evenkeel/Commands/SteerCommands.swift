import ArgumentParser
import Console
import FoundationEssentials
import Vocabulary

struct PromoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "End the pause or analysis that a model's rollout is in.")

  @Argument(help: "The model.")
  var model: String

  @Flag(help: "Leave out everything up to the promotion.")
  var full = false

  @Option(
    help: ArgumentHelp(
      "Only if the rollout is still at this step: a repeated command does not skip two.", valueName: "number")
  )
  var step: Int?

  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    try await steer(.promote, model, connection, SteerRequest(full: full ? true : nil, step: step))
  }
}

struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Stop the rollouts of a model where they are; a candidate that fails is still taken back.")

  @Argument(help: "The model.")
  var model: String

  @OptionGroup var connection: ConnectionOptions

  func run() async throws { try await steer(.pause, model, connection) }
}

struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "End what `pause` began.")

  @Argument(help: "The model.")
  var model: String

  @OptionGroup var connection: ConnectionOptions

  func run() async throws { try await steer(.resume, model, connection) }
}

struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Try the failed version that Git still asks for once more.")

  @Argument(help: "The model.")
  var model: String

  @OptionGroup var connection: ConnectionOptions

  func run() async throws { try await steer(.retry, model, connection) }
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
    abstract: "Return to an earlier stable version, and revert the commits in Git.",
    discussion:
      "During a rollout, traffic returns to stable; otherwise the version before it is started again.")

  @Argument(help: "The model.")
  var model: String

  @Option(
    help: ArgumentHelp("The version to return to, when it is not the one before.", valueName: "version"))
  var to: String?

  @Option(help: ArgumentHelp("Why; it is quoted in the revert commit.", valueName: "text"))
  var reason: String?

  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    try await steer(.rollback, model, connection, SteerRequest(reason: reason, to: to))
  }
}

private func steer(
  _ verb: SteerVerb, _ model: String, _ connection: ConnectionOptions,
  _ request: SteerRequest = SteerRequest()
) async throws {
  var request = request
  request.by = ProcessInfo.processInfo.environment["USER"]
  let report = try await connection.client().steer(verb, ModelName(model), request)
  Output.result(report.message)
}
