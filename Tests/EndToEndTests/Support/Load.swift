import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport

/// What the users of the gateway got.
final class Tally: Sendable {
  struct Counts: Sendable {
    /// Requests that were answered well, by the first twelve digits of the revision that answered.
    var answered: [String: Int] = [:]
    /// Requests that were answered with an error by a model server, by revision.
    var errors: [String: Int] = [:]
    /// Requests that no model answered, by what happened to them.
    var lost: [String: Int] = [:]

    var total: Int { [answered, errors, lost].reduce(0) { $0 + $1.values.reduce(0, +) } }
  }

  private let state = Mutex(Counts())
  /// Requests without an end yet, by their number; requests are numbered as they begin.
  private let underWay = Mutex((next: 0, numbers: Set<Int>()))
  private let over = Mutex(false)

  var counts: Counts { state.withLock { $0 } }
  var isOver: Bool { over.withLock { $0 } }

  /// All failed requests, besides those that a revision which is meant to fail has answered itself.
  func failed(besides bad: String...) -> [String: Int] {
    let counts = counts
    return counts.lost.merging(counts.errors.filter { !bad.map(short).contains($0.key) }) { $1 }
  }

  func answered(by revision: String) -> Int { counts.answered[short(revision)] ?? 0 }
  func errors(of revision: String) -> Int { counts.errors[short(revision)] ?? 0 }

  fileprivate func begin() -> Int {
    underWay.withLock { requests in
      requests.numbers.insert(requests.next)
      requests.next += 1
      return requests.next - 1
    }
  }

  fileprivate func end(_ number: Int) { underWay.withLock { _ = $0.numbers.remove(number) } }

  /// Waits until every request has ended that had begun by now.
  func settles() async throws {
    let now = underWay.withLock { $0.next }
    try await eventually("what was under way has ended", within: .seconds(30)) {
      underWay.withLock { $0.numbers.allSatisfy { $0 >= now } }
    }
  }

  fileprivate func stop() { over.withLock { $0 = true } }

  fileprivate func record(_ status: Int, _ revision: String?) {
    state.withLock { state in
      guard let revision else { return state.lost["status \(status) by no model", default: 0] += 1 }
      if (200..<300).contains(status) {
        state.answered[revision, default: 0] += 1
      } else {
        state.errors[revision, default: 0] += 1
      }
    }
  }

  fileprivate func record(lost reason: String) { state.withLock { $0.lost[reason, default: 0] += 1 } }
}

extension Site {
  /// Users who send inferences through the gateway for as long as `body` runs, each waiting for its answer and a
  /// moment more.
  ///
  /// - Parameter request: The body of the request of this number.
  func underLoad(
    on models: String..., sending request: @escaping @Sendable (Int) -> String = rowRequest,
    _ body: (Tally) async throws -> Void
  ) async throws {
    let (tally, users) = (Tally(), 2)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for model in models {
        for user in 0..<users {
          group.addTask {
            await self.use(model, tally, requests: stride(from: user, to: .max, by: users).lazy.map(request))
          }
        }
      }
      // A request that was begun is waited for, so that stopping the load breaks nothing off.
      defer { tally.stop() }
      try await body(tally)
    }
  }

  private func use(_ model: String, _ tally: Tally, requests: some Sequence<String>) async {
    for request in requests {
      if tally.isOver || Task.isCancelled { return }
      let number = tally.begin()
      do {
        let answer = try await infer(model, request)
        tally.record(answer.status, answer.revision)
      } catch {
        if !Task.isCancelled { tally.record(lost: "\(error)") }
      }
      tally.end(number)
      try? await Task.sleep(for: .milliseconds(15))
    }
  }

  /// One inference, at the model's own route or another.
  func infer(
    _ model: String, _ body: String = rowRequest(1), at prefix: String? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    let prefix = prefix ?? "/v2/models/\(model)"
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(gateway)\(prefix)/infer")
    request.method = .POST
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    request.body = .bytes(ByteBuffer(string: body))
    let response = try await client.execute(request, deadline: .now() + .seconds(15))
    let answer = try await response.body.collect(upTo: 1 << 20)
    return Answer(
      status: Int(response.status.code), revision: response.headers.first(name: "x-evenkeel-revision"),
      body: String(buffer: answer))
  }
}

/// One row. Different numbers are different bodies, so the fixture fails its share of them.
@Sendable func rowRequest(_ number: Int) -> String {
  #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[[\#(number),1]]}]}"#
}

struct Answer: Sendable {
  var status: Int
  /// The first twelve digits of the revision that answered; `nil` when none did.
  var revision: String?
  var body: String
}

/// Like production clients: connections are kept and used again, and nothing is tried twice.
let client: HTTPClient = {
  var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
  configuration.connectionPool.retryConnectionEstablishment = false
  configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
  return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
}()

extension Tally {
  /// Waits until further requests were answered well.
  func goesOn(_ count: Int = 20) async throws {
    let seen = answeredInAll
    try await eventually("\(count) more answers", within: .seconds(30)) { answeredInAll >= seen + count }
  }

  private var answeredInAll: Int { counts.answered.values.reduce(0, +) }
}

/// Says what the users of a story saw; the figures are facts of this run, not limits.
func measured(_ story: String, _ tally: Tally) {
  let counts = tally.counts
  let lost = counts.lost.values.reduce(0, +)
  let errors = counts.errors.values.reduce(0, +)
  print("\(story): \(counts.total) requests, \(lost) lost, \(errors) answered with an error by a model")
}
