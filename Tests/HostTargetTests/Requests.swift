import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

struct Answer: Sendable {
  var status: Int
  var headers: HTTPHeaders
  var body: [UInt8]
  var text: String { String(decoding: body, as: UTF8.self) }
}

/// Like production clients: connections are kept and used again. Lives as long as the test process.
private let client: HTTPClient = {
  var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
  configuration.connectionPool.retryConnectionEstablishment = false
  configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
  return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
}()

func get(
  _ port: Int, _ path: String, host: String? = nil, headers: HTTPHeaders = [:]
) async throws -> Answer {
  var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
  request.headers = headers
  if let host { request.headers.add(name: "host", value: host) }
  return try await send(request)
}

/// An inference with one row; requests with different numbers have different bodies.
func infer(
  _ port: Int, model: String = "model", _ number: Int, headers: HTTPHeaders = [:],
  patience: TimeAmount = .seconds(15)
) async throws -> Answer {
  try await send(inference(port, model, number, headers), patience: patience)
}

/// The status of an inference whose answer is broken off before its body.
func inferWithoutBody(_ port: Int, _ number: Int) async throws -> Int {
  let request = inference(port, "model", number, [:])
  return Int(try await client.execute(request, deadline: .now() + .seconds(15)).status.code)
}

private func inference(_ port: Int, _ model: String, _ number: Int, _ headers: HTTPHeaders)
  -> HTTPClientRequest
{
  var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/v2/models/\(model)/infer")
  request.method = .POST
  request.headers = headers
  let body = #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[[\#(number),1]]}]}"#
  request.body = .bytes(ByteBuffer(string: body))
  return request
}

func send(_ request: HTTPClientRequest, patience: TimeAmount = .seconds(15)) async throws -> Answer {
  let response = try await client.execute(request, deadline: .now() + patience)
  let body = try await response.body.collect(upTo: 1 << 20)
  return Answer(status: Int(response.status.code), headers: response.headers, body: Array(buffer: body))
}
