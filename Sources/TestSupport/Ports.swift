import Glibc
import Synchronization

/// No ports are left to test with.
package struct NoFreePorts: Error {}

/// A range of TCP ports of 127.0.0.1 on which nobody listens, another one at each call.
///
/// All lie below 32768, from where Linux gives ports to outgoing connections: one of these could take a port before
/// the server that it was found for.
package func freePorts(_ count: Int) throws -> ClosedRange<Int> {
  for _ in 0..<1000 {
    let first = nextPort.withLock { next in
      if next + count > 32_000 { next = 10_000 }
      defer { next += count }
      return next
    }
    let range = first...(first + count - 1)
    if range.allSatisfy({ bound(to: $0)?.close() != nil }) { return range }
  }
  throw NoFreePorts()
}

/// Parallel runs of the tests begin at different ports.
private let nextPort = Mutex(Int.random(in: 10_000..<31_000))

/// Somebody else's socket, which listens on a port of 127.0.0.1 until it is closed.
package struct ForeignListener: Sendable {
  private let socket: BoundSocket

  /// - Throws: ``NoFreePorts`` when the port cannot be had.
  package init(port: Int) throws {
    guard let socket = bound(to: port), listen(socket.descriptor, 1) == 0 else { throw NoFreePorts() }
    self.socket = socket
  }

  package func close() { socket.close() }
}

private struct BoundSocket: Sendable {
  let descriptor: Int32

  func close() { Glibc.close(descriptor) }
}

private func bound(to port: Int) -> BoundSocket? {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { return nil }
  var reuse: Int32 = 1
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
  let isBound = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
  if isBound { return BoundSocket(descriptor: descriptor) }
  close(descriptor)
  return nil
}
