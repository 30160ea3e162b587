import Effects
import Glibc
import NIOCore
import Vocabulary

/// One artifact on its way into the store: its bytes so far, their hash, and what is made of them.
///
/// Lives as long as there are tries, so that a download goes on where it stopped. All of its work is done on
/// a queue of its own, because it blocks.
actor Staging: ByteSink {
  private let executor: QueueExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let layout: StoreLayout
  private let digest: Digest
  private let limits: ArtifactLimits
  private let folder: String
  private let download: Descriptor
  private var hasher = ContentHasher()
  private(set) var count = 0

  private var content: String { "\(folder)/content" }

  init(layout: StoreLayout, digest: Digest, limits: ArtifactLimits) throws(ArtifactError) {
    self.layout = layout
    self.digest = digest
    self.limits = limits
    executor = QueueExecutor(label: "evenkeel.artifacts.\(digest.short)")
    let folder = try layout.createStagingFolder(for: digest)
    self.folder = folder
    download = try .create(storeFile: "\(folder)/download")
  }

  func append(_ bytes: ByteBuffer) throws(ArtifactError) {
    var failure: ArtifactError?
    bytes.withUnsafeReadableBytes { piece in
      do throws(ArtifactError) {
        try append(piece)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func append(_ piece: UnsafeRawBufferPointer) throws(ArtifactError) {
    try download.write(piece)
    hasher.update(piece)
    count += piece.count
  }

  func restart() throws(ArtifactError) {
    guard ftruncate(download.number, 0) == 0, lseek(download.number, 0, SEEK_SET) == 0 else {
      throw storageError("Cannot empty a download")
    }
    hasher = ContentHasher()
    count = 0
  }

  /// Copies the file or folder that a `file:` URI names and compares its digest.
  ///
  /// - Returns: whether it is a folder, which is the artifact's content as it is.
  func copy(from path: String, progress: FetchProgress) throws(ArtifactError) -> Bool {
    let source = try Descriptor.open(source: path)
    let status = try source.status()
    switch status.kind {
    case .file:
      try restart()
      _ = try hash(source, path: path, limit: limits.downloadBytes) { (piece) throws(ArtifactError) in
        try append(piece)
        progress.update(bytes: count, total: status.bytes)
      }
      try checkDownload(of: path)
      return false
    case .folder:
      let folder = FolderReader(owning: source, shown: path, limits: limits)
      try copyFolder(folder, shown: path, progress: progress)
      return true
    case .other: throw notAnArtifact(path)
    }
  }

  private func copyFolder(
    _ source: borrowing FolderReader, shown: String, progress: FetchProgress
  ) throws(ArtifactError) {
    let writer = try createContent()
    var copied = 0
    let actual = try digestFolder(source, limits: limits) { (path, file, limit) throws(ArtifactError) in
      let output = try writer.createFile(path)
      let content = try hash(file, path: path.text, limit: limit) { (piece) throws(ArtifactError) in
        try output.write(piece)
        copied += piece.count
        progress.update(bytes: copied, total: nil)
      }
      // The digest of a folder says nothing of permissions, so none are taken over.
      try output.seal(executable: false)
      return content
    }
    try check(actual, of: shown)
  }

  /// Compares the digest of what was downloaded.
  func checkDownload(of shown: String) throws(ArtifactError) {
    try check(hasher.finalize(), of: shown)
  }

  private func check(_ actual: Digest, of shown: String) throws(ArtifactError) {
    guard actual == digest else {
      throw ArtifactError(
        .digestMismatch,
        "\(shown) has the digest \(actual), not \(digest) as the manifest says. "
          + "Compare both with what was published before you change the manifest.")
    }
  }

  /// Unpacks the download, or makes it the only file of the artifact if it is no archive.
  func unpackDownload(named name: EntryPath) throws(ArtifactError) {
    if let format = try ArchiveFormat.detect(download), !isZippedModelFormat(name, format) {
      _ = try createContent()
      try unpack(download, as: format, into: content, limits: limits)
    } else {
      _ = try createContent()
      try download.seal(executable: false)
      guard rename("\(folder)/download", "\(content)/\(name.text)") == 0 else {
        throw storageError("Cannot store \(quoted(name.text))")
      }
    }
  }

  /// Moves the finished content to its place and gives its folder.
  func publish() throws(ArtifactError) -> String {
    let target = try layout.publish(content, as: digest)
    discard()
    return target
  }

  /// Removes everything that is not published.
  func discard() { removeTree(folder) }

  /// An empty folder for the content, also when an earlier try left something there.
  private func createContent() throws(ArtifactError) -> FolderWriter {
    removeTree(content)
    guard mkdir(content, 0o755) == 0 else { throw storageError("Cannot create \(quoted(content))") }
    return try FolderWriter(folder: content)
  }
}

/// Whether a zip is the file format of a framework, which loads it as it is: PyTorch, NumPy, Keras,
/// TorchServe and Java archives. Unpacked, they would be useless.
private func isZippedModelFormat(_ name: EntryPath, _ format: ArchiveFormat) -> Bool {
  guard format == .zip else { return false }
  let text = name.text.lowercased()
  return [".pt", ".pth", ".ptl", ".npz", ".keras", ".mar", ".jar"].contains { text.hasSuffix($0) }
}
