import Agent
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Vocabulary

/// A request that was not granted. Its body is `{"error": {"reason", "message"}}`.
struct ControlFailure: Error, HTTPResponseError {
  var status: HTTPResponse.Status
  var body: ErrorReport

  /// - Parameters:
  ///   - reason: One CamelCase word, for programs.
  ///   - message: What happened and what to do, for people.
  init(_ status: HTTPResponse.Status, _ reason: String, _ message: String) {
    self.status = status
    body = ErrorReport(reason: reason, message: message)
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    Response(
      status: status, headers: [.contentType: "application/json; charset=utf-8"],
      body: .init(byteBuffer: .init(bytes: try controlEncoder().encode(body))))
  }
}

extension ControlFailure {
  static func unknownModel(_ name: ModelName, among names: [ModelName]) -> ControlFailure {
    ControlFailure(.notFound, "UnknownModel", unknownModelMessage(name, among: names))
  }

  static func invalid(_ message: String) -> ControlFailure {
    ControlFailure(.badRequest, "InvalidRequest", message)
  }
}

/// Turns whatever a handler throws into the one form of errors that clients know.
struct ErrorsAsJSON: RouterMiddleware {
  func handle(
    _ request: Request, context: ControlContext,
    next: (Request, ControlContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let failure as ControlFailure {
      throw failure
    } catch let error as HTTPError {
      throw ControlFailure(error.status, word(for: error.status), error.body ?? error.status.reasonPhrase)
    } catch let error as any HTTPResponseError {
      throw ControlFailure(error.status, word(for: error.status), error.status.reasonPhrase)
    } catch is CancellationError {
      throw ControlFailure(.serviceUnavailable, "Stopping", "the agent is stopping; ask again in a moment")
    } catch {
      context.logger.error("a control request failed", metadata: ["error": "\(error)"])
      throw ControlFailure(.internalServerError, "Internal", "\(error)")
    }
  }

  private func word(for status: HTTPResponse.Status) -> String {
    switch status {
    case .notFound: "NotFound"
    case .contentTooLarge: "TooLarge"
    case .badRequest: "InvalidRequest"
    default: "Failed"
    }
  }
}
