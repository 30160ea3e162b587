package import Manifests

/// The command line of OpenSSH's `ssh` for one service of one repository. It holds paths, and nothing secret.
package struct SSHCommand: Sendable {
  package static let program = "/usr/bin/ssh"
  package let arguments: [String]

  /// - Parameters:
  ///   - service: `git-upload-pack` or `git-receive-pack`.
  ///   - patience: How many seconds the host may take until it is connected.
  package init(
    _ service: String, at address: SSHAddress, with credentials: AgentSettings.Credentials, patience: Int
  ) {
    let options = Self.isolation + Self.identity(credentials) + ["ConnectTimeout=\(patience)"]
    arguments =
      [Self.program, "-F", "/dev/null", "-T", "-p", "\(address.port)"]
      + options.flatMap { ["-o", $0] }
      + ["-l", address.user, "--", address.host, "\(service) \(quotedForShell(address.path))"]
  }

  /// Neither the host's nor the user's ssh has a say, nobody is asked anything, and a host key that is not known
  /// ends it. The log says which key the host has shown.
  private static let isolation = [
    "BatchMode=yes", "StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null", "UpdateHostKeys=no",
    "VerifyHostKeyDNS=no", "CanonicalizeHostname=no", "PreferredAuthentications=publickey",
    "PasswordAuthentication=no", "KbdInteractiveAuthentication=no", "GSSAPIAuthentication=no",
    "HostbasedAuthentication=no", "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes",
    "ControlMaster=no", "ControlPath=none", "PermitLocalCommand=no", "AddKeysToAgent=no", "LogLevel=DEBUG1",
  ]

  private static func identity(_ credentials: AgentSettings.Credentials) -> [String] {
    switch credentials {
    case .sshKey(let file, let knownHosts):
      [
        "IdentitiesOnly=yes", "IdentityFile=\(file)", "IdentityAgent=none",
        "UserKnownHostsFile=\(knownHosts)",
      ]
    case .sshAgent(let socket, let knownHosts):
      ["IdentityFile=none", "IdentityAgent=\(socket)", "UserKnownHostsFile=\(knownHosts)"]
    case .token: []
    }
  }
}

/// One word for the remote's shell, as Git writes it: git-shell understands no other form.
private func quotedForShell(_ text: String) -> String {
  let escaped = text.map { $0 == "'" || $0 == "!" ? "'\\\($0)'" : String($0) }
  return "'\(escaped.joined())'"
}
