package import Manifests

/// Where an artifact stands.
package enum ArtifactStatus: Hashable, Sendable {
  /// On its way; `bytes` so far, of `total` when the server said how many.
  case fetching(bytes: Int, total: Int?)
  /// All bytes are here and are being hashed and unpacked.
  case verifying
  /// Verified, unpacked and read-only in this folder.
  case stored(folder: String)
  /// The last try failed. With the remedy `wait` the store tries again by itself, with backoff.
  case failed(ArtifactError)
}

/// Verified artifacts by content digest. The store owns its downloads: asking never blocks.
package protocol ArtifactStore: Sendable {
  /// Says where the artifact stands; starts fetching it if nobody has asked before. Idempotent.
  func request(_ artifact: Artifact) async -> ArtifactStatus

  /// Forgets a final failure, so that the next request tries again: for a new attempt.
  func forgetFailure(of artifact: Artifact) async
}
