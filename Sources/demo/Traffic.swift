import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import SystemPackage

/// Users: real images, sent for classification all the time through the gateway.
struct Traffic: Sendable {
  /// How many requests are under way at once.
  private static let users = 8
  /// How long a user waits after an answer: about a hundred requests a second in all, which two cores serve
  /// beside the model servers that are being started.
  private static let pause = Duration.milliseconds(70)

  private let url: String
  private let bodies: [ByteBuffer]
  private let labels: [Int]
  private let tally: Tally

  /// - Parameter file: images that no version has seen, as train.py writes them.
  init(requests file: FilePath, gatewayPort: Int, tally: Tally) throws {
    struct Requests: Decodable {
      let images: [[Double]]
      let labels: [Int]
    }
    let requests = try JSONDecoder().decode(
      Requests.self, from: Data(contentsOf: URL(filePath: file.string)))
    url = "http://127.0.0.1:\(gatewayPort)/v2/models/digits/infer"
    bodies = requests.images.map { ByteBuffer(string: inferenceRequest(image: $0)) }
    labels = requests.labels
    self.tally = tally
  }

  /// Sends requests until it is cancelled.
  func flow() async throws -> Never {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for user in 0..<Self.users {
        group.addTask {
          var next = user
          while true {
            try Task.checkCancellation()
            await send(next % bodies.count)
            next += Self.users
            try await Task.sleep(for: Self.pause)
          }
        }
      }
      try await group.waitForAll()
    }
    throw CancellationError()
  }

  private func send(_ index: Int) async {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(bodies[index])
    do {
      let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
      let body = try await response.body.collect(upTo: 1 << 16)
      guard let revision = response.headers.first(name: "x-evenkeel-revision") else {
        return await tally.recordLost("\(response.status.code) without a model")
      }
      await tally.record(
        judge(status: response.status, body: body, label: labels[index]), by: shortRevision(revision),
        at: .now)
    } catch {
      // A request that the end of the demo cut off is not a lost one.
      if !Task.isCancelled { await tally.recordLost("\(error)") }
    }
  }

  private func judge(status: HTTPResponseStatus, body: ByteBuffer, label: Int) -> Tally.Answer {
    struct Response: Decodable {
      struct Output: Decodable { let data: [Int] }
      let outputs: [Output]
    }
    guard status.code < 500 else { return .error }
    let response = try? JSONDecoder().decode(Response.self, from: Data(body.readableBytesView))
    return response?.outputs.first?.data.first == label ? .right : .wrong
  }
}

/// One image as the Open Inference Protocol asks for it.
private func inferenceRequest(image: [Double]) -> String {
  let data = image.map(\.description).joined(separator: ",")
  return """
    {"inputs":[{"name":"image","shape":[1,\(image.count)],"datatype":"FP64","data":[\(data)]}]}
    """
}
