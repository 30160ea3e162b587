import CSpawn
import Effects
import Glibc
import Logging
import Vocabulary

/// Starting, adopting and watching Envoy's process.
extension EnvoyGateway {
  func startNow() async -> Result<Void, GatewayError> {
    do throws(GatewayError) {
      if supervisor != nil {
        // It is looked after already, and started again as often as it takes.
        guard process == nil else { return .success(()) }
        throw GatewayError(.unreachable, problem ?? "the gateway is being started again")
      }
      if await !adopt() {
        try prepareFiles()
        try await launch()
      }
      problem = nil
      supervise()
      onChange()
      return .success(())
    } catch {
      problem = error.message
      return .failure(error)
    }
  }

  // MARK: - Adoption

  /// Takes over an Envoy that runs from an earlier life of the agent; false when there is none to go on with. One
  /// with other settings, or that does not answer, is ended.
  private func adopt() async -> Bool {
    let ours = ProcessTable.marked(stateDirectory: marker.stateDirectory).filter { $0.marker == marker }
    guard !ours.isEmpty else { return false }
    let leaders = ours.filter(\.status.isSessionLeader).map(\.status.identity)
    guard let leader = leaders.first, leaders.count == 1 else {
      await end(leaders.first, marker: marker, grace: .seconds(5))
      return false
    }
    guard hasSameSettings(), let versions = await admin.versions(deadline: .seconds(2)) else {
      logger.warning("restarting a gateway that has other settings or does not answer")
      await end(leader, marker: marker, grace: .seconds(5))
      return false
    }
    process = leader
    let rejections = await admin.rejections()
    for resource in EnvoyResource.allCases {
      rejectionsSeen[resource] = rejections?.rejections(of: resource) ?? 0
    }
    adoptRouting(versions)
    logger.info("gateway adopted", metadata: ["pid": "\(leader.pid)"])
    return true
  }

  private func hasSameSettings() -> Bool {
    readFile(paths.bootstrap, limit: 1 << 20) == configuration.bootstrap.bytes
      && readFile(paths.listeners, limit: 1 << 20) == configuration.listeners.bytes
  }

  private func adoptRouting(_ versions: EnvoyStatistics) {
    let written = WrittenClusters.load(paths.clusters)
    clusters = written?.clusters ?? [:]
    clustersConfirmed = written != nil && written?.version == versions.version(of: .clusters)
    guard let saved = RoutingRecord.load(paths.record), saved.version == versions.version(of: .routes)
    else { return }
    record = saved
    clusters.merge(saved.table.clusters) { written, _ in written }
    // The last life may have ended after writing routes that Envoy rejected: those must not be what it starts with.
    takeBack(.routes, configuration.routes(saved.table, version: saved.version))
  }

  // MARK: - Start

  /// What Envoy starts with: after its own death what it served last, after a boot of the host nothing, since other
  /// processes may have the ports by now.
  private func prepareFiles() throws(GatewayError) {
    let boot = ProcessTable.bootID()
    var current = RoutingRecord(version: nextVersion(), table: RouteTable(), boot: boot)
    if let saved = RoutingRecord.load(paths.record), saved.boot == boot { current = saved }
    record = current
    clusters = current.table.clusters
    clustersConfirmed = false
    save(current)
    try put(configuration.bootstrap.bytes, at: paths.bootstrap)
    try put(configuration.listeners.bytes, at: paths.listeners)
    try put(configuration.clusters(clusters.values, version: nextVersion()).bytes, at: paths.clusters)
    try put(configuration.routes(current.table, version: current.version).bytes, at: paths.routes)
  }

