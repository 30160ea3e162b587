extension AgentSettings {
  /// What the agent shows the remote. Files and sockets are named, never what is in them: that is read for each
  /// operation anew, so that a file can be replaced while the agent runs.
  package enum Credentials: Codable, Sendable, Hashable {
    /// A password or an access token, for `https:`.
    case token(file: String, username: String)
    /// A private key, for `ssh:`. The host's key must be in the file of known hosts.
    case sshKey(file: String, knownHosts: String)
    /// Whatever keys an ssh agent holds.
    case sshAgent(socket: String, knownHosts: String)
  }
}

extension AgentSettings.Credentials {
  /// The name that goes with a token whose user is not named. The hosts that hand out tokens ask for some name and
  /// look at the token only.
  package static let defaultUsername = "git"

  /// Why these credentials cannot be used with a URL; `nil` when they can.
  package func misfit(with url: String) -> String? {
    let scheme = String(url.prefix { $0 != ":" })
    switch (scheme, self) {
    case ("https", .token), ("ssh", .sshKey), ("ssh", .sshAgent): return nil
    case ("http", .token):
      return isLoopback(url) ? nil : "a token never goes over `http:`, where others can read it: use `https:`"
    case ("http", _), ("https", _):
      return "`\(scheme):` takes a `tokenFile`; keys and agents are for `ssh:`"
    case ("ssh", .token):
      return "`ssh:` takes a `sshKeyFile` or a `sshAgentSocket`; tokens are for `https:`"
    default: return "`\(scheme):` takes no credentials"
    }
  }
}

/// Whether an `http:` URL leads to this host only.
private func isLoopback(_ url: String) -> Bool {
  guard let separator = url.firstRange(of: "://") else { return false }
  let authority = url[separator.upperBound...].prefix { !"/?#".contains($0) }
  if authority.hasPrefix("[") { return authority.hasPrefix("[::1]") }
  let host = authority.prefix { $0 != ":" }
  let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
  return host == "localhost" || (numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil))
}
