import Crypto
package import Effects
package import Vocabulary

/// SHA-256 over bytes that come piece by piece.
struct ContentHasher: Sendable {
  private var state = SHA256()

  mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }
  mutating func update(_ text: String) { state.update(data: Array(text.utf8)) }

  func finalize() -> Vocabulary.Digest {
    guard let digest = Vocabulary.Digest(bytes: Array(state.finalize())) else {
      preconditionFailure("SHA-256 has 32 bytes")
    }
    return digest
  }
}

/// What has been read of a file.
struct HashedBytes {
  var bytes: Int
  var digest: Vocabulary.Digest
}

/// The digest of a folder, fed with its files in the order of `EntryPath`.
///
/// It is the SHA-256 of one record for each file: the relative path, a NUL, the size in decimal digits, a
/// NUL, the 64 digits of the file's own SHA-256, a line feed. `docs/reference/digest.md` is the definition.
struct FolderHasher {
  private var records = ContentHasher()

  mutating func add(_ path: EntryPath, _ content: HashedBytes) {
    records.update("\(path.text)\0\(content.bytes)\0\(content.digest.hex)\n")
  }

  func finalize() -> Vocabulary.Digest { records.finalize() }
}

/// The digest of a file or a folder, as a manifest's `artifact.digest` wants it: of a file the SHA-256 of
/// its bytes (an archive is not unpacked for it), of a folder as `docs/reference/digest.md` defines it.
///
/// Reads in pieces and blocks the calling thread for as long as that takes.
///
/// - Parameter path: a symbolic link there is followed; one inside a folder is refused.
/// - Throws: `.notFound` if it cannot be opened, `.invalid` if it is neither a file nor a folder, contains a
///   link or a special file, or exceeds the limits, `.unavailable` if reading breaks off.
package func digest(
  ofPath path: String, limits: ArtifactLimits = ArtifactLimits()
) throws(ArtifactError) -> Vocabulary.Digest {
  let source = try Descriptor.open(source: path)
  switch try source.status().kind {
  case .file:
    return try hash(source, path: path, limit: limits.downloadBytes).digest
  case .folder:
    let folder = FolderReader(owning: source, shown: path, limits: limits)
    return try digestFolder(folder, limits: limits) { (path, file, limit) throws(ArtifactError) in
      try hash(file, path: path.text, limit: limit)
    }
  case .other:
    throw notAnArtifact(path)
  }
}

func notAnArtifact(_ path: String) -> ArtifactError {
  ArtifactError(.invalid, "\(quoted(path)) is neither a file nor a folder.")
}

/// Reads a folder's files in order and gives its digest.
///
/// - Parameter read: reads one open file, at most so many bytes of it, and says what it read.
func digestFolder(
  _ folder: borrowing FolderReader, limits: ArtifactLimits,
  read: (EntryPath, borrowing Descriptor, Int) throws(ArtifactError) -> HashedBytes
) throws(ArtifactError) -> Vocabulary.Digest {
  var records = FolderHasher()
  var total = 0
  for path in try folder.files() {
    let file = try folder.openFile(path)
    let content = try read(path, file, limits.unpackedBytes - total)
    total += content.bytes
    records.add(path, content)
  }
  return records.finalize()
}

/// Reads a file to its end in pieces, hashing it.
///
/// - Parameter write: takes the same bytes, for a copy.
/// - Throws: `.invalid` when the file has more bytes than the limit.
func hash(
  _ file: borrowing Descriptor, path: String, limit: Int,
  write: (UnsafeRawBufferPointer) throws(ArtifactError) -> Void = { _ in }
) throws(ArtifactError) -> HashedBytes {
  let buffer = Buffer(bytes: 1 << 20)
  var hasher = ContentHasher()
  var total = 0
  while true {
    try checkCancellation()
    let count = try file.read(into: buffer.space, of: path)
    guard count > 0 else { return HashedBytes(bytes: total, digest: hasher.finalize()) }
    total += count
    guard total <= limit else {
      throw ArtifactError(.invalid, "\(quoted(path)) exceeds the limit for artifacts of \(limit) bytes.")
    }
    hasher.update(buffer.filled(count))
    try write(buffer.filled(count))
  }
}
