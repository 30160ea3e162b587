import Effects
import Glibc

/// Creates files below one folder and nowhere else.
///
/// Every step is made relative to an open descriptor and follows no symbolic link, so that not even a
/// folder exchanged behind our back leads outside.
struct FolderWriter: ~Copyable {
  private let root: Descriptor

  init(folder: String) throws(ArtifactError) {
    root = try .open(storeFolder: folder)
  }

  /// Creates the folder and those above it where they do not exist.
  func createFolder(_ path: EntryPath) throws(ArtifactError) {
    _ = try descend(path.components[...], of: path)
  }

  /// Creates a new, empty file, and the folders above it.
  ///
  /// - Throws: `ArtifactError(.invalid)` when there is something by that name already.
  func createFile(_ path: EntryPath) throws(ArtifactError) -> Descriptor {
    let folder = try descend(path.components.dropLast(), of: path)
    guard let name = path.components.last else { throw collision(path) }
    let number = openat(folder.number, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard number >= 0 else {
      throw errno == EEXIST ? collision(path) : storageError("Cannot create \(quoted(path.text))")
    }
    return Descriptor(owning: number)
  }

  private func descend(
    _ names: ArraySlice<String>, of path: EntryPath
  ) throws(ArtifactError) -> Descriptor {
    var folder = try root.duplicate()
    for name in names {
      if mkdirat(folder.number, name, 0o700) != 0 && errno != EEXIST {
        throw storageError("Cannot create a folder for \(quoted(path.text))")
      }
      let number = openat(folder.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard number >= 0 else {
        throw errno == ENOTDIR || errno == ELOOP
          ? collision(path) : storageError("Cannot open a folder for \(quoted(path.text))")
      }
      folder = Descriptor(owning: number)
    }
    return folder
  }

  private func collision(_ path: EntryPath) -> ArtifactError {
    ArtifactError(.invalid, "Refused the entry \(quoted(path.text)): another entry has the same path.")
  }
}

extension Descriptor {
  /// Makes a complete file readable for everyone and writable for nobody, and brings it to the disk.
  func seal(executable: Bool) throws(ArtifactError) {
    guard fchmod(number, executable ? 0o555 : 0o444) == 0 else {
      throw storageError("Cannot make a file read-only")
    }
    guard fsync(number) == 0 else { throw storageError("Cannot flush a file to the disk") }
  }
}
