import ArgumentParser

/// The version of this program, as the status and the agent's commits name it.
let evenkeelVersion = "0.1.0"

struct Evenkeel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evenkeel",
    abstract: "Keeps model deployments on an even keel.",
    discussion: """
      Git says which models run. The agent makes it so, one verified step at a time; when a rollout fails it \
      restores traffic at once and then writes the revert itself.

      Exit codes: 0 done, 1 error, 2 changes (reconcile --dry-run --detailed-exitcode), 64 wrong usage.
      """,
    version: evenkeelVersion,
    groupedSubcommands: [
      CommandGroup(
        name: "Manifest",
        subcommands: [ValidateCommand.self, ReconcileCommand.self, DigestCommand.self]),
      CommandGroup(
        name: "Rollout",
        subcommands: [
          StatusCommand.self, HistoryCommand.self, EventsCommand.self, PromoteCommand.self, PauseCommand.self,
          ResumeCommand.self, AbortCommand.self, RetryCommand.self,
          RollbackCommand.self,
        ]),
      CommandGroup(name: "Host", subcommands: [AgentCommand.self, SourceCommand.self, VersionCommand.self]),
    ])
}

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version of this program.")

  @OptionGroup var output: OutputOptions

  func run() throws {
    switch output.format {
    case .json: try Output.result(json: VersionReport(version: evenkeelVersion))
    case .text: Output.result(evenkeelVersion)
    }
  }
}

/// The JSON of `evenkeel version -o json`.
private struct VersionReport: Encodable {
  var version: String
}
