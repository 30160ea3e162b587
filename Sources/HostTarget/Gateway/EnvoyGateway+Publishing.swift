import Effects
import Logging
import Vocabulary

/// The clusters on the way from one table to another. In this order no request finds a route without its cluster, and
/// whatever is refused, the routes in force keep theirs.
struct Publication: Sendable {
  /// Before the routes: new clusters beside the old ones, and the ports that are wanted now wherever the new routes
  /// lead. What only the old ones lead to keeps the ports that it has.
  var first: [String: EnvoyCluster]
  /// After the routes: without the clusters that nothing leads to any more.
  var last: [String: EnvoyCluster]
  /// Instead of that, if the routes are refused: the old routes lead to clusters that may have other ports by now.
  var retreat: [String: EnvoyCluster]

  init(from clusters: [String: EnvoyCluster], to table: RouteTable) {
    last = table.clusters
    let reached = table.reachedClusters
    first = clusters.merging(last) { old, new in reached.contains(new.name) ? new : old }
    retreat = clusters
  }
}

/// Changing what Envoy routes.
extension EnvoyGateway {
  /// What changes nothing is left out, so a change of weights, of a mirror or of a preview is one file.
  func applyNow(_ table: RouteTable) async -> Result<Void, GatewayError> {
    do throws(GatewayError) {
      guard process != nil else {
        throw GatewayError(.unreachable, problem ?? "the gateway has not been started")
      }
      try check(table)
      await takeStock()
      try await publish(table, with: Publication(from: clusters, to: table))
      try await publishListeners()
      problem = nil
      return .success(())
    } catch {
      if error.kind != .unreachable { problem = error.message }
      return .failure(error)
    }
  }

  private func publish(_ table: RouteTable, with change: Publication) async throws(GatewayError) {
    try await publish(change.first)
    do {
      try await publish(table)
    } catch {
      try? await publish(change.retreat)
      throw error
    }
    do {
      try await publish(change.last)
    } catch {
      // The routes are in force. What is left over gets no request, and the next change removes it.
      logger.warning("clusters without a route could not be removed", metadata: ["error": "\(error)"])
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
      try await write(configuration.clusters(wanted.values, id: nextID()), as: .clusters)
      clustersConfirmed = true
    } catch {
      // Envoy takes the good clusters of a rejected file all the same; `clustersConfirmed` stays false, so that
      // the next change writes them again.
      clusters = before
      takeBack(configuration.clusters(before.values, id: nextID()), as: .clusters)
      throw error
    }
  }

  private func publish(_ table: RouteTable) async throws(GatewayError) {
    let before = record
    if let before, before.table == table, !disturbed.contains(.routes),
      await admin.versions()?.version(of: .routes) == before.version
    {
      return
    }
    let file = configuration.routes(table, id: nextID())
    let next = RoutingRecord(version: file.version, table: table, boot: ProcessTable.bootID())
    pending = next
    defer { pending = nil }
    do {
      try await write(file, as: .routes)
    } catch {
      if let before {
        takeBack(configuration.routes(before.table, id: EnvoyFile.id(of: before.version)), as: .routes)
      }
      throw error
    }
    record = next
    save(next)
  }

  /// Only after somebody else has changed them, since Envoy closes connections when a listener changes.
  private func publishListeners() async throws(GatewayError) {
    guard disturbed.contains(.listeners) else { return }
    try await write(configuration.listeners(id: nextID()), as: .listeners)
  }

  /// Puts a file in place and waits until Envoy reports its version.
  private func write(_ file: EnvoyFile, as resource: EnvoyResource) async throws(GatewayError) {
    let logBefore = paths.log.size
    let deadline = clock.now + settings.acceptTimeout
    var again = clock.now + .milliseconds(500)
    var pause = Duration.milliseconds(1)
    var answered = true
    try put(file, as: resource)
    while clock.now < deadline {
      let statistics = await admin.versions()
      answered = statistics != nil
      if statistics?.version(of: resource) == file.version {
        disturbed.remove(resource)
        return
      }
      if pause > .milliseconds(8) { try await checkRejection(of: resource, logBefore) }
      if clock.now > again {
        // The kernel may drop a notice under load; another rename gives another.
        try put(file, as: resource)
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
  func takeBack(_ file: EnvoyFile, as resource: EnvoyResource) {
    do {
      try put(file, as: resource)
    } catch {
      logger.error("the last accepted configuration cannot be put back", metadata: ["error": "\(error)"])
    }
  }

  func put(_ file: EnvoyFile, as resource: EnvoyResource) throws(GatewayError) {
    let path = paths.file(of: resource)
    try put(file.bytes, at: path)
    left[resource] = LeftFile(version: file.version, stamp: FileStamp(path))
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
