import Effects
import Logging
import Manifests
import Rollout
import Vocabulary

extension Reconciler {
  /// Applies the wanted routes if they are not the confirmed ones. Answers whether the gateway has confirmed new
  /// ones, which a machine may be waiting for.
  func route() async -> Bool {
    let table = wantedRoutes()
    let now = edges.clock.now()
    guard table != world.gateway.accepted else {
      // Whatever it refused is not wanted any more, or it was not there yet and has its routes from before.
      gatewayTrouble = nil
      return false
    }
    guard now >= gatewayRetryAt else { return false }
    do throws(GatewayError) {
      try await edges.gateway.apply(table)
      gatewayTrouble = nil
      world.gateway.accepted = table
      await noteDrift(at: now)
      return true
    } catch {
      if error != gatewayTrouble {
        edges.logger.error("the gateway did not take the routes", metadata: ["error": "\(error)"])
      }
      gatewayTrouble = error
      gatewayRetryAt = now + .seconds(1)
      return false
    }
  }

  /// Somebody else had changed the gateway, and it is put right by now.
  private func noteDrift(at now: Timestamp) async {
    guard let drift = world.gateway.drift else { return }
    world.gateway.drift = nil
    corrections.gateway += 1
    let message = "the gateway was changed behind the agent's back and is put right: \(drift)"
    // Traffic is right again; that nobody can read about it later must not undo that.
    do throws(JournalError) {
      try await write([.event(Event(at: now, reason: "DriftCorrected", message: message))])
    } catch {
      edges.logger.warning("\(message)")
    }
  }
}
