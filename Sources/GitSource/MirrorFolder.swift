import CLibgit2
import Effects
import FoundationEssentials

/// The folder of the mirror: created on first use, replaced when it is broken or belongs to another remote.
///
/// The mirror is a cache. All that can be lost with it is a commit that was never pushed, and that one is
/// computed again.
struct MirrorFolder: Sendable {
  /// Where the bare repository is.
  let path: String
  /// The remote that it mirrors.
  let url: String
  let branch: String

  /// Beside Git's own files: the remote that the mirror belongs to.
  private var urlFile: String { path + "/evenkeel-url" }
  /// The last mirror that was found unusable, for whoever wants to know what was wrong with it. There is never more
  /// than one.
  var aside: String { path + ".aside" }
  /// Beside Git's own files: something may have to be carried over from the mirror before this one.
  private var salvageMark: String { path + "/evenkeel-salvage" }
  private var branchReference: String { "refs/heads/" + branch }

  var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// Opens the mirror, provided that it is one of this remote.
  func open() throws(SourceError) -> Mirror {
    guard exists else {
      throw SourceError(.mirror, "nothing was fetched from \(redacted(url)) yet")
    }
    guard let recorded = try? String(contentsOfFile: urlFile, encoding: .utf8) else {
      throw SourceError(.mirror, "the Git mirror \(path) does not say which remote it belongs to")
    }
    guard recorded == url else {
      throw SourceError(.mirror, "the Git mirror \(path) belongs to another remote")
    }
    do {
      let mirror = try Mirror(opening: path)
      // libgit2 opens a repository whose HEAD is an empty file, and Git does not.
      _ = try GitHandle<ReferenceKind>("read HEAD") {
        git_reference_lookup($0, mirror.repository.pointer, "HEAD")
      }
      return mirror
    } catch {
      throw error.asMirrorError
    }
  }

  /// Makes an empty mirror, readable by its owner only. It is made beside its place and moved there when
  /// complete, so a crash leaves no half-made mirror.
  func create() throws(SourceError) {
    let unfinished = path + ".new"
    try files("create the mirror \(path)") {
      try? FileManager.default.removeItem(atPath: unfinished)
      try FileManager.default.createDirectory(
        atPath: unfinished, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    do {
      let repository = try GitRepository("create the mirror") {
        git_repository_init($0, unfinished, 1)
      }
      // So that `HEAD~1` means what people expect.
      try git("point HEAD at the branch") {
        git_repository_set_head(repository.pointer, branchReference)
      }
    } catch {
      throw error.asMirrorError
    }
    try files("create the mirror \(path)") {
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: unfinished)
      try Data(url.utf8).write(to: URL(filePath: unfinished + "/evenkeel-url"))
      if asideBelongsToRemote { try Data().write(to: URL(filePath: unfinished + "/evenkeel-salvage")) }
      try FileManager.default.moveItem(atPath: unfinished, toPath: path)
    }
  }

  /// Moves the folder aside, in the place of the one before; unless that one still has something to carry over, which
  /// this one then never got.
  func moveAside() throws(SourceError) {
    try files("move the mirror \(path) aside") {
      guard !wantsSalvage else { return try removeFolder(path) }
      try removeFolder(aside)
      try FileManager.default.moveItem(atPath: path, toPath: aside)
    }
  }

  /// Whether there is something left to carry over from the mirror that was moved aside.
  var wantsSalvage: Bool { FileManager.default.fileExists(atPath: salvageMark) }

  func salvaged() { try? FileManager.default.removeItem(atPath: salvageMark) }

  private var asideBelongsToRemote: Bool {
    (try? String(contentsOfFile: aside + "/evenkeel-url", encoding: .utf8)) == url
  }

  /// Removes a folder with all that is in it, also what nobody may look into.
  private func removeFolder(_ folder: String) throws {
    let files = FileManager.default
    guard files.fileExists(atPath: folder) else { return }
    do {
      try files.removeItem(atPath: folder)
    } catch {
      try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
      for (name, isFolder) in contents(of: folder) where isFolder { try removeFolder("\(folder)/\(name)") }
      try files.removeItem(atPath: folder)
    }
  }

  private func files(_ purpose: String, _ work: () throws -> Void) throws(SourceError) {
    do {
      try work()
    } catch {
      throw SourceError(.mirror, "cannot \(purpose): \(error)")
    }
  }
}

extension GitFailure {
  /// The failure of an operation on the mirror, which needs no network.
  var asMirrorError: SourceError {
    SourceError(.mirror, "the Git mirror is unusable: cannot \(operation): \(message)")
  }

  /// Whether something that must be in the mirror is missing or broken, so that only a new mirror helps. That
  /// cannot be said of a full disk, or of a name that Git does not allow.
  var meansDamage: Bool {
    if isAbout(GIT_ERROR_OS, GIT_ERROR_NOMEMORY) { return false }
    return isNotFound
      || isAbout(
        GIT_ERROR_ODB, GIT_ERROR_ZLIB, GIT_ERROR_OBJECT, GIT_ERROR_REFERENCE, GIT_ERROR_REPOSITORY,
        GIT_ERROR_CONFIG)
  }
}
