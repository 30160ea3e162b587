import AsyncHTTPClient
import Effects
import NIOCore
import NIOHTTP1

/// Takes the bytes of a download in order.
protocol ByteSink: Actor {
  /// The bytes it has: where a download that broke off goes on.
  var count: Int { get }
  func append(_ bytes: ByteBuffer) throws(ArtifactError)
  /// Throws away what came so far.
  func restart() throws(ArtifactError)
}

/// Downloads one artifact over HTTP, and takes it up again where it broke off (RFC 9110, section 14).
struct HTTPDownload: Sendable {
  let address: WebAddress
  /// The most bytes that are taken.
  let limit: Int
  let patience: DownloadPatience
  let progress: FetchProgress

  /// Why one transfer ended before the download was complete.
  private enum Interruption: Error {
    /// The connection was closed before the last byte.
    case brokeOff(String)
    /// Bytes stopped coming.
    case stalled
    /// Going on makes no sense now; the store decides by the remedy.
    case failed(ArtifactError)
  }

  /// Fills the sink, which may hold the beginning from an earlier try.
  ///
  /// - Returns: whether it was put together from several transfers.
  /// - Throws: `.notFound`, `.unavailable`, `.invalid` (larger than the limit), `.truncated` (broke off too
  ///   often), or what the sink throws.
  func run(into sink: some ByteSink) async throws(ArtifactError) -> Bool {
    let continued = await sink.count > 0
    var interruptions = 0
    while true {
      let interruption: Interruption
      do {
        try await transfer(into: sink)
        return continued || interruptions > 0
      } catch {
        interruption = error
      }
      interruptions += 1
      let exhausted = interruptions > patience.resumptions
      switch interruption {
      case .failed(let error): throw error
      case .brokeOff(let reason) where exhausted:
        let bytes = await sink.count
        throw ArtifactError(
          .truncated,
          "The download of \(address.shown) broke off \(interruptions) times, last after \(bytes) bytes: \(reason)."
        )
      case .stalled where exhausted:
        throw ArtifactError(.unavailable, "\(address.shown) stopped sending for \(patience.stall).")
      case .brokeOff, .stalled: try checkCancellation()
      }
    }
  }

  private func transfer(into sink: some ByteSink) async throws(Interruption) {
    // A client for each transfer: it is cheap beside a model, and nothing is left open between tries.
    let result: Result<Void, Interruption>
    do {
      result = try await HTTPClient.withHTTPClient(configuration: configuration) { client in
        do throws(Interruption) {
          return .success(try await transfer(with: client, into: sink))
        } catch {
          return .failure(error)
        }
      }
    } catch {
      throw .failed(unavailable("the client could not be shut down: \(error)"))
    }
    try result.get()
  }

  private func transfer(with client: HTTPClient, into sink: some ByteSink) async throws(Interruption) {
    let offset = await sink.count
    let (response, answering) = try await answer(with: client, offset: offset)
    var start = 0
    switch response.status.code {
    case 206: start = try continuation(of: response, from: offset)
    case 200: if offset > 0 { try await restart(sink) }
    case 416 where offset > 0:
      try await restart(sink)
      throw .brokeOff("the server has no bytes from \(offset) on")
    default: throw .failed(refusal(response.status, of: answering))
    }
    let length = response.headers.first(name: "content-length").flatMap { Int($0) }
    try await receive(response.body, from: start, total: length.map { start + $0 }, into: sink)
  }

  /// Sends the request, follows redirects and gives the first answer that is none.
  private func answer(
    with client: HTTPClient, offset: Int
  ) async throws(Interruption) -> (HTTPClientResponse, WebAddress) {
    var target = address
    for _ in 0...patience.redirects {
      let response: HTTPClientResponse
      do {
        response = try await client.execute(
          request(to: target, offset: offset), deadline: .now() + TimeAmount(patience.firstByte))
      } catch {
        throw .failed(unavailable("\(error)"))
      }
      guard [301, 302, 303, 307, 308].contains(response.status.code),
        let location = response.headers.first(name: "location")
      else { return (response, target) }
      do {
        target = try target.redirected(to: location)
      } catch {
        throw .failed(error)
      }
    }
    throw .failed(
      ArtifactError(.notFound, "\(address.shown) redirects more than \(patience.redirects) times."))
  }

