import Effects
import Logging
import Vocabulary

/// Changing what Envoy routes, in an order in which no request finds a route without its cluster.
extension EnvoyGateway {
  /// New clusters first, then the routes, then without the clusters that nothing leads to any more. Phases that
  /// change nothing are left out, so a change of weights is one file.
  func applyNow(_ table: RouteTable) async -> Result<Void, GatewayError> {
    do throws(GatewayError) {
      guard process != nil else {
        throw GatewayError(.unreachable, problem ?? "the gateway has not been started")
      }
      try check(table)
      let wanted = table.clusters
      let before = clusters
      try await publish(before.merging(wanted) { $1 })
      do {
        try await publish(table)
      } catch {
        // The old routes lead to clusters that may have other ports by now.
        try? await publish(before)
        throw error
      }
      do {
        try await publish(wanted)
      } catch {
        // The routes are in force. What is left over gets no request, and the next change removes it.
        logger.warning("clusters without a route could not be removed", metadata: ["error": "\(error)"])
      }
      problem = nil
      return .success(())
    } catch {
      if error.kind != .unreachable { problem = error.message }
      return .failure(error)
    }
  }

  private func check(_ table: RouteTable) throws(GatewayError) {
    for (name, model) in table.models {
      let sum = model.weights.values.reduce(0, +)
      guard model.weights.isEmpty || sum == 100 else {
        throw GatewayError(.rejected, "the weights of \(name) sum to \(sum) instead of 100")
      }
      let known = model.backends.map(\.revision)
      for (role, revision) in [("preview", model.preview?.revision), ("mirror", model.mirror?.revision)] {
        guard revision.map(known.contains) ?? true else {
          throw GatewayError(.rejected, "the \(role) of \(name) is none of its backends")
        }
      }
      guard (1...100).contains(model.mirror?.percent ?? 100) else {
        throw GatewayError(.rejected, "a mirror of \(name) gets 1 to 100 percent of the requests")
      }
    }
  }

  private func publish(_ wanted: [String: EnvoyCluster]) async throws(GatewayError) {
    guard wanted != clusters || !clustersConfirmed else { return }
    let before = clusters
    clusters = wanted
    clustersConfirmed = false
    do throws(GatewayError) {
      let version = nextVersion()
      try await write(
        .clusters, configuration.clusters(wanted.values, version: version), version: version)
      clustersConfirmed = true
    } catch {
      // Envoy takes the good clusters of a rejected file all the same; `clustersConfirmed` stays false, so that
      // the next change writes them again.
      clusters = before
      takeBack(.clusters, configuration.clusters(before.values, version: nextVersion()))
      throw error
    }
  }

  private func publish(_ table: RouteTable) async throws(GatewayError) {
    let before = record
    if let before, before.table == table,
      await admin.versions()?.version(of: .routes) == before.version
    {
      return
    }
    let next = RoutingRecord(version: nextVersion(), table: table, boot: ProcessTable.bootID())
    pending = next
    defer { pending = nil }
    do {
      try await write(.routes, configuration.routes(table, version: next.version), version: next.version)
    } catch {
      if let before {
        takeBack(.routes, configuration.routes(before.table, version: before.version))
      }
      throw error
    }
    record = next
    save(next)
  }

  /// Puts a file in place and waits until Envoy reports its version.
  private func write(_ resource: EnvoyResource, _ content: JSON, version: String) async throws(GatewayError) {
    let path = resource == .clusters ? paths.clusters : paths.routes
    let bytes = content.bytes
    let logBefore = paths.log.size
    let deadline = clock.now + settings.acceptTimeout
    var again = clock.now + .milliseconds(500)
    var pause = Duration.milliseconds(1)
    var answered = true
    try put(bytes, at: path)
    while clock.now < deadline {
      let statistics = await admin.versions()
      answered = statistics != nil
      if statistics?.version(of: resource) == version { return }
      if pause > .milliseconds(8) { try await checkRejection(of: resource, logBefore) }
      if clock.now > again {
        // The kernel may drop a notice under load; another rename gives another.
        try put(bytes, at: path)
        again = clock.now + .milliseconds(500)
      }
      try? await Task.sleep(for: pause)
      pause = min(pause * 3 / 2, .milliseconds(50))
    }
    let limit = settings.acceptTimeout
    throw answered
      ? GatewayError(.timedOut, "Envoy did not accept its \(resource) within \(limit)")
      : GatewayError(.unreachable, problem ?? "Envoy does not answer on \(paths.adminSocket)")
  }

  private func checkRejection(of resource: EnvoyResource, _ logBefore: Int) async throws(GatewayError) {
    guard let count = await admin.rejections()?.rejections(of: resource),
      count > rejectionsSeen[resource, default: 0]
    else { return }
    rejectionsSeen[resource] = count
    throw GatewayError(.rejected, "Envoy rejected its \(resource): \(words(since: logBefore))")
  }

  /// Puts back what was accepted before. Envoy goes on with it anyway, but must also find it when it starts again.
  func takeBack(_ resource: EnvoyResource, _ content: JSON) {
    do {
      try replaceFile(resource == .clusters ? paths.clusters : paths.routes, with: content.bytes)
    } catch {
      logger.error("the last accepted configuration cannot be put back", metadata: ["error": "\(error)"])
    }
  }

  func put(_ bytes: [UInt8], at path: String) throws(GatewayError) {
    do {
      try replaceFile(path, with: bytes)
    } catch {
      throw unwritable(error)
    }
  }

  /// Without the record nothing is lost but time: the next life applies the table again.
  func save(_ record: RoutingRecord) {
    do {
      try record.save(paths.record)
    } catch {
      logger.warning("the accepted routing cannot be noted", metadata: ["error": "\(error)"])
    }
  }

  /// Our own disk is full or not ours: that passes, or a person sees to it.
  private func unwritable(_ error: any Error) -> GatewayError {
    GatewayError(.unreachable, "the gateway's configuration cannot be written: \(error)")
  }

  /// What Envoy has complained of since its log had this size.
  func words(since offset: Int) -> String {
    let lines = readableLines(paths.log.bytes(at: offset, limit: 1 << 16))
    let complaints = lines.filter { line in
      ["[warning]", "[error]", "[critical]"].contains { line.contains($0) } || !line.hasPrefix("[")
    }
    let texts = complaints.map { line in
      // Envoy's lines begin with time, thread, level, component and source, each in brackets.
      line.split(separator: "] ", maxSplits: 1).last.map(String.init) ?? line
    }
    return texts.isEmpty ? "it gave no reason" : String(texts.suffix(5).joined(separator: "; ").prefix(2000))
  }
}
