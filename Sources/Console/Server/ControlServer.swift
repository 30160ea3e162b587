package import Agent
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The control API: HTTP with JSON bodies on a unix socket that only its owner may open.
///
/// It serves people and scripts of the host; requests to models never come near it. Every request is bounded: in
/// its body, in the number of connections, and in how long it may wait.
package struct ControlServer: Service {
  private let path: String
  private let responder: RouterResponder<ControlContext>
  private let logger: Logger

  /// - Parameters:
  ///   - path: Where the socket will be. A missing folder is made, for its owner only.
  ///   - reconciler: What the commands are for.
  ///   - alarm: Rung when a command has changed something.
  package init(path: String, reconciler: Reconciler, alarm: Alarm, logger: Logger) {
    self.path = path
    self.logger = logger
    responder = controlRouter(for: reconciler, alarm: alarm).buildResponder()
  }

  /// Serves until it is asked to stop.
  ///
  /// - Throws: ``ControlSocketError`` when the socket cannot be had.
  package func run() async throws {
    let socket = try ControlSocket(path: path)
    let published = Mutex<Result<FileIdentity, ControlSocketError>?>(nil)
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let application = Application(
      responder: responder,
      server: .http1(configuration: .init(idleTimeout: .seconds(90))),
      configuration: ApplicationConfiguration(
        address: .unixDomainSocket(path: socket.unpublishedPath),
        availableConnectionsDelegate: .maximum(64, logger: quiet)),
      onServerRunning: { channel in
        let result = Result { () throws(ControlSocketError) in try socket.publish() }
        published.withLock { $0 = result }
        switch result {
        case .success: logger.info("the control API listens", metadata: ["socket": "\(path)"])
        case .failure: channel.close(promise: nil)
        }
      },
      logger: quiet)
    defer { socket.remove(try? published.withLock(\.self)?.get()) }
    do {
      try await application.run()
    } catch {
      if case .failure(let reason) = published.withLock(\.self) { throw reason }
      throw error
    }
  }
}
