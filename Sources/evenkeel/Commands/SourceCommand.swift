import ArgumentParser
import Console
import FoundationEssentials

/// What an operator says about the configuration repository.
struct SourceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "source", abstract: "Say what to make of the configuration repository.",
    subcommands: [AcceptCommand.self])
}

struct AcceptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept", abstract: "Take in the commit that the agent holds.",
    discussion: """
      The agent holds the tip of a branch that was rewritten, or that holds a commit nobody vouches for; \
      `evenkeel status` says which and why. Accepting is for that very commit: one that comes in its place later \
      is held again, and those on top of it are judged as ever.
      """)

  @Argument(help: "The commit that is held: all 40 digits of its id, as `evenkeel status` shows them.")
  var commit: String

  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    let request = AcceptRequest(commit: commit, by: ProcessInfo.processInfo.environment["USER"])
    Output.result(try await connection.client().accept(request).message)
  }
}
