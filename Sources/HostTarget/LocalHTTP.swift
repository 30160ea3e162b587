import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Short requests to servers on this host: a model's ready path, the gateway's admin interface.
enum LocalHTTP {
  /// One client for the life of the process, on the process's shared event loops; it is never shut down.
  /// It follows no redirect (200 only is an answer) and does not try a refused connection again behind our back.
  private static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 4
    configuration.timeout.connect = .seconds(1)
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  /// The status of a GET; the body is not read. Uses a connection of its own, so that it also tells whether new
  /// clients are served.
  static func status(of url: String, deadline: Duration) async throws -> Int {
    var request = HTTPClientRequest(url: url)
    request.headers.add(name: "connection", value: "close")
    let response = try await client.execute(request, deadline: .now() + TimeAmount(deadline))
    return Int(response.status.code)
  }

  /// The body of an answer with status 200, at most `limit` bytes; `nil` for another status.
  static func body(of url: String, limit: Int, deadline: Duration) async throws -> [UInt8]? {
    var request = HTTPClientRequest(url: url)
    // Otherwise the path of a socket would be sent as the name of the host, which Envoy refuses.
    request.headers.add(name: "host", value: "localhost")
    let response = try await client.execute(request, deadline: .now() + TimeAmount(deadline))
    guard response.status == .ok else { return nil }
    var body = try await response.body.collect(upTo: limit)
    return body.readBytes(length: body.readableBytes)
  }
}
