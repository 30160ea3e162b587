import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
package import Planning
import Rollout
package import Vocabulary

/// Why the agent could not be asked, or did not do as it was asked.
package enum ControlClientError: Error, Hashable, CustomStringConvertible {
  /// Nobody listens at the socket.
  case notRunning(socket: String)
  /// Somebody listens there, but not for us.
  case denied(socket: String)
  case timedOut(socket: String, after: Duration)
  /// The agent said no; in its own words.
  case refused(reason: String, message: String)
  /// What listens there does not answer as an agent of this version does.
  case unexpected(socket: String, String)

  package var description: String {
    switch self {
    case .notRunning(let socket):
      "no agent answers at \(socket): start it with `evenkeel agent`, or name another one with --socket"
    case .denied(let socket):
      "permission denied at \(socket): run this as the agent's user, or as root"
    case .timedOut(let socket, let duration):
      "the agent at \(socket) did not answer within \(duration.text): see its log"
    case .refused(_, let message): message
    case .unexpected(let socket, let what):
      "what listens at \(socket) did not answer as an agent of this version does: \(what)"
    }
  }
}

/// Asks a running agent through its unix socket.
package struct ControlClient: Sendable {
  package let socket: String
  private let patience: Duration

  /// - Parameters:
  ///   - socket: An absolute path.
  ///   - patience: How long a plain question may take.
  package init(socket: String, patience: Duration = .seconds(15)) {
    self.socket = socket
    self.patience = patience
  }

  package func status() async throws(ControlClientError) -> StatusReport {
    try await ask(.GET, "status")
  }

  package func history(of model: ModelName, limit: Int) async throws(ControlClientError) -> HistoryReport {
    try await ask(.GET, "models/\(escaped(model))/history?limit=\(limit)")
  }

  /// The newest events, oldest of them first.
  package func newestEvents(limit: Int) async throws(ControlClientError) -> EventsReport {
    try await ask(.GET, "events?limit=\(limit)")
  }

  /// What came after `sequence`; waits up to `seconds`, at most 30, when there is nothing yet.
  package func events(after sequence: Int64, limit: Int, wait seconds: Int) async throws(ControlClientError)
    -> EventsReport
  {
    try await ask(
      .GET, "events?after=\(sequence)&limit=\(limit)&wait=\(seconds)", deadline: .seconds(seconds + 10))
  }

  package func steer(_ verb: SteerVerb, _ model: ModelName, _ request: SteerRequest)
    async throws(ControlClientError) -> SteerReport
  {
    try await ask(.POST, "models/\(escaped(model))/\(verb.rawValue)", body: try bytes(of: request))
  }

  /// Has the agent take the operator's word for the commit that it holds.
  package func accept(_ request: AcceptRequest) async throws(ControlClientError) -> SteerReport {
    try await ask(.POST, "source/accept", body: try bytes(of: request))
  }

  private func bytes(of request: some Encodable) throws(ControlClientError) -> Data {
    do {
      return try controlEncoder().encode(request)
    } catch {
      throw .unexpected(socket: socket, "the request cannot be written: \(error)")
    }
  }

  /// Has the agent ask Git now. The deadline has room for the agent's own deadline of a fetch.
  package func reconcile(deadline: Duration) async throws(ControlClientError) -> ReconcileReport {
    try await ask(.POST, "reconcile", deadline: deadline)
  }

  // MARK: One request

  /// Ten thousand models with their instances and histories fit with room to spare.
  private static let largestAnswer = 256 << 20

  private enum Method: String {
    case GET, POST
  }

  private func ask<Answer: Decodable>(
    _ method: Method, _ path: String, body: Data? = nil, deadline: Duration? = nil
  ) async throws(ControlClientError) -> Answer {
    try probe()
    let deadline = deadline ?? patience
    var request = HTTPClientRequest(url: "http+unix://\(escapedSocket)/v1/\(path)")
    request.method = .init(rawValue: method.rawValue)
    if let body {
      request.headers.add(name: "content-type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    let (status, bytes) = try await exchange(request, deadline: deadline)
    do {
      guard (200..<300).contains(status) else {
        let error = try JSONDecoder().decode(ErrorReport.self, from: bytes).error
        throw ControlClientError.refused(reason: error.reason, message: error.message)
      }
      return try JSONDecoder().decode(Answer.self, from: bytes)
    } catch let error as ControlClientError {
      throw error
    } catch {
      throw .unexpected(socket: socket, "status \(status), \(bytes.count) bytes: \(error)")
    }
  }

  private func exchange(_ request: HTTPClientRequest, deadline: Duration) async throws(ControlClientError)
    -> (status: Int, body: Data)
  {
    do {
      let response = try await HTTPClient.shared.execute(
        request, deadline: .now() + .milliseconds(deadline.milliseconds))
      let body = try await response.body.collect(upTo: Self.largestAnswer)
      return (Int(response.status.code), Data(body.readableBytesView))
    } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
      throw .timedOut(socket: socket, after: deadline)
    } catch {
      // The agent may have gone between the look at its socket and the question.
      try probe()
      throw .unexpected(socket: socket, "\(error)")
    }
  }

  /// Says exactly what is wrong with a socket that nobody answers at, before the HTTP client tries it again and
  /// again until its deadline.
  private func probe() throws(ControlClientError) {
    switch SocketProbe(socket) {
    case .answers: return
    case .missing, .stale: throw .notRunning(socket: socket)
    case .denied: throw .denied(socket: socket)
    case .otherFile: throw .unexpected(socket: socket, "it is not a socket")
    }
  }

  private var escapedSocket: String { escaped(socket) }

  private func escaped(_ text: some CustomStringConvertible) -> String {
    text.description.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      let digits = String(byte, radix: 16, uppercase: true)
      return isPlain || "-._".unicodeScalars.contains(scalar)
        ? String(scalar) : "%" + (byte < 16 ? "0" : "") + digits
    }.joined()
  }
}
