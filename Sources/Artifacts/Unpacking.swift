import Effects
import Glibc

/// Unpacks an archive into an existing, empty folder, within the limits, and makes its files read-only.
///
/// - Throws: `ArtifactError(.invalid)` at the first entry that is unsafe, damaged or too much; the folder
///   then holds what came before it and must be thrown away. A cancelled task stops with `.unavailable`.
func unpack(
  _ file: borrowing Descriptor, as format: ArchiveFormat, into folder: String, limits: ArtifactLimits
) throws(ArtifactError) {
  let archiveBytes = try file.status().bytes
  let reader = try ArchiveReader.open(file, as: format)
  let writer = try FolderWriter(folder: folder)
  var budget = UnpackBudget(limits: limits, archiveBytes: archiveBytes)
  while let entry = try reader.next() {
    try budget.countEntry()
    guard let path = try EntryPath.parse(entry.name) else {
      guard entry.kind == .folder else { throw refusal(entry, "it has no name") }
      continue
    }
    guard !entry.encrypted else { throw refusal(entry, "it is encrypted") }
    switch entry.kind {
    case .folder: try writer.createFolder(path)
    case .link: throw refusal(entry, "it is a link; pack the file itself instead (tar --dereference)")
    case .special: throw refusal(entry, "it is a device, a FIFO or a socket")
    case .file:
      try budget.check(announced: entry.bytes, of: path)
      let output = try writer.createFile(path)
      try copyData(of: reader, to: output, path: path, budget: &budget)
      try output.seal(executable: entry.executable)
    }
  }
}

private func copyData(
  of reader: borrowing ArchiveReader, to output: borrowing Descriptor, path: EntryPath,
  budget: inout UnpackBudget
) throws(ArtifactError) {
  let buffer = Buffer(bytes: 256 << 10)
  while true {
    try checkCancellation()
    let count = try reader.read(into: buffer.space)
    guard count > 0 else { return }
    try budget.spend(count, on: path)
    try output.write(buffer.filled(count))
  }
}

private func refusal(_ entry: ArchiveEntry, _ reason: String) -> ArtifactError {
  let name = String(decoding: entry.name, as: UTF8.self)
  return ArtifactError(.invalid, "Refused the entry \(quoted(name)): \(reason).")
}

/// What an archive has used of its limits so far.
private struct UnpackBudget {
  private let limits: ArtifactLimits
  private let archiveBytes: Int
  private let allowedBytes: Int
  private var entries = 0
  private var bytes = 0

  init(limits: ArtifactLimits, archiveBytes: Int) {
    self.limits = limits
    self.archiveBytes = archiveBytes
    allowedBytes = limits.unpackedBytes(ofArchiveWithBytes: archiveBytes)
  }

  mutating func countEntry() throws(ArtifactError) {
    entries += 1
    guard entries <= limits.entries else {
      throw ArtifactError(.invalid, "The archive has more than \(limits.entries) entries.")
    }
  }

  /// Refuses an entry by what it says of itself, before anything is written.
  func check(announced: Int, of path: EntryPath) throws(ArtifactError) {
    guard announced >= 0, announced <= allowedBytes - bytes else { throw excess(path) }
  }

  /// Counts what really came out.
  mutating func spend(_ count: Int, on path: EntryPath) throws(ArtifactError) {
    bytes += count
    guard bytes <= allowedBytes else { throw excess(path) }
  }

  private func excess(_ path: EntryPath) -> ArtifactError {
    let reason =
      allowedBytes < limits.unpackedBytes
      ? "more than \(limits.expansion) times its \(archiveBytes) bytes" : "more than \(allowedBytes) bytes"
    return ArtifactError(.invalid, "The archive unpacks to \(reason), at the entry \(quoted(path.text)).")
  }
}

/// Ends long blocking work of a cancelled task. The remedy is `wait`: nothing is wrong with the artifact.
func checkCancellation() throws(ArtifactError) {
  guard !Task.isCancelled else { throw ArtifactError(.unavailable, "The store was shut down.") }
}
