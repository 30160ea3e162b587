package import Effects
package import Logging
package import Manifests
import Vocabulary

/// Verified artifacts on this host's disk, each in a read-only folder named by its digest.
///
/// A request starts a task that downloads, compares the digest, unpacks and moves the result to its place.
/// What has the remedy `wait` is tried again by that task for as long as the store lives; everything else is
/// final until `forgetFailure`. What is stored stays stored over restarts and is never fetched again. One
/// store at a time may use a folder; the journal's lock sees to that.
package actor ContentStore: ArtifactStore {
  /// Two URIs may promise the same digest; each has its own failures, and only one is downloaded.
  private struct Source: Hashable {
    var digest: Digest
    var uri: String
  }

  private enum Standing {
    case fetching(FetchProgress)
    case settled(ArtifactStatus)
  }

  private let layout: StoreLayout
  private let limits: ArtifactLimits
  private let patience: DownloadPatience
  private let backoff: Backoff
  private let slots: DownloadSlots
  private let onChange: @Sendable () -> Void
  private let logger: Logger
  private var standings: [Source: Standing] = [:]
  private var tasks: [Source: Task<Void, Never>] = [:]
  private var closed = false

  /// Opens the store, creating its folder if need be, and removes what a crash left half done.
  ///
  /// - Parameters:
  ///   - folder: the store's own folder, `artifacts` in the agent's state directory.
  ///   - concurrentDownloads: how many artifacts are fetched and unpacked at the same time; files of this host do not
  ///     count among those from the network, and as many of them are copied at the same time.
  ///   - onChange: called after each change of a status, and once in a second while bytes come.
  /// - Throws: `ArtifactError(.storage)` when the folder cannot be created or written.
  package init(
    folder: String, limits: ArtifactLimits = ArtifactLimits(),
    patience: DownloadPatience = DownloadPatience(),
    backoff: Backoff = Backoff(), concurrentDownloads: Int = 3, logger: Logger,
    onChange: @escaping @Sendable () -> Void
  ) throws(ArtifactError) {
    layout = StoreLayout(root: folder)
    self.limits = limits
    self.patience = patience
    self.backoff = backoff
    slots = DownloadSlots(limit: concurrentDownloads)
    self.logger = logger
    self.onChange = onChange
    try layout.prepare()
  }

  /// Says where the artifact stands and starts fetching it if need be. Never waits for the network.
  package func request(_ artifact: Artifact) -> ArtifactStatus {
    if layout.isStored(artifact.digest) { return .stored(folder: layout.folder(of: artifact.digest)) }
    let source = Source(digest: artifact.digest, uri: artifact.uri)
    switch standings[source] {
    case .fetching(let progress):
      let (bytes, total) = progress.current
      return .fetching(bytes: bytes, total: total)
    // Stored once, but the folder is gone: somebody cleaned up.
    case .settled(.stored), nil: return start(source)
    case .settled(let status): return status
    }
  }

  /// Forgets a failure that is final. One that is waited out stays: its task is at work.
  package func forgetFailure(of artifact: Artifact) {
    let source = Source(digest: artifact.digest, uri: artifact.uri)
    guard case .settled(.failed(let error)) = standings[source], error.remedy != .wait else { return }
    standings[source] = nil
  }

  /// Stops all downloads and waits until they have ended. Later requests start nothing.
  package func shutdown() async {
    closed = true
    let running = Array(tasks.values)
    for task in running { task.cancel() }
    for task in running { await task.value }
  }

  private func start(_ source: Source) -> ArtifactStatus {
    guard !closed else { return .failed(ArtifactError(.unavailable, "The store was shut down.")) }
    let progress = FetchProgress(onChange: onChange)
    standings[source] = .fetching(progress)
    tasks[source] = Task { await fetchPersistently(source, progress) }
    return .fetching(bytes: 0, total: nil)
  }

  private func settle(_ source: Source, _ status: ArtifactStatus) {
    set(source, .settled(status))
    var logger = logger
    logger[metadataKey: "digest"] = "\(source.digest)"
    switch status {
    case .stored: logger.info("artifact stored")
    case .failed(let error):
      logger.warning(
        "artifact not stored", metadata: ["reason": "\(error.kind)", "message": "\(error.message)"])
    case .fetching, .verifying: break
    }
  }

  private func set(_ source: Source, _ standing: Standing) {
    standings[source] = standing
    onChange()
  }

  /// Tries until the artifact is stored, only a commit can help, or the store is shut down.
  private func fetchPersistently(_ source: Source, _ progress: FetchProgress) async {
    var staging: Staging?
    var failures = 0
    let isFile = if case .file = try? ArtifactLocation(uri: source.uri) { true } else { false }
    while !Task.isCancelled {
      await slots.enter(source.digest, isFile ? .local : .network)
      let result: Result<String, ArtifactError>
      do throws(ArtifactError) {
        result = .success(try await fetchOnce(source, progress, &staging))
      } catch {
        result = .failure(error)
      }
      await slots.leave(source.digest)
      guard case .failure(let error) = result, error.remedy == .wait else {
        await staging?.discard()
        staging = nil
        tasks[source] = nil
        settle(source, result.status)
        return
      }
      failures += 1
      // A full disk is not helped by what we have put on it.
      if error.kind == .storage {
        await staging?.discard()
        staging = nil
      }
      settle(source, .failed(error))
      let pause = backoff.pause(afterFailures: failures, random: .random(in: 0...1))
      try? await Task.sleep(for: pause)
    }
    await staging?.discard()
    tasks[source] = nil
  }

  /// One try; the staging area stays for the next one.
  private func fetchOnce(
    _ source: Source, _ progress: FetchProgress, _ staging: inout Staging?
  ) async throws(ArtifactError) -> String {
    // Somebody else may have fetched it while we waited for our turn.
    if layout.isStored(source.digest) { return layout.folder(of: source.digest) }
    let location = try ArtifactLocation(uri: source.uri)
    let area: Staging
    if let staging {
      area = staging
    } else {
      area = try Staging(layout: layout, digest: source.digest, limits: limits)
      staging = area
    }
    set(source, .fetching(progress))
    var isFolder = false
    switch location {
    case .file(let path): isFolder = try await area.copy(from: path, progress: progress)
    case .web(let address): try await download(address, into: area, progress)
    }
    set(source, .settled(.verifying))
    if !isFolder { try await area.unpackDownload(named: location.fileName()) }
    return try await area.publish()
  }

  /// Downloads and compares the digest.
  private func download(
    _ address: WebAddress, into area: Staging, _ progress: FetchProgress
  ) async throws(ArtifactError) {
    let download = HTTPDownload(
      address: address, limit: limits.downloadBytes, patience: patience, progress: progress)
    let resumed = try await download.run(into: area)
    do {
      try await area.checkDownload(of: address.shown)
    } catch  where resumed {
      // The file may have been replaced between two pieces: that says nothing of either.
      try await area.restart()
      _ = try await download.run(into: area)
      try await area.checkDownload(of: address.shown)
    }
  }
}

extension Result<String, ArtifactError> {
  fileprivate var status: ArtifactStatus {
    switch self {
    case .success(let folder): .stored(folder: folder)
    case .failure(let error): .failed(error)
    }
  }
}
