import Agent
import Effects
import Logging
import ServiceLifecycle

/// Sees to it that the gateway serves. When it cannot be started, that is said plainly and tried again: models keep
/// what they have in the meantime.
struct GatewayService: Service {
  let gateway: any Gateway
  let alarm: Alarm
  let notifier: ServiceNotifier
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown { try await startPersistently() }
    // A service that ends would end its group.
    try? await gracefulShutdown()
  }

  private func startPersistently() async throws {
    var pause = Duration.seconds(1)
    while true {
      do throws(GatewayError) {
        try await gateway.start()
        logger.notice("the gateway serves")
        notifier.ready()
        alarm.ring()
        return
      } catch {
        logger.error("the gateway does not serve; trying again", metadata: ["error": "\(error)"])
        notifier.waiting(for: "the gateway: \(error)", atMost: pause + .seconds(60))
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(30))
    }
  }
}
