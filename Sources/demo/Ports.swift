import Glibc

/// A free port of 127.0.0.1 for the gateway, and a range of free ones for the model servers that does not hold it.
func freePorts(inRange count: Int) throws -> (gateway: Int, instances: ClosedRange<Int>) {
  for start in stride(from: 20_000, to: 32_000, by: count + 1).shuffled() {
    let ports = start...(start + count)
    if ports.allSatisfy(isFree) { return (start, (start + 1)...(start + count)) }
  }
  throw StoryError("no \(count + 1) free ports in a row between 20000 and 32000")
}

/// Whether something could listen on the port now. Linux hands out ephemeral ports from 32768 on, so a port
/// below is not taken by chance a moment later.
private func isFree(_ port: Int) -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  var reuse: Int32 = 1
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}
