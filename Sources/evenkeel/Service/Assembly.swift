import Agent
import Artifacts
import Effects
import GitSource
import HostTarget
import Journal
import Logging
import Manifests
import Planning

/// The real edges, chosen and put together: the only place where that is done.
struct Assembly {
  let reconciler: Reconciler
  let alarm: Alarm
  let gateway: any Gateway
  let artifacts: ContentStore
  let interval: Duration

  /// Opens everything, the journal first: whoever holds its lock may touch the rest of the state directory.
  ///
  /// - Throws: an `EdgeError`; nothing is running then.
  init(_ settings: AgentSettings, logger: Logger) async throws {
    let alarm = Alarm()
    let state = settings.stateDirectory
    #if DEBUG
      let journal = SuddenDeath.wished(in: try await SQLiteJournal(stateDirectory: state), logger: logger)
    #else
      let journal = try await SQLiteJournal(stateDirectory: state)
    #endif
    artifacts = try ContentStore(folder: state + "/artifacts", logger: logger, onChange: { alarm.ring() })
    let instances = try ProcessInstances(stateDirectory: state, logger: logger, onChange: { alarm.ring() })
    let listen = settings.host.gateway.listen
    gateway = try EnvoyGateway(
      settings: GatewaySettings(host: listen.host, port: listen.port, program: settings.host.gateway.envoy),
      stateDirectory: state, logger: logger, onChange: { alarm.ring() })
    let repository = MirrorRepository(.init(settings.source, mirror: state + "/mirror"), logger: logger)
    let edges = Edges(
      repository: repository, artifacts: artifacts, instances: instances, gateway: gateway,
      journal: journal, clock: SystemClock(), dice: { UInt64.random(in: .min ... .max) },
      // Who is stopped meanwhile has nothing to wait for.
      pause: { try? await Task.sleep(for: $0) }, logger: logger)
    reconciler = Reconciler(edges: edges, settings: LoopSettings(settings))
    self.alarm = alarm
    interval = settings.source.interval
  }
}

extension MirrorRepository.Configuration {
  init(_ source: AgentSettings.Source, mirror: String) {
    self.init(
      mirror: mirror, url: source.url, branch: source.branch, path: source.path,
      author: CommitAuthor(name: source.writeBack.name, email: source.writeBack.email),
      timeout: source.timeout,
      // Not our path: an upgrade may have replaced the file there, and the worker must be of our version.
      worker: "/proc/self/exe")
    credentials = source.auth
    authorities = source.caFile
    signers = SignerFiles(
      allowed: source.verify.allowedSignersFile, revertOnly: source.verify.revertOnlySignersFile,
      keyring: source.verify.keyringFile)
    signingKey = source.writeBack.signingKeyFile
  }
}

extension LoopSettings {
  fileprivate init(_ settings: AgentSettings) {
    self.init(
      agent: settings.name, version: evenkeelVersion, url: settings.source.url,
      branch: settings.source.branch,
      path: settings.source.path, ports: settings.host.ports,
      limits: HostLimits(
        capacity: settings.host.capacity ?? hostCapacity(), parallelRollouts: settings.maxParallelRollouts),
      pruneLimit: settings.pruneLimit, verify: settings.source.verify.mode,
      writeBack: settings.source.writeBack.mode)
  }
}
