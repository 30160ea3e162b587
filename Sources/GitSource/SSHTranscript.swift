package import Effects
package import Manifests

/// What `ssh -o LogLevel=DEBUG1` wrote to standard error: its own messages, and those of the program at the other
/// end.
package struct SSHTranscript: Sendable {
  /// The key that the host has shown.
  package struct HostKey: Hashable, Sendable, CustomStringConvertible {
    package var type: String
    package var fingerprint: String
    package var description: String { "\(type) \(fingerprint)" }
  }

  /// What debugging adds, without the `debug1: ` before it.
  private var notes: [String] = []
  /// Everything else, before we were let in and after.
  private var words: [String] = []
  private var remoteWords: [String] = []
  package private(set) var isAuthenticated = false

  package init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("debug1: ") {
        notes.append(String(line.dropFirst("debug1: ".count)))
      } else if line.hasPrefix("Authenticated to ") {
        isAuthenticated = true
      } else if !Self.isSmallTalk(line) {
        if isAuthenticated { remoteWords.append(String(line)) } else { words.append(String(line)) }
      }
    }
  }

  private static func isSmallTalk(_ line: Substring) -> Bool {
    ["OpenSSH_", "Transferred: ", "Bytes per second: ", "Connection to "].contains(where: line.hasPrefix)
  }

  /// The first one named is ssh's own word; later lines may come from the other end.
  package var hostKey: HostKey? {
    let parts = notes.first { $0.hasPrefix("Server host key: ") }?.split(separator: " ") ?? []
    return parts.count == 5 ? HostKey(type: String(parts[3]), fingerprint: String(parts[4])) : nil
  }

  /// Type and fingerprint of the key that was offered last: what the host's administrators know it by.
  private var offeredKey: String? {
    let parts = notes.last { $0.hasPrefix("Offering public key: ") }?.split(separator: " ") ?? []
    return parts.count > 5 ? "\(parts[4]) \(parts[5])" : nil
  }

  /// What stopped the connection; `nil` when nothing here tells.
  package func trouble(at address: SSHAddress, with credentials: AgentSettings.Credentials) -> SourceError? {
    if isAuthenticated { return refusalByProgram(at: address) }
    if said("Host key verification failed") || said("REVOKED HOST KEY") {
      return untrustedHost(address, credentials)
    }
    if said("Permission denied (") { return refusedIdentity(at: address, credentials) }
    guard let last = words.last else { return nil }
    return SourceError(.unreachable, "cannot reach \(address.place): \(oneLine(last, limit: 300))")
  }

  private func said(_ text: String) -> Bool { words.contains { $0.contains(text) } }

  private func untrustedHost(_ address: SSHAddress, _ credentials: AgentSettings.Credentials) -> SourceError {
    let file = credentials.knownHosts
    let key = hostKey.map { oneLine("\($0)", limit: 200) } ?? "a key"
    let name = address.nameInKnownHosts
    if said("REVOKED HOST KEY") {
      return SourceError(.denied, "\(address.place) shows the host key \(key), which \(file) revokes")
    }
    if said("HOST IDENTIFICATION HAS CHANGED") || said("has changed and you have requested") {
      return SourceError(
        .denied,
        "\(address.place) shows the host key \(key), but \(file) has another: either the host has a new key, or "
          + "somebody else answers. Compare it with the fingerprint that the host publishes; only if they are equal, "
          + "remove the old line (`ssh-keygen -R '\(name)' -f \(file)`) and add the new one "
          + "(`\(address.scan) >> \(file)`)")
    }
    return SourceError(
      .denied,
      "\(address.place) shows the host key \(key), which is not in \(file): compare it with the fingerprint that the "
        + "host publishes, and add it (`\(address.scan) >> \(file)`)")
  }

  private func refusedIdentity(at address: SSHAddress, _ credentials: AgentSettings.Credentials)
    -> SourceError
  {
    let shown = offeredKey.map { " (\(oneLine($0, limit: 200)))" } ?? ""
    switch credentials {
    case .sshAgent(let socket, _):
      let none = offeredKey == nil ? ", or the agent has none" : ""
      return SourceError(
        .denied,
        "\(address.place) accepts no key of the ssh agent at \(socket)\(none), for user \(address.user)")
    case .sshKey(let file, _):
      if let problem = words.first(where: { $0.hasPrefix("Load key ") || $0.contains("UNPROTECTED") }) {
        return SourceError(.denied, "the ssh key \(file) cannot be used: \(oneLine(problem, limit: 300))")
      }
      if notes.contains(where: { $0.hasPrefix("Server accepts key: ") }) {
        return SourceError(
          .denied,
          "the ssh key \(file) cannot be used: it must have no passphrase, since nobody is there to type it")
      }
      return SourceError(
        .denied, "\(address.place) does not accept the key in \(file)\(shown) for user \(address.user)")
    case .token:
      return SourceError(.denied, "\(address.place) refuses access")
    }
  }

  /// We were let in, and then the program at the other end said no. Its words differ from host to host.
  private func refusalByProgram(at address: SSHAddress) -> SourceError? {
    guard !remoteWords.isEmpty else { return nil }
    let text = oneLine(remoteWords.joined(separator: " "), limit: 500)
    let lowered = text.lowercased()
    let kind: SourceError.Kind =
      if ["denied", "read only", "not allowed", "unauthorized"].contains(where: lowered.contains) {
        .denied
      } else if ["not found", "could not be found", "not appear to be a git"].contains(
        where: lowered.contains)
      {
        .notFound
      } else {
        .unreachable
      }
    return SourceError(kind, "\(address.place) says about \(oneLine(address.path)): \(text)")
  }
}

extension AgentSettings.Credentials {
  /// The file with the host keys that are trusted.
  var knownHosts: String {
    switch self {
    case .sshKey(_, let file), .sshAgent(_, let file): file
    case .token: ""
    }
  }
}

extension SSHAddress {
  /// For messages: the host, and the port if it is unusual.
  fileprivate var place: String { port == Self.defaultPort ? host : "\(nameInKnownHosts)" }

  fileprivate var nameInKnownHosts: String { port == Self.defaultPort ? host : "[\(host)]:\(port)" }

  /// The command that prints the host's keys.
  fileprivate var scan: String {
    port == Self.defaultPort ? "ssh-keyscan \(host)" : "ssh-keyscan -p \(port) \(host)"
  }
}
