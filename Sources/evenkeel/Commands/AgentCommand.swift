import Agent
import ArgumentParser
import Artifacts
import Console
import Effects
import Glibc
import Logging
import Manifests
import ServiceLifecycle
import UnixSignals

/// The levels of the log, as a person names them.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent",
    abstract: "Run the agent, as a service.",
    discussion: """
      Ends on SIGTERM or SIGINT. Model servers and the gateway keep serving; the next agent adopts them.
      """)

  @Option(
    help: ArgumentHelp(
      "The agent's file (default: $EVENKEEL_CONFIG, or \(ConnectionOptions.defaultConfig)).",
      valueName: "file"))
  var config: String?

  @Option(help: "How much to log (default: $EVENKEEL_LOG, or info).")
  var logLevel: LogLevel?

  func run() async throws {
    // Whatever the agent writes may hold what only it should read.
    umask(0o077)
    let logger = Logger.agent(level: logLevel?.level)
    let settings = try readSettings(at: config ?? ConnectionOptions.configFromEnvironment)
    let assembly = try await Assembly(settings, logger: logger)
    let notifier = ServiceNotifier()
    try await assembly.reconciler.resume()
    logger.notice(
      "the agent runs",
      metadata: [
        "agent": "\(settings.name)", "version": "\(evenkeelVersion)", "state": "\(settings.stateDirectory)",
      ])
    let control = ControlServer(
      path: settings.socket, reconciler: assembly.reconciler, alarm: assembly.alarm, logger: logger)
    let group = ServiceGroup(
      configuration: .init(
        services: [
          .init(
            service: GatewayService(
              gateway: assembly.gateway, alarm: assembly.alarm, notifier: notifier, logger: logger)),
          .init(
            service: AgentService(
              assembly.reconciler, alarm: assembly.alarm, interval: assembly.interval)),
          .init(service: control),
          .init(service: StopAnnouncement(notifier: notifier)),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(logger)))
    try await group.run()
    await assembly.artifacts.shutdown()
    logger.notice("the agent has stopped; models and gateway keep serving")
  }

  /// The group tells of every service that starts and ends, which is of no use to whoever reads the log.
  private func quiet(_ logger: Logger) -> Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return quiet
  }
}

/// The first to hear of a shutdown: services are stopped from the last one on.
private struct StopAnnouncement: Service {
  let notifier: ServiceNotifier

  func run() async throws {
    try await gracefulShutdown()
    notifier.stopping()
  }
}
