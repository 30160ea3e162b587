import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// A Git server over ssh on 127.0.0.1: OpenSSH's `sshd` lets the user who runs the tests in by key, and gives them
/// `git-shell` and nothing else.
package struct SSHServer: Sendable {
  /// `ssh://USER@127.0.0.1:PORT`.
  package let url: String
  package let port: Int
  package let user: String
  package let gate: Gate
  /// The file with the server's host key, as `ssh-keyscan` prints it.
  package let knownHosts: String
  /// The SHA-256 fingerprint of the host key, as `ssh-keygen -l` prints it.
  package let fingerprint: String
  private let folder: String

  /// Makes a key pair that the server does not know yet.
  ///
  /// - Parameter type: `ed25519`, `ecdsa` or `rsa`.
  /// - Returns: The path of the private key; the public one lies beside it.
  package func makeKey(_ type: String = "ed25519", named name: String = "key", passphrase: String = "")
    async throws -> String
  {
    try await TestSupport.makeKey(type, at: "\(folder)/\(name)-\(type)", passphrase: passphrase)
  }

  /// Lets the owner of a key in.
  ///
  /// - Parameter command: What runs for it, in place of what it asks for (`SSH_ORIGINAL_COMMAND`).
  package func authorize(_ key: String, command: String? = nil) throws {
    let publicKey = try String(contentsOfFile: key + ".pub", encoding: .utf8)
    try write(
      "restrict,command=\"\(command ?? folder + "/pass-gate")\" \(publicKey)", to: folder + "/authorized_keys"
    )
  }

  /// What sshd said.
  package func log() -> String {
    String(decoding: FileManager.default.contents(atPath: folder + "/log") ?? Data(), as: UTF8.self)
  }

  /// Serves every repository of this user while `body` runs.
  package static func serve<Result: Sendable>(_ body: (SSHServer) async throws -> Result) async throws
    -> Result
  {
    try await withTemporaryFolder { own in
      let (gate, _) = try Gate.make(in: own, before: #"git-shell -c "$SSH_ORIGINAL_COMMAND""#)
      let hostKey = try await TestSupport.makeKey("ed25519", at: own + "/host")
      try write(configuration(own), to: own + "/sshd.conf")
      try write(sshServerScript, to: own + "/server.py")
      try write("", to: own + "/authorized_keys")
      guard let entry = getpwuid(geteuid()) else { throw GitCommand.Failure(description: "who am I?") }
      let user = String(cString: entry.pointee.pw_name)
      let arguments = try [
        own + "/server.py", own, UnpackedServers.program("sshd"), UnpackedServers.libraries(),
      ]
      // The server ends when its standard input does: when `body` has ended, or this process has died.
      let result = try await Subprocess.run(
        .name("python3"), arguments: Arguments(arguments), input: .inputWriter, output: .sequence,
        error: .discarded
      ) { execution in
        for try await line in execution.standardOutput.strings() {
          guard let port = Int(line.filter(\.isNumber)) else { break }
          let key = try String(contentsOfFile: hostKey + ".pub", encoding: .utf8)
          try write("[127.0.0.1]:\(port) \(key)", to: own + "/known_hosts")
          let server = SSHServer(
            url: "ssh://\(user)@127.0.0.1:\(port)", port: port, user: user, gate: gate,
            knownHosts: own + "/known_hosts", fingerprint: try await TestSupport.fingerprint(of: hostKey),
            folder: own)
          return try await body(server)
        }
        throw GitCommand.Failure(description: "the ssh server did not start")
      }
      return result.closureResult
    }
  }

  private static func configuration(_ own: String) -> String {
    """
    HostKey \(own)/host
    AuthorizedKeysFile \(own)/authorized_keys
    PidFile none
    StrictModes no
    UsePAM no
    UseDNS no
    PermitRootLogin prohibit-password
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    PrintMotd no
    PrintLastLog no
    LogLevel VERBOSE

    """
  }
}

/// Makes a key pair: the private key at `path`, the public one beside it.
package func makeKey(_ type: String, at path: String, passphrase: String = "") async throws -> String {
  let made = try await run(
    "ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path])
  guard made.status == 0 else { throw GitCommand.Failure(description: "ssh-keygen: \(made.errors)") }
  return path
}

/// Runs `body` with the socket of an ssh agent that holds a key.
package func withSSHAgent<Result: Sendable>(
  holding key: String, in folder: String, _ body: (String) async throws -> Result
) async throws -> Result {
  let socket = folder + "/agent"
  let script = "ssh-add -q \(key) && echo ready && cat >/dev/null"
  // The agent ends with its command, and that one with its standard input.
  let result = try await Subprocess.run(
    .name("ssh-agent"), arguments: ["-a", socket, "sh", "-c", script], input: .inputWriter, output: .sequence,
    error: .discarded
  ) { execution in
    for try await line in execution.standardOutput.strings() where line.contains("ready") {
      return try await body(socket)
    }
    throw GitCommand.Failure(description: "the ssh agent did not start")
  }
  return result.closureResult
}

/// `SHA256:…`, of a key pair by the path of its private key.
package func fingerprint(of key: String) async throws -> String {
  let result = try await run("ssh-keygen", ["-l", "-f", key + ".pub"])
  return result.output.split(separator: " ").dropFirst().first.map(String.init) ?? ""
}

/// Accepts connections and gives each to an sshd of its own, which needs no port then. As root, sshd wants a user
/// named `sshd` and its folder: the user is made up by nss_wrapper, in the eyes of sshd only.
private let sshServerScript = #"""
  import os, socket, subprocess, sys, threading

  own, sshd, libraries = sys.argv[1:]
  environment = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": libraries}
  if os.geteuid() == 0:
      with open("/etc/passwd") as file:
          users = [line for line in file if not line.startswith("sshd:")]
      with open(own + "/passwd", "w") as file:
          file.write("".join(users) + "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n")
      environment |= {"LD_PRELOAD": libraries + "/libnss_wrapper.so", "NSS_WRAPPER_PASSWD": own + "/passwd",
                      "NSS_WRAPPER_GROUP": "/etc/group"}
      os.makedirs("/run/sshd", mode=0o755, exist_ok=True)

  listener = socket.socket()
  listener.bind(("127.0.0.1", 0))
  listener.listen(64)
  log = open(own + "/log", "ab")
  children = []

  def serve():
      while True:
          connection, _ = listener.accept()
          children.append(subprocess.Popen([sshd, "-i", "-e", "-f", own + "/sshd.conf"], env=environment,
                                           stdin=connection, stdout=connection, stderr=log))
          connection.close()

  threading.Thread(target=serve, daemon=True).start()
  print(listener.getsockname()[1], flush=True)
  sys.stdin.buffer.read()
  for child in children:
      child.kill()
  os._exit(0)
  """#
