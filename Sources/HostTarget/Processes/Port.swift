import Glibc

/// Whether nobody listens on this port of an IPv4 address: whether we could.
///
/// The address may be taken again while old connections linger (`SO_REUSEADDR`), as servers do it themselves.
/// Errors other than a taken address are left for the server to report.
func isPortFree(_ port: Int, host: String = "127.0.0.1") -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { return true }
  defer { close(descriptor) }
  var yes: Int32 = 1
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(clamping: port).bigEndian
  guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return true }
  let bound = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  return bound == 0 || errno != EADDRINUSE
}
