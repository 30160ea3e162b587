package import Vocabulary

/// What the agent's own file says: an `Agent` document with all defaults filled in.
package struct AgentSettings: Sendable, Hashable {
  /// The agent's name, quoted in its commits.
  package var name: String
  package var source: Source
  /// An absolute path.
  package var stateDirectory: String
  package var host: Host
  /// The absolute path of the control API's unix socket.
  package var socket: String
  /// The largest share, in percent, of the running models that one commit may remove.
  package var pruneLimit: Int
  /// How many rollouts may be under way at once; `nil` is as many as there are.
  package var maxParallelRollouts: Int?

  package init(
    name: String, source: Source, stateDirectory: String, host: Host, socket: String,
    pruneLimit: Int = AgentSettings.defaultPruneLimit, maxParallelRollouts: Int? = nil
  ) {
    self.name = name
    self.source = source
    self.stateDirectory = stateDirectory
    self.host = host
    self.socket = socket
    self.pruneLimit = pruneLimit
    self.maxParallelRollouts = maxParallelRollouts
  }

  /// The `pruneLimit` of an agent whose file does not name one.
  package static let defaultPruneLimit = 50

  /// The Git repository that says what should run.
  package struct Source: Sendable, Hashable {
    /// `file:`, `http:`, `https:` or `ssh:`, without credentials.
    package var url: String
    package var branch: String
    /// The folder with the manifests, without slashes at its ends; empty is the whole repository.
    package var path: String
    package var interval: Duration
    /// The deadline of one network operation.
    package var timeout: Duration
    /// A file with the certificates of the authorities that may vouch for an `https:` server; those of the host when
    /// `nil`.
    package var caFile: String?
    package var auth: Credentials?
    package var verify: Verification
    package var writeBack: WriteBack

    package init(
      url: String, branch: String = "main", path: String = "", interval: Duration = .seconds(30),
      timeout: Duration = .seconds(60), caFile: String? = nil, auth: Credentials? = nil,
      verify: Verification = Verification(), writeBack: WriteBack = WriteBack()
    ) {
      self.url = url
      self.branch = branch
      self.path = path
      self.interval = interval
      self.timeout = timeout
      self.caFile = caFile
      self.auth = auth
      self.verify = verify
      self.writeBack = writeBack
    }
  }

  /// Which commits must be signed, and by whom.
  package struct Verification: Sendable, Hashable {
    package enum Mode: String, CaseIterable, Sendable {
      /// Every commit since the trusted one before, also those that a merge brings in.
      case all
      /// Only the tip: whoever signs it answers for all that it follows.
      case head
      /// None.
      case none
    }
    package var mode: Mode
    /// SSH keys, in OpenSSH's format of allowed signers.
    package var allowedSignersFile: String?
    /// SSH keys of agents, in the same format, which may only go back to what was trusted before.
    package var revertOnlySignersFile: String?
    /// Public GPG keys.
    package var keyringFile: String?

    package init(
      mode: Mode = .none, allowedSignersFile: String? = nil, revertOnlySignersFile: String? = nil,
      keyringFile: String? = nil
    ) {
      self.mode = mode
      self.allowedSignersFile = allowedSignersFile
      self.revertOnlySignersFile = revertOnlySignersFile
      self.keyringFile = keyringFile
    }
  }

  /// How the agent writes to Git, and as whom.
  package struct WriteBack: Sendable, Hashable {
    package enum Mode: String, Sendable, CaseIterable {
      /// Reverts are pushed to the branch that is followed.
      case push
      /// Each revert is pushed to a branch of its own, for people to merge.
      case branch
    }

    /// Author and committer of its commits.
    package var name: String
    package var email: String
    /// The SSH private key that signs them; `nil` when they are not signed.
    package var signingKeyFile: String?
    package var mode: Mode

    package init(
      name: String = "Evenkeel", email: String = "evenkeel@localhost", signingKeyFile: String? = nil,
      mode: Mode = .push
    ) {
      self.name = name
      self.email = email
      self.signingKeyFile = signingKeyFile
      self.mode = mode
    }
  }

  /// How models run on this host.
  package struct Host: Sendable, Hashable {
    /// The ports that instances listen on.
    package var ports: ClosedRange<Int>
    package var gateway: Gateway
    /// What instances may use in all; what the machine has when `nil`.
    package var capacity: Resources?

    package init(ports: ClosedRange<Int>, gateway: Gateway, capacity: Resources? = nil) {
      self.ports = ports
      self.gateway = gateway
      self.capacity = capacity
    }
  }

  package struct Gateway: Sendable, Hashable {
    package var listen: ListenAddress
    /// The Envoy program: an absolute path, or a name to look for on `PATH`.
    package var envoy: String

    package init(listen: ListenAddress, envoy: String) {
      self.listen = listen
      self.envoy = envoy
    }
  }
}

/// A numeric IP address, IPv6 without brackets, and a port.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  package var host: String
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// `127.0.0.1:8000` or `[::1]:8000`.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
