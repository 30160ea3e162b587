package import Effects
import NIOCore
package import Vocabulary

/// The digest of what a URI names, without storing it: for people who write a manifest.
///
/// - Parameter uri: `file:`, `http:` or `https:`, as in a manifest.
/// - Throws: as the store does for the same URI, except that nothing is tried again later.
package func digest(
  ofURI uri: String, limits: ArtifactLimits = ArtifactLimits(),
  patience: DownloadPatience = DownloadPatience()
) async throws(ArtifactError) -> Digest {
  switch try ArtifactLocation(uri: uri) {
  case .file(let path):
    return try digest(ofPath: path, limits: limits)
  case .web(let address):
    let sink = HashingSink()
    let download = HTTPDownload(
      address: address, limit: limits.downloadBytes, patience: patience, progress: FetchProgress(onChange: {})
    )
    _ = try await download.run(into: sink)
    return await sink.digest
  }
}

/// Hashes a download and keeps none of it.
private actor HashingSink: ByteSink {
  private var hasher = ContentHasher()
  private(set) var count = 0

  var digest: Digest { hasher.finalize() }

  func append(_ bytes: ByteBuffer) throws(ArtifactError) {
    bytes.withUnsafeReadableBytes { hasher.update($0) }
    count += bytes.readableBytes
  }

  func restart() throws(ArtifactError) {
    hasher = ContentHasher()
    count = 0
  }
}