  private func request(to target: WebAddress, offset: Int) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: target.url)
    request.headers.add(name: "accept", value: "*/*")
    // The digest is one of the bytes as they are stored, so they must come as they are.
    request.headers.add(name: "accept-encoding", value: "identity")
    request.headers.add(name: "user-agent", value: "evenkeel")
    if offset > 0 { request.headers.add(name: "range", value: "bytes=\(offset)-") }
    return request
  }

  /// Where a partial answer starts, which must be where we stopped.
  private func continuation(
    of response: HTTPClientResponse, from offset: Int
  ) throws(Interruption) -> Int {
    let range = response.headers.first(name: "content-range") ?? ""
    guard offset > 0, range.hasPrefix("bytes \(offset)-") else {
      throw .failed(unavailable("it answered with the range \(quoted(range)), not from \(offset) on"))
    }
    return offset
  }

  private func receive(
    _ body: HTTPClientResponse.Body, from start: Int, total: Int?, into sink: some ByteSink
  ) async throws(Interruption) {
    var count = start
    progress.update(bytes: count, total: total)
    try checkLimit(total ?? count)
    var pieces = body.makeAsyncIterator()
    var pace = Pace(patience: patience)
    while let piece = try await next(&pieces) {
      count += piece.readableBytes
      try checkLimit(count)
      do {
        try await sink.append(piece)
      } catch {
        throw .failed(error)
      }
      progress.update(bytes: count, total: total)
      if count != total { try checkPace(&pace, piece.readableBytes) }
    }
    guard total == nil || total == count else { throw .brokeOff("\(count) of \(total ?? 0) bytes came") }
  }

  /// Too slow is an outage: the slot goes to somebody else, and the next try goes on where this one stopped.
  private func checkPace(_ pace: inout Pace, _ bytes: Int) throws(Interruption) {
    guard let slow = pace.add(bytes, at: .now) else { return }
    throw .failed(
      ArtifactError(
        .unavailable, "\(address.shown) sends too slowly: \(slow) bytes in \(patience.rateWindow)."))
  }

  private func next(
    _ pieces: inout HTTPClientResponse.Body.AsyncIterator
  ) async throws(Interruption) -> ByteBuffer? {
    do {
      return try await pieces.next()
    } catch let error as HTTPClientError where error == .readTimeout {
      throw .stalled
    } catch {
      throw Task.isCancelled ? .failed(unavailable("the store was shut down")) : .brokeOff("\(error)")
    }
  }

  private func restart(_ sink: some ByteSink) async throws(Interruption) {
    do {
      try await sink.restart()
    } catch {
      throw .failed(error)
    }
  }

  private func checkLimit(_ bytes: Int) throws(Interruption) {
    guard bytes <= limit else {
      throw .failed(
        ArtifactError(.invalid, "\(address.shown) is larger than the limit for artifacts of \(limit) bytes."))
    }
  }

  /// What a status that brings no bytes means. Too many requests and timeouts pass; other 4xx do not.
  private func refusal(_ status: HTTPResponseStatus, of target: WebAddress) -> ArtifactError {
    let final = (300..<500).contains(status.code) && ![408, 425, 429].contains(status.code)
    return ArtifactError(
      final ? .notFound : .unavailable, "\(target.shown) answered \(status.code) \(status.reasonPhrase).")
  }

  private func unavailable(_ reason: String) -> ArtifactError {
    ArtifactError(.unavailable, "\(address.shown) cannot be reached: \(reason).")
  }

  private var configuration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(patience.connect), read: TimeAmount(patience.stall)))
    configuration.decompression = .disabled
    configuration.proxy = nil
    // The store tries again by itself, with its own pauses.
    configuration.connectionPool.retryConnectionEstablishment = false
    return configuration
  }
}

/// How fast the bytes of one transfer come, in windows one after the other.
private struct Pace {
  let patience: DownloadPatience
  private var begun = ContinuousClock.now
  private var bytes = 0

  init(patience: DownloadPatience) { self.patience = patience }

  /// Answers the bytes of the window that ends now if they are too few.
  mutating func add(_ more: Int, at now: ContinuousClock.Instant) -> Int? {
    bytes += more
    guard now - begun >= patience.rateWindow else { return nil }
    guard bytes >= patience.minimumBytes else { return bytes }
    begun = now
    bytes = 0
    return nil
  }
}
