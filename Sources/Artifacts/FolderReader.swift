import Effects
import Glibc

/// Reads a folder that is an artifact: its files only, with every symbolic link and special file refused.
struct FolderReader: ~Copyable {
  private let root: Descriptor
  /// How messages name the folder.
  private let shown: String
  private let limits: ArtifactLimits

  init(owning root: consuming Descriptor, shown: String, limits: ArtifactLimits) {
    self.root = root
    self.shown = shown
    self.limits = limits
  }

  /// The paths of all files, in the order of the digest.
  func files() throws(ArtifactError) -> [EntryPath] {
    var files: [EntryPath] = []
    var pending: [EntryPath?] = [nil]
    var entries = 0
    while let folder = pending.popLast() {
      for name in try names(in: folder) {
        entries += 1
        guard entries <= limits.entries else {
          throw ArtifactError(
            .invalid, "The folder \(quoted(shown)) has more than \(limits.entries) entries.")
        }
        let prefix = folder.map { Array($0.text.utf8) + [UInt8(ascii: "/")] } ?? []
        guard let path = try EntryPath.parse(prefix + name) else { continue }
        switch try kind(of: path) {
        case .file: files.append(path)
        case .folder: pending.append(path)
        case .other:
          throw ArtifactError(
            .invalid,
            "Refused \(quoted(path.text)) in \(quoted(shown)): it is a symbolic link or a special file. "
              + "Put a plain file in its place.")
        }
      }
    }
    return files.sorted()
  }

  /// Opens a file found by `files()`. Fails if it is not a plain file any more.
  func openFile(_ path: EntryPath) throws(ArtifactError) -> Descriptor {
    let file = try open(path, flags: O_NONBLOCK)
    guard try file.status().kind == .file else {
      throw ArtifactError(.invalid, "\(quoted(path.text)) in \(quoted(shown)) changed while it was read.")
    }
    return file
  }

  private func open(_ path: EntryPath?, flags: CInt) throws(ArtifactError) -> Descriptor {
    let components = path?.components ?? []
    // Not a duplicate: the position of a listing is shared between duplicates of one descriptor.
    var current = try openAt(root, ".", O_DIRECTORY)
    for (index, name) in components.enumerated() {
      current = try openAt(current, name, index == components.count - 1 ? flags : O_DIRECTORY)
    }
    return current
  }

  private func openAt(
    _ folder: borrowing Descriptor, _ name: String, _ flags: CInt
  ) throws(ArtifactError) -> Descriptor {
    let number = openat(folder.number, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags)
    guard number >= 0 else { throw sourceError(shown) }
    return Descriptor(owning: number)
  }

  private func kind(of path: EntryPath) throws(ArtifactError) -> FileKind {
    let parent = path.components.count > 1 ? EntryPath(components: path.components.dropLast()) : nil
    let folder = try open(parent, flags: O_DIRECTORY)
    var status = stat()
    guard let name = path.components.last,
      fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    else {
      throw sourceError(shown)
    }
    return FileKind(mode: status.st_mode)
  }

  private func names(in folder: EntryPath?) throws(ArtifactError) -> [[UInt8]] {
    let descriptor = try open(folder, flags: O_DIRECTORY)
    var names: [[UInt8]] = []
    let listing = try DirectoryListing(descriptor, shown: shown)
    while let name = try listing.next() {
      if name == [UInt8(ascii: ".")] || name == Array("..".utf8) { continue }
      guard names.count < limits.entries else {
        throw ArtifactError(.invalid, "The folder \(quoted(shown)) has more than \(limits.entries) entries.")
      }
      names.append(name)
    }
    return names
  }
}

/// An open listing of a folder, `readdir`'s.
struct DirectoryListing: ~Copyable {
  private let stream: OpaquePointer
  private let shown: String

  init(_ folder: borrowing Descriptor, shown: String) throws(ArtifactError) {
    let duplicate = fcntl(folder.number, F_DUPFD_CLOEXEC, 0)
    guard duplicate >= 0 else { throw sourceError(shown) }
    guard let stream = fdopendir(duplicate) else {
      let code = errno
      close(duplicate)
      throw sourceError(shown, code)
    }
    self.stream = stream
    self.shown = shown
  }

  deinit { closedir(stream) }

  /// The next name, as the bytes that the file system holds; `nil` at the end.
  func next() throws(ArtifactError) -> [UInt8]? {
    errno = 0
    guard let entry = readdir(stream) else {
      guard errno == 0 else { throw sourceError(shown) }
      return nil
    }
    return withUnsafeBytes(of: &entry.pointee.d_name) { name in
      Array(name.prefix { $0 != 0 })
    }
  }
}
