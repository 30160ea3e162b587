import Effects
import Logging

/// Noticing what somebody else has done to Envoy's files.
extension EnvoyGateway {
  /// A file as we left it.
  struct LeftFile: Sendable {
    var version: String
    /// `nil` when it has not been looked at in this life.
    var stamp: FileStamp?
  }

  /// What is not as we left it, in words; `nil` when everything is. Remembers it for the next change, which puts it
  /// right.
  func drift(in statistics: EnvoyStatistics) -> String? {
    let findings = EnvoyResource.allCases.compactMap { resource -> String? in
      guard let finding = finding(in: resource) ?? finding(in: resource, statistics) else { return nil }
      disturbed.insert(resource)
      return finding
    }
    return findings.isEmpty ? nil : findings.joined(separator: "; ")
  }

  /// What is not as we left it on the disk. Reads the file only if its stamp has changed.
  func finding(in resource: EnvoyResource) -> String? {
    guard let mine = left[resource] else { return nil }
    let path = paths.file(of: resource)
    guard let stamp = FileStamp(path) else { return "\(path) is gone" }
    guard stamp != mine.stamp else { return nil }
    guard let bytes = readFile(path, limit: EnvoyPaths.longestFile),
      EnvoyFile.version(of: bytes) == mine.version
    else { return "\(path) was changed by somebody else" }
    left[resource]?.stamp = stamp
    return nil
  }

  /// What Envoy goes by though we did not ask for it.
  private func finding(in resource: EnvoyResource, _ statistics: EnvoyStatistics) -> String? {
    let ours =
      switch resource {
      case .listeners: left[.listeners]?.version
      case .clusters: clustersConfirmed ? left[.clusters]?.version : nil
      case .routes: record?.version
      }
    guard let ours, let theirs = statistics.version(of: resource), theirs != ours,
      // What we took back because it was not confirmed in time may be confirmed for a moment afterwards.
      !theirs.hasPrefix(life)
    else { return nil }
    return "Envoy goes by \(resource) that are not ours"
  }

  /// Looks at the files before a change: what is not as we left it has to be written again, even if nothing else is
  /// to change about it.
  func takeStock() async {
    for resource in EnvoyResource.allCases {
      if let finding = finding(in: resource) {
        disturbed.insert(resource)
        logger.warning("the gateway is put right", metadata: ["found": "\(finding)"])
      }
    }
    guard !disturbed.isEmpty else { return }
    if disturbed.contains(.clusters) { clustersConfirmed = false }
    // What Envoy has rejected of what others wrote must not be taken for a rejection of ours.
    guard let rejections = await admin.rejections() else { return }
    for resource in EnvoyResource.allCases { rejectionsSeen[resource] = rejections.rejections(of: resource) }
  }

  /// Makes the files what they were when we left them, so that Envoy starts with nobody else's. What is as it was is
  /// not written: Envoy can start again while the disk is full.
  func restoreFiles() throws(GatewayError) {
    do {
      try paths.make()
    } catch {
      throw GatewayError(.unreachable, "the folders of the gateway cannot be made: \(error)")
    }
    if readFile(paths.bootstrap, limit: 1 << 20) != configuration.bootstrap.bytes {
      try put(configuration.bootstrap.bytes, at: paths.bootstrap)
    }
    for resource in EnvoyResource.allCases {
      guard let finding = finding(in: resource) else { continue }
      logger.warning("the gateway is put right", metadata: ["found": "\(finding)"])
      switch resource {
      case .listeners: try put(configuration.listeners(id: nextID()), as: .listeners)
      case .clusters: try put(configuration.clusters(clusters.values, id: nextID()), as: .clusters)
      case .routes: try putRoutes(lastRouting())
      }
    }
  }
}
