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
      return try Mirror(opening: path)
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
      try FileManager.default.moveItem(atPath: unfinished, toPath: path)
    }
  }

  /// Moves the folder aside. One such folder is kept, for whoever wants to know what was wrong with it.
  func moveAside() throws(SourceError) {
    let aside = path + ".aside"
    try files("move the mirror \(path) aside") {
      try? FileManager.default.removeItem(atPath: aside)
      try FileManager.default.moveItem(atPath: path, toPath: aside)
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
