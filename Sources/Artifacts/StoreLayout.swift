import Effects
import Glibc
import Vocabulary

/// Where things lie in the store's folder, and how they get there.
///
/// ```
/// sha256/HEX/      a verified artifact, read-only
/// tmp/HEX-XXXXXX/  one try to get it; whatever is here at start was left by a crash
/// ```
struct StoreLayout: Sendable {
  let root: String

  private var stored: String { "\(root)/sha256" }
  private var temporary: String { "\(root)/tmp" }

  func folder(of digest: Digest) -> String { "\(stored)/\(digest.hex)" }

  func isStored(_ digest: Digest) -> Bool {
    var status = stat()
    return lstat(folder(of: digest), &status) == 0 && FileKind(mode: status.st_mode) == .folder
  }

  /// Creates the folders that are missing and removes what an earlier run left half done.
  func prepare() throws(ArtifactError) {
    try createFolders(upTo: root)
    for folder in [stored, temporary] { try createFolder(folder) }
    for name in try names(in: temporary) { removeTree("\(temporary)/\(name)") }
  }

  /// A new empty folder for one try.
  func createStagingFolder(for digest: Digest) throws(ArtifactError) -> String {
    var template = Array("\(temporary)/\(digest.hex.prefix(12))-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw storageError("Cannot create a folder in \(quoted(temporary))")
    }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Makes the folder `content`, whose files are sealed, the artifact of this digest. Everything in it is on
  /// the disk before the rename, so that after a power cut the artifact is whole or absent.
  func publish(_ content: String, as digest: Digest) throws(ArtifactError) -> String {
    let target = folder(of: digest)
    try sealFolders(below: content)
    guard rename(content, target) == 0 || errno == EEXIST || errno == ENOTEMPTY else {
      throw storageError("Cannot move the artifact to \(quoted(target))")
    }
    // Only now: a folder without write permission cannot be moved to another one.
    guard chmod(target, 0o555) == 0 else { throw storageError("Cannot make \(quoted(target)) read-only") }
    try flush(stored)
    return target
  }

  private func createFolders(upTo path: String) throws(ArtifactError) {
    var current = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/") {
      current += "/\(component)"
      try createFolder(current)
    }
  }

  private func createFolder(_ path: String) throws(ArtifactError) {
    var status = stat()
    guard mkdir(path, 0o755) != 0 else { return }
    let code = errno
    guard stat(path, &status) == 0, FileKind(mode: status.st_mode) == .folder else {
      throw storageError("Cannot create the folder \(quoted(path))", code)
    }
  }

  private func flush(_ path: String) throws(ArtifactError) {
    let folder = try Descriptor.open(storeFolder: path)
    guard fsync(folder.number) == 0 else { throw storageError("Cannot flush \(quoted(path)) to the disk") }
  }

  private func sealFolders(below path: String) throws(ArtifactError) {
    for name in try names(in: path) {
      let child = "\(path)/\(name)"
      guard isFolder(child) else { continue }
      try sealFolders(below: child)
      guard chmod(child, 0o555) == 0 else { throw storageError("Cannot make \(quoted(child)) read-only") }
    }
    try flush(path)
  }
}

/// Removes a file or a whole folder, read-only or not, as far as possible: what stays is removed at the next
/// start. Follows no symbolic link.
func removeTree(_ path: String) {
  guard isFolder(path) else {
    unlink(path)
    return
  }
  chmod(path, 0o700)
  for name in (try? names(in: path)) ?? [] { removeTree("\(path)/\(name)") }
  rmdir(path)
}

private func isFolder(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0 && FileKind(mode: status.st_mode) == .folder
}

/// The names in one of the store's own folders, where every name is one that we chose or checked.
private func names(in path: String) throws(ArtifactError) -> [String] {
  let listing = try DirectoryListing(try .open(storeFolder: path), shown: path)
  var names: [String] = []
  while let name = try listing.next() {
    let text = String(decoding: name, as: UTF8.self)
    if text != "." && text != ".." { names.append(text) }
  }
  return names
}
