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
    guard let versions = await admin.versions(deadline: .seconds(2)), hasSameSettings(versions) else {
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

  /// Whether it runs with our settings. The listener counts that it reports, since the file may have been changed.
  private func hasSameSettings(_ versions: EnvoyStatistics) -> Bool {
    let listeners = versions.version(of: .listeners).map(EnvoyFile.digest(of:))
    return readFile(paths.bootstrap, limit: 1 << 20) == configuration.bootstrap.bytes
      && listeners == EnvoyFile.digest(of: configuration.listeners(id: "").version)
  }

  /// Learns what Envoy goes by, from its files and its word. What others have changed meanwhile shows in the next
  /// observation.
  private func adoptRouting(_ versions: EnvoyStatistics) {
    left[.listeners] = LeftFile(version: versions.version(of: .listeners) ?? "")
    adoptClusters(versions.version(of: .clusters) ?? "")
    adoptRoutes(versions.version(of: .routes) ?? "")
  }

  private func adoptClusters(_ confirmed: String) {
    let bytes = readFile(paths.clusters, limit: EnvoyPaths.longestFile) ?? []
    let written = EnvoyFile.version(of: bytes)
    // Another version than the confirmed one is what the last life wrote just before it ended.
    left[.clusters] = LeftFile(version: written ?? confirmed)
    clusters = written == nil ? [:] : WrittenClusters(bytes: bytes)?.clusters ?? [:]
    let same = EnvoyFile.digest(of: configuration.clusters(clusters.values, id: "").version)
    clustersConfirmed = written == confirmed && EnvoyFile.digest(of: confirmed) == same
  }

  private func adoptRoutes(_ confirmed: String) {
    let written = EnvoyFile.version(of: readFile(paths.routes, limit: EnvoyPaths.longestFile) ?? [])
    left[.routes] = LeftFile(version: written ?? confirmed)
    guard let saved = RoutingRecord.load(paths.record), saved.version == confirmed else { return }
    clusters.merge(saved.table.clusters) { written, _ in written }
    let file = configuration.routes(saved.table, id: EnvoyFile.id(of: saved.version))
    // The last life may have ended after writing routes that Envoy rejected: those must not be what it starts with.
    if written != nil, written != confirmed { takeBack(file, as: .routes) }
    // An earlier version of the agent may have written either file in another way: then both are written again.
    if file.version == confirmed, clustersConfirmed { record = saved }
  }

  // MARK: - Start

  private func prepareFiles() throws(GatewayError) {
    try putRoutes(lastRouting())
    clusters = record?.table.clusters ?? [:]
    clustersConfirmed = false
    try put(configuration.clusters(clusters.values, id: nextID()), as: .clusters)
    try put(configuration.listeners(id: nextID()), as: .listeners)
  }

  /// What Envoy starts with: after its own death what it served last, after a boot of the host nothing, since other
  /// processes may have the ports by now.
  func lastRouting() -> RoutingRecord {
    let boot = ProcessTable.bootID()
    if let known = record ?? RoutingRecord.load(paths.record), known.boot == boot { return known }
    return RoutingRecord(version: nextID(), table: RouteTable(), boot: boot)
  }

  func putRoutes(_ routing: RoutingRecord) throws(GatewayError) {
    let file = configuration.routes(routing.table, id: EnvoyFile.id(of: routing.version))
    try put(file, as: .routes)
    guard record?.version != file.version else { return }
    let routing = RoutingRecord(version: file.version, table: routing.table, boot: routing.boot)
    record = routing
    save(routing)
  }

  /// Starts Envoy on the files as we left them, and waits until it listens.
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
    try restoreFiles()
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
    epoch += 1
    rejectionsSeen = [:]
    disturbed = []
    let started = await admin.versions()?.version(of: .clusters)
    clustersConfirmed = started != nil && started == left[.clusters]?.version
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
      let end = await endOfService(of: process)
      guard let end else { return often }
      self.process = nil
      problem = "Envoy \(end) and is being started again"
      logger.error("gateway ended", metadata: ["how": "\(end)"])
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

  /// How Envoy has ended, in words; `nil` while it runs. One that cannot be told anything any more, because its socket
  /// or a folder that it watches was removed, is ended: it would send requests to a failed model for ever.
  private func endOfService(of process: ProcessIdentity) async -> String? {
    if case .ended(let how) = checkState(of: process, isChild: false) { return how }
    guard let missing = paths.neededWhileRunning.first(where: { FileStamp($0) == nil }) else { return nil }
    self.process = nil
    await end(process, marker: marker, grace: .seconds(5))
    return "lost \(missing)"
  }
}
