import YAML

/// How the agent shows the remote who it is: exactly one way.
let sourceAuth: ValueType<AgentSettings.Credentials> = ValueType<AuthFields>.object(
  .alternative(
    "sshKeyFile", .sshPath, "For `ssh:`: the private key. Only the agent's user may read the file."),
  .alternative("sshAgentSocket", .sshPath, "For `ssh:`: the socket of an ssh agent that holds the key."),
  .alternative(
    "tokenFile", .absolutePath,
    "For `https:`: an access token or a password. Only the agent's user may read the file."),
  .optional(
    "knownHostsFile", .sshPath,
    "The host keys that are trusted, as `ssh-keyscan` prints them. `ssh:` needs it."),
  .optional(
    "username", .username,
    "The user that the token belongs to; `\(AgentSettings.Credentials.defaultUsername)` when absent.")
) { key, agent, token, knownHosts, username in
  AuthFields(key: key, agent: agent, token: token, knownHosts: knownHosts, username: username)
}.made { fields, position, reading in fields.credentials(at: position, &reading) }

/// The fields as they were written, before anybody has asked whether they go together.
private struct AuthFields: Sendable {
  var key: String?
  var agent: String?
  var token: String?
  var knownHosts: String?
  var username: String?

  func credentials(at position: Position, _ reading: inout Reading) -> AgentSettings.Credentials? {
    guard [key, agent, token].count(where: { $0 != nil }) == 1 else {
      reading.report(
        "`auth` needs exactly one of `sshKeyFile`, `sshAgentSocket`, `tokenFile`", at: position)
      return nil
    }
    if let token {
      guard knownHosts == nil else {
        reading.report("`knownHostsFile` is for `ssh:`, not for a token", at: position)
        return nil
      }
      return .token(file: token, username: username ?? AgentSettings.Credentials.defaultUsername)
    }
    guard username == nil else {
      reading.report(
        "the user of `ssh:` stands in `url`", at: position, suggestion: "write `ssh://USER@host/path`")
      return nil
    }
    guard let knownHosts else {
      reading.report(
        "the field `knownHostsFile` is missing: without it, nobody knows the host from an impostor",
        at: position, suggestion: "`ssh-keyscan HOST` prints its lines; compare the fingerprints")
      return nil
    }
    if let key { return .sshKey(file: key, knownHosts: knownHosts) }
    return agent.map { .sshAgent(socket: $0, knownHosts: knownHosts) }
  }
}

/// Reports credentials and authorities that do not go with the URL.
func checkAccess(_ source: Located<AgentSettings.Source>, auth: Position?, _ reading: inout Reading) {
  let url = source.value.url
  if let complaint = source.value.auth?.misfit(with: url) {
    reading.report(complaint, at: auth ?? source.position)
  }
  if source.value.auth == nil, url.hasPrefix("ssh:") {
    reading.report(
      "`ssh:` needs `auth`", at: source.position,
      suggestion: "write `auth: {sshKeyFile: /path, knownHostsFile: /path}`")
  }
  if source.value.caFile != nil, !url.hasPrefix("https:") {
    reading.report("`caFile` is for `https:` only", at: source.position)
  }
}

extension ValueType where Value == String {
  /// A path that OpenSSH takes as it is: in its options it splits at spaces, and expands `%` and `$`.
  fileprivate static let sshPath = text(
    "absolute path", mustBe: "an absolute path without spaces, quotes, `%`, `$` and `\\`"
  ) { text in
    let isPlain =
      text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } && !text.contains { "\"'%$\\".contains($0) }
    return text.utf8.first == UInt8(ascii: "/") && isPlain ? text : nil
  }

  /// Basic authentication ends the name at the first colon.
  fileprivate static let username = text("name", mustBe: "a name without `:`") { text in
    !text.isEmpty && isPrintable(text) && !text.contains(":") ? text : nil
  }
}
