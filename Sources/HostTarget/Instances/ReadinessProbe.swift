import AsyncHTTPClient
import Glibc
import NIOCore

/// What one question to a model's ready path came to.
enum ProbeAnswer: Hashable, Sendable {
  case ready
  /// The text says what happened instead of a 200.
  case notReady(String)
}

/// Asks an instance whether its model is ready. Only the status 200 says so.
func probe(port: Int, path: String, timeout: Duration = .seconds(1)) async -> ProbeAnswer {
  let path = path.hasPrefix("/") ? path : "/" + path
  do {
    let status = try await LocalHTTP.status(of: "http://127.0.0.1:\(port)\(path)", deadline: timeout)
    return status == 200 ? .ready : .notReady("\(path) answered \(status)")
  } catch let error as HTTPClientError where error.isTimeout {
    return .notReady("\(path) did not answer within \(timeout)")
  } catch let error as IOError where error.errnoCode == ECONNREFUSED {
    return .notReady("nothing listens on port \(port)")
  } catch {
    return .notReady("\(path) could not be asked: \(error)")
  }
}

extension HTTPClientError {
  var isTimeout: Bool {
    self == .deadlineExceeded || self == .readTimeout || self == .connectTimeout
  }
}
