import FoundationEssentials
import Glibc

/// Tells the service manager how the agent stands: the protocol of sd_notify(3), one datagram per message to the
/// socket that `NOTIFY_SOCKET` names. Does nothing when there is none; a message that is lost does no harm.
struct ServiceNotifier: Sendable {
  private let socketPath: String?

  init(socketPath: String? = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"]) {
    self.socketPath = socketPath
  }

  func ready() {
    send("READY=1\nSTATUS=the gateway serves")
  }

  /// Keeps the manager's patience while the start takes long, and says why.
  func waiting(for what: String, atMost duration: Duration) {
    let line = what.replacing("\n", with: " ")
    send("STATUS=waiting for \(line)\nEXTEND_TIMEOUT_USEC=\(duration.components.seconds * 1_000_000)")
  }

  func stopping() {
    send("STOPPING=1\nSTATUS=stopping; models and gateway keep serving")
  }

  private func send(_ message: String) {
    guard let socketPath, let (address, length) = socketAddress(socketPath) else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array(message.utf8)
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(
          descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), $0, length)
      }
    }
  }

  /// A path, or after `@` a name in the kernel's abstract space, which begins with a zero and has no other end than
  /// its length.
  private func socketAddress(_ path: String) -> (sockaddr_un, socklen_t)? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    guard let first = name.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@") else { return nil }
    let isAbstract = first == UInt8(ascii: "@")
    if isAbstract { name[0] = 0 } else { name.append(0) }
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { buffer in
      guard name.count <= buffer.count else { return false }
      buffer.copyBytes(from: name)
      return true
    }
    guard fits else { return nil }
    return (address, socklen_t(MemoryLayout<sa_family_t>.size + name.count))
  }
}
