import ArgumentParser
import Console
import Manifests
import Planning

/// How `reconcile` shows its result.
enum PlanFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, markdown
}

struct ReconcileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconcile",
    abstract: "Make it so now, or show what would be done.",
    discussion: """
      Without --dry-run: has the running agent look at Git now; without an agent, does its work here until every \
      model has settled, and leaves models and gateway serving.

      With --dry-run nothing is changed at all. Desired is what --path, --revision or the configured source says; it \
      is compared with --base, --state, or the running agent. `--path DIR --base REV` needs no host, no agent and no \
      network: it is for pull requests.

      Exits with 1 on any error, also in a manifest.
      """)

  @Flag(help: "Show what would be done.")
  var dryRun = false

  @Option(
    help: ArgumentHelp("Desired: the manifests of this folder, also uncommitted ones.", valueName: "folder"))
  var path: String?

  @Option(
    help: ArgumentHelp("Desired: this commit of the configured source, not its tip.", valueName: "commit"))
  var revision: String?

  @Option(help: ArgumentHelp("Compare with this commit of the same repository.", valueName: "commit"))
  var base: String?

  @Option(help: ArgumentHelp("Compare with a saved `status -o json`.", valueName: "file"))
  var state: String?

  @Flag(help: "Exit with 2 if there is anything to do (with --dry-run).")
  var detailedExitcode = false

  @Option(help: ArgumentHelp("Without an agent: give up after this many seconds.", valueName: "seconds"))
  var timeout = 600

  @Option(name: [.customShort("o"), .customLong("output")], help: "How to show the result.")
  var output = PlanFormat.text

  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    if dryRun {
      if path != nil, revision != nil { throw ValidationError("give --path or --revision, not both") }
      if base != nil, state != nil { throw ValidationError("give --base or --state, not both") }
    } else {
      guard path == nil, revision == nil, base == nil, state == nil, !detailedExitcode else {
        throw ValidationError(
          "--path, --revision, --base, --state and --detailed-exitcode go with --dry-run only")
      }
      guard output != .markdown else { throw ValidationError("-o markdown goes with --dry-run only") }
      guard timeout > 0 else { throw ValidationError("--timeout must be at least 1") }
    }
  }

  func run() async throws {
    guard dryRun else {
      let report = try await reconcile()
      switch output {
      case .json: try Output.result(json: report)
      case .text, .markdown: Output.result(renderText(report, colour: Output.isColoured))
      }
      if let trouble = report.source.trouble { throw CommandFailure(trouble) }
      return
    }
    let plan = try await DryRun(
      path: path, revision: revision, base: base, state: state, connection: connection
    ).plan()
    try show(plan)
    if plan.diagnostics.contains(where: { $0.severity == .error }) { throw ExitCode(1) }
    if detailedExitcode, !plan.changes.isEmpty { throw ExitCode(2) }
  }

  private func show(_ plan: Plan) throws {
    switch output {
    case .json:
      try Output.result(json: plan)
    case .markdown:
      Output.result(renderMarkdown(plan))
    case .text:
      for diagnostic in plan.diagnostics { Output.message(safeText(of: diagnostic)) }
      Output.result(renderText(plan, colour: Output.isColoured))
    }
  }

  /// Through the agent if there is one, else here.
  private func reconcile() async throws -> ReconcileReport {
    let client = try connection.client()
    do throws(ControlClientError) {
      // The agent's own deadline for a fetch, and time for the passes.
      return try await client.reconcile(deadline: .seconds(timeout))
    } catch {
      guard case .notRunning(let socket) = error else { throw error }
      guard connection.socket == nil else { throw ControlClientError.notRunning(socket: socket) }
      Output.message("no agent answers at \(socket): doing its work here")
      return try await SingleRun(settings: connection.settings(), timeout: .seconds(timeout)).run()
    }
  }
}
