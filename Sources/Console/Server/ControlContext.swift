package import FoundationEssentials
import Glibc
import Hummingbird
import Logging
import NIOCore

/// What belongs to one request besides itself.
struct ControlContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  private let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// No command needs more.
  var maxUploadSize: Int { 64 << 10 }

  var responseEncoder: JSONEncoder { controlEncoder() }

  /// The user at the other end, as the kernel vouches for it (`SO_PEERCRED`); `nil` when it cannot tell.
  func peer() async -> String? {
    guard let provider = channel as? any SocketOptionProvider else { return nil }
    let credentials: PeerCredentials? = try? await provider.unsafeGetSocketOption(
      level: NIOBSDSocket.OptionLevel(rawValue: SOL_SOCKET),
      name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
    ).get()
    return credentials.map { userName(of: $0.user) ?? "uid \($0.user)" }
  }
}

/// The kernel's `struct ucred` (unix(7)), which the C library hides behind a feature macro.
private struct PeerCredentials {
  var process: pid_t = 0
  var user: uid_t = 0
  var group: gid_t = 0
}

/// The name of a user in the host's database; `nil` when it has none.
private func userName(of user: uid_t) -> String? {
  var entry = passwd()
  var found: UnsafeMutablePointer<passwd>?
  var buffer = [CChar](repeating: 0, count: 16 << 10)
  guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, let name = found?.pointee.pw_name else {
    return nil
  }
  return String(cString: name)
}

/// One way to write JSON everywhere: the same value gives the same bytes.
package func controlEncoder() -> JSONEncoder {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return encoder
}
