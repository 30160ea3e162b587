package import Effects
package import Logging
package import Manifests
package import Planning

/// Everything the loop touches. The command line gives it the real ones, a simulation its own.
package struct Edges: Sendable {
  package var repository: any ConfigRepository
  package var artifacts: any ArtifactStore
  package var instances: any InstanceDriver
  package var gateway: any Gateway
  package var journal: any JournalStore
  package var clock: any Clock
  /// 64 random bits, for names and for jitter.
  package var dice: @Sendable () -> UInt64
  /// Waits a moment, less than a few seconds.
  package var pause: @Sendable (Duration) async -> Void
  package var logger: Logger

  package init(
    repository: any ConfigRepository, artifacts: any ArtifactStore, instances: any InstanceDriver,
    gateway: any Gateway, journal: any JournalStore, clock: any Clock,
    dice: @escaping @Sendable () -> UInt64, pause: @escaping @Sendable (Duration) async -> Void,
    logger: Logger
  ) {
    self.repository = repository
    self.artifacts = artifacts
    self.instances = instances
    self.gateway = gateway
    self.journal = journal
    self.clock = clock
    self.dice = dice
    self.pause = pause
    self.logger = logger
  }
}

/// What the loop is told about itself.
package struct LoopSettings: Hashable, Sendable {
  package var agent: String
  package var version: String
  package var url: String
  package var branch: String
  package var path: String
  /// Ports for instances; each one takes two.
  package var ports: ClosedRange<Int>
  package var limits: HostLimits
  /// The largest share, in percent, of the running models that one commit may remove.
  package var pruneLimit: Int
  /// Which commits must be signed by somebody we know.
  package var verify: AgentSettings.Verification.Mode
  package var writeBack: AgentSettings.WriteBack.Mode

  package init(
    agent: String, version: String, url: String, branch: String, path: String, ports: ClosedRange<Int>,
    limits: HostLimits = HostLimits(), pruneLimit: Int = 50, verify: AgentSettings.Verification.Mode = .none,
    writeBack: AgentSettings.WriteBack.Mode = .push
  ) {
    self.agent = agent
    self.version = version
    self.url = url
    self.branch = branch
    self.path = path
    self.ports = ports
    self.limits = limits
    self.pruneLimit = pruneLimit
    self.verify = verify
    self.writeBack = writeBack
  }
}
