import Agent
import Effects
import FoundationEssentials
import Hummingbird
import Planning
import ServiceLifecycle
import Vocabulary

/// The longest that a request for events may wait.
let longestWait = 30
/// The most events or rollouts in one answer.
let longestList = 1000

/// All routes of the control API, under `/v1`.
func controlRouter(for reconciler: Reconciler, alarm: Alarm) -> Router<ControlContext> {
  let router = Router(context: ControlContext.self)
  router.add(middleware: ErrorsAsJSON())
  let handlers = ControlHandlers(reconciler: reconciler, alarm: alarm)
  let api = router.group("v1")
  api.get("status") { _, context in try json(await reconciler.status(), context) }
  api.get("events") { request, context in try json(await handlers.events(request), context) }
  api.post("reconcile") { _, context in try json(await handlers.reconcile(), context) }
  api.get("models/:name/history") { request, context in
    try json(await handlers.history(of: modelName(context), request), context)
  }
  api.post("source/accept") { request, context in try json(await handlers.accept(request, context), context) }
  for verb in SteerVerb.allCases {
    api.post("models/:name/\(verb.rawValue)") { request, context in
      try json(await handlers.steer(verb, modelName(context), request, context), context)
    }
  }
  return router
}

private func json(_ value: some Encodable, _ context: ControlContext) throws -> Response {
  Response(
    status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
    body: .init(byteBuffer: .init(bytes: try context.responseEncoder.encode(value))))
}

private func modelName(_ context: ControlContext) throws -> ModelName {
  ModelName(try context.parameters.require("name"))
}

/// What the routes do.
struct ControlHandlers: Sendable {
  let reconciler: Reconciler
  let alarm: Alarm

  /// Without `after`, the newest events; with it, those that came later, waited for at most `wait` seconds.
  func events(_ request: Request) async throws -> EventsReport {
    let limit = try number("limit", of: request, in: 1...longestList) ?? 100
    let wait = try number("wait", of: request, in: 0...longestWait) ?? 0
    let after = try number("after", of: request, in: 0...Int.max).map(Int64.init)
    let first: Int64
    if let after { first = after } else { first = max(0, try await reconciler.lastSequence() - Int64(limit)) }
    // An agent that stops does not keep its listeners waiting.
    let events = try await cancelWhenGracefulShutdown {
      try await reconciler.events(
        after: first, limit: limit, patience: after == nil ? .zero : .seconds(wait))
    }
    return EventsReport(events: events.map(EventReport.init), last: events.last?.sequence ?? first)
  }

  func history(of name: ModelName, _ request: Request) async throws -> HistoryReport {
    let limit = try number("limit", of: request, in: 1...longestList) ?? 20
    let rollouts = try await reconciler.history(of: name, limit: limit)
    if rollouts.isEmpty {
      // A model that was removed has a history and is in no status.
      let names = await reconciler.status().models.map(\.name)
      guard names.contains(name) else { throw ControlFailure.unknownModel(name, among: names) }
    }
    return HistoryReport(model: name, rollouts: rollouts.map(RolloutReport.init))
  }

  /// Asks Git now and makes passes while they move something, a bounded number of them: the loop goes on by
  /// itself.
  func reconcile() async throws -> ReconcileReport {
    let before = try await reconciler.lastSequence()
    await reconciler.poll()
    for _ in 0..<8 {
      guard await reconciler.pass().again else { break }
    }
    alarm.ring()
    let events = try await reconciler.events(after: before, limit: longestList, patience: .zero)
    return ReconcileReport(await reconciler.status(), events: events.map(EventReport.init))
  }

  func steer(
    _ verb: SteerVerb, _ name: ModelName, _ request: Request, _ context: ControlContext
  ) async throws -> SteerReport {
    let wish = try await steerRequest(request, context)
    let person = await person(context, orElse: wish.by)
    switch try await reconciler.steer(name, try command(verb, wish), by: person) {
    case .done(let message):
      alarm.ring()
      return SteerReport(message: message, changed: true)
    case .already(let message):
      return SteerReport(message: message, changed: false)
    case .refused(let reason): throw ControlFailure(.conflict, "Refused", reason)
    case .unknownModel(let names): throw ControlFailure.unknownModel(name, among: names)
    }
  }

  private func command(_ verb: SteerVerb, _ wish: SteerRequest) throws -> SteerCommand {
    if wish.reason != nil || wish.to != nil, verb != .rollback {
      throw ControlFailure.invalid("`reason` and `to` belong to a rollback: nothing would be done with them")
    }
    if wish.full != nil || wish.step != nil, verb != .promote {
      throw ControlFailure.invalid("`full` and `step` belong to a promotion: nothing would be done with them")
    }
    return switch verb {
    case .promote: .promote(full: wish.full ?? false, step: wish.step)
    case .pause: .pause
    case .resume: .resume
    case .abort: .abort
    case .retry: .retry
    // One line: it goes into the message of a commit, between trailers.
    case .rollback: .rollback(to: wish.to, reason: wish.reason?.printable.truncated(to: 500))
    }
  }

  /// The body may be left out.
  private func steerRequest(_ request: Request, _ context: ControlContext) async throws -> SteerRequest {
    let body = try await request.body.collect(upTo: context.maxUploadSize)
    guard body.readableBytes > 0 else { return SteerRequest() }
    do {
      return try JSONDecoder().decode(SteerRequest.self, from: Data(body.readableBytesView))
    } catch {
      throw ControlFailure.invalid(#"the body must be JSON such as {"reason": "…", "by": "…"}"#)
    }
  }

  /// Takes an operator's word for the commit that is held, and has Git asked at once.
  func accept(_ request: Request, _ context: ControlContext) async throws -> SteerReport {
    let body = try await request.body.collect(upTo: context.maxUploadSize)
    guard let wish = try? JSONDecoder().decode(AcceptRequest.self, from: Data(body.readableBytesView)) else {
      throw ControlFailure.invalid(#"the body must be JSON such as {"commit": "3f2a9c1", "by": "…"}"#)
    }
    let person = await person(context, orElse: wish.by)
    switch try await reconciler.accept(wish.commit, by: person) {
    case .done(let message):
      alarm.poll()
      return SteerReport(message: message, changed: true)
    case .already(let message): return SteerReport(message: message, changed: false)
    case .refused(let reason): throw ControlFailure(.conflict, "Refused", reason)
    }
  }

  /// Who asks: what the kernel says about the caller, or else what the caller says.
  private func person(_ context: ControlContext, orElse name: String?) async -> String {
    await context.peer() ?? name?.printable.truncated(to: 64) ?? "somebody"
  }

  private func number(_ name: String, of request: Request, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw ControlFailure.invalid(
        "`\(name)` must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