  /// Starts Envoy on the files as they are, and waits until it listens.
  private func launch() async throws(GatewayError) {
    let program: String
    do {
      program = try findProgram(settings.program, searchPath: defaultSearchPath(), folder: paths.folder)
    } catch {
      throw GatewayError(.missing, "Envoy cannot be started: \(error.explanation)")
    }
    guard isPortFree(settings.port, host: settings.host) else {
      throw portTaken("another process listens on it")
    }
    unlink(paths.adminSocket)
    let logBefore = paths.log.size
    let environment = [
      "PATH": defaultSearchPath(), "HOME": paths.folder, "LANG": "C.UTF-8",
    ].merging(marker.variables) { $1 }
    let launched: ProcessIdentity
    do {
      launched = try spawn(
        Launch(
          program: program,
          arguments: ["--config-path", paths.bootstrap, "--disable-hot-restart", "--log-level", "warning"],
          name: program, environment: environment, folder: paths.folder, log: paths.log.path))
    } catch {
      throw GatewayError(.missing, "Envoy cannot be started: \(program): \(errorText(error.number))")
    }
    raiseFileLimit(of: launched)
    do {
      try await waitUntilListening(launched, logBefore)
    } catch {
      await end(launched, marker: marker, grace: .seconds(1))
      throw error
    }
    process = launched
    rejectionsSeen = [:]
    unansweredBefore = [:]
    logger.info("gateway started", metadata: ["pid": "\(launched.pid)", "port": "\(settings.port)"])
  }

  /// Each request takes two descriptors, and the usual soft limit is 1024.
  private func raiseFileLimit(of process: ProcessIdentity) {
    var limit = rlimit()
    let resource = Int32(RLIMIT_NOFILE.rawValue)
    guard prlimit(process.pid, resource, nil, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = prlimit(process.pid, resource, &limit, nil)
  }

  private func waitUntilListening(_ process: ProcessIdentity, _ logBefore: Int) async throws(GatewayError) {
    let deadline = clock.now + settings.startTimeout
    while clock.now < deadline, !Task.isCancelled {
      if case .ended(let how) = checkState(of: process, isChild: false) {
        let words = words(since: logBefore)
        if words.contains("Address already in use") { throw portTaken(words) }
        throw GatewayError(.rejected, "Envoy \(how) at its start: \(words)")
      }
      if let state = await admin.listening() {
        if state.rejections(of: .listeners) > 0 {
          let words = words(since: logBefore)
          if words.contains("Address already in use") { throw portTaken(words) }
          throw GatewayError(.rejected, "Envoy rejected its listener: \(words)")
        }
        let isActive = state.number("listener_manager.total_listeners_active") > 0
        if isActive && state.number("listener_manager.workers_started") > 0 { return }
      }
      try? await Task.sleep(for: .milliseconds(10))
    }
    throw GatewayError(.timedOut, "Envoy did not listen within \(settings.startTimeout)")
  }

  private func portTaken(_ words: String) -> GatewayError {
    GatewayError(.portTaken, "the gateway cannot listen on \(settings.host):\(settings.port): \(words)")
  }

  // MARK: - Supervision

  private func supervise() {
    supervisor?.cancel()
    supervisor = Task { [weak self] in
      var pause = Duration.milliseconds(50)
      while !Task.isCancelled {
        try? await Task.sleep(for: pause)
        guard !Task.isCancelled, let next = await self?.lookAfter(pause) else { return }
        pause = next
      }
    }
  }

  /// Starts Envoy again if it has ended. Says how long to wait until the next look: longer after each start that
  /// failed, at most five seconds.
  private func lookAfter(_ pause: Duration) async -> Duration {
    let often = Duration.milliseconds(50)
    if let process {
      paths.log.bound()
      guard case .ended(let how) = checkState(of: process, isChild: false) else { return often }
      self.process = nil
      problem = "Envoy \(how) and is being started again"
      logger.error("gateway ended", metadata: ["how": "\(how)"])
      onChange()
    }
    do {
      try await launch()
      problem = nil
      onChange()
      return often
    } catch {
      if problem != error.message {
        logger.error("gateway cannot be started", metadata: ["error": "\(error)"])
      }
      problem = error.message
      return min(pause * 2, .seconds(5))
    }
  }
}
