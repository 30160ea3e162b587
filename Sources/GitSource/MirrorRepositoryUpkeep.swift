import Effects
import Logging
import Manifests

/// How the mirror is kept sound, and its operations in patience.
extension MirrorRepository {
  // MARK: Workers

  /// Only a transfer may take longer than the timeout, as long as it gets further.
  func patience(for operation: WorkerRequest.Operation) -> WorkerProcess.Patience {
    if case .fetch = operation {
      return .init(
        stall: configuration.timeout, whole: max(configuration.timeout, configuration.longestTransfer))
    }
    return .init(configuration.timeout)
  }

  /// - Parameter branch: Of the remote; the one that is followed when `nil`.
  func work(
    _ operation: WorkerRequest.Operation, on branch: String? = nil, patience: WorkerProcess.Patience,
    purpose: String
  ) async throws(SourceError) -> WorkerResponse {
    do throws(WorkerLoss) {
      return try await answer(to: operation, on: branch, patience: patience, purpose: purpose)
    } catch {
      if error.mayBeTheMirror { isChecked = false }
      throw error.error
    }
  }

  private func answer(
    to operation: WorkerRequest.Operation, on branch: String? = nil, patience: WorkerProcess.Patience,
    purpose: String
  ) async throws(WorkerLoss) -> WorkerResponse {
    let process = WorkerProcess(executable: configuration.worker, patience: patience)
    let request = WorkerRequest(
      mirror: configuration.mirror, url: configuration.url, branch: branch ?? configuration.branch,
      access: .init(credentials: configuration.credentials, authorities: configuration.authorities),
      patience: patience.inSeconds, bounds: configuration.bounds, operation: operation)
    return try await process.perform(request, purpose: purpose)
  }

  // MARK: Damage

  /// Sees to it that there is a sound mirror of this remote.
  func prepareMirror() async throws(SourceError) {
    if !isChecked, !isDamaged, folder.exists { isDamaged = try await cannotBeRead() }
    isChecked = true
    if isDamaged {
      opened = nil
      if folder.exists { try folder.moveAside() }
      isDamaged = false
    }
    if opened != nil { return }
    if folder.exists {
      do throws(SourceError) {
        opened = try folder.open()
        return
      } catch {
        logger.warning(
          "the Git mirror is moved aside and made anew", metadata: ["reason": "\(error.message)"])
        try folder.moveAside()
      }
    }
    try folder.create()
    opened = try folder.open()
  }

  /// Has a worker read the mirror before we do: what is damaged may crash it, or hold it up for ever.
  private func cannotBeRead() async throws(SourceError) -> Bool {
    let reason: String
    do throws(WorkerLoss) {
      let purpose = "read the mirror \(configuration.mirror)"
      let response = try await answer(to: .check, patience: .init(configuration.timeout), purpose: purpose)
      guard case .failed(let failure) = response, failure.mirrorIsDamaged else { return false }
      reason = failure.message
    } catch {
      guard error.mayBeTheMirror else { throw error.error }
      reason = error.error.message
    }
    logger.warning("the Git mirror is damaged and is made anew", metadata: ["reason": "\(reason)"])
    return true
  }

  /// After a damaged mirror was made anew: carries over what only this host has. It is tried once for each new
  /// mirror, since what cannot be read now will not be readable later.
  func salvage() async {
    guard folder.wantsSalvage else { return }
    let purpose = "carry references over from \(folder.aside)"
    do throws(SourceError) {
      let response = try await work(
        .salvage(from: folder.aside), patience: .init(configuration.longestMaintenance), purpose: purpose)
      switch response {
      case .salvaged(let result):
        for loss in result.lost {
          logger.warning("a reference of the damaged Git mirror is lost", metadata: ["reason": "\(loss)"])
        }
      case .failed(let failure): throw SourceError(.mirror, failure.message)
      default: throw unexpectedAnswer
      }
    } catch {
      logger.warning("cannot \(purpose)", metadata: ["reason": "\(error.message)"])
    }
    folder.salvaged()
  }

  // MARK: Packs

  /// Has the packs brought together when there are too many. Nobody waits for it but the next network operation, and
  /// what becomes of it is nobody's failure: with many packs a mirror is only slower.
  ///
  /// - Parameter isBusy: A new commit has come, and more will be done with it. Only when there are twice as many
  ///   packs as there should be is no calmer moment waited for.
  func maintain(packs: Int, isBusy: Bool) {
    let tolerated = max(configuration.maximumPacks, packsAtLastFailure * 2) * (isBusy ? 2 : 1)
    guard packs > tolerated, !isMaintaining else { return }
    isMaintaining = true
    Task {
      await network.enter()
      do throws(SourceError) {
        try await bringPacksTogether()
        packsAtLastFailure = 0
      } catch {
        packsAtLastFailure = packs
        logger.warning(
          "the packs of the Git mirror could not be brought together; it is tried again when there are twice as many",
          metadata: ["packs": "\(packs)", "reason": "\(error.message)"])
      }
      await network.leave()
      isMaintaining = false
    }
  }

  private func bringPacksTogether() async throws(SourceError) {
    let response = try await work(
      .maintain(maximumPacks: configuration.maximumPacks), patience: .init(configuration.longestMaintenance),
      purpose: "bring the packs of \(configuration.mirror) together")
    switch response {
    // Whoever had it open may still look for the packs that are gone.
    case .maintained(let result): if result.repacked { opened = nil }
    case .failed(let failure): throw SourceError(.mirror, failure.message)
    default: throw unexpectedAnswer
    }
  }
}
