import CLibgit2
package import Effects
import Glibc
package import Manifests
package import Vocabulary

/// A folder of manifests in somebody's own repository, such as a checkout that CI has made. Nothing is written, and
/// the network is not used.
package actor LocalRepository: ManifestReader {
  /// The folder, relative to the root of the repository; empty for the root itself.
  package nonisolated let path: String
  private let executor = SerialQueueExecutor(label: "evenkeel.git.local")
  private let repository: Mirror
  private var cache: ManifestCache

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// Opens the repository whose work tree contains `folder`.
  package init(containing folder: String, limits: ManifestLimits = ManifestLimits()) throws(SourceError) {
    guard let canonical = canonicalPath(folder) else {
      throw SourceError(.notFound, "there is no folder \(folder)")
    }
    let opened = try Self.open(canonical)
    guard let workTree = git_repository_workdir(opened.pointer).map({ String(cString: $0) }),
      (canonical + "/").hasPrefix(workTree)
    else {
      throw SourceError(.notFound, "\(folder) is not in the work tree of a Git repository")
    }
    path = String(canonical.dropFirst(workTree.count))
    cache = ManifestCache(limits: limits)
    do {
      repository = try Mirror(opened)
    } catch {
      throw SourceError(.mirror, "the Git repository of \(folder) cannot be read: \(error.message)")
    }
  }

  /// CI often checks out as one user and runs tools as another, and we read no configuration in which that could be
  /// allowed. Git asks about the owner because a stranger's configuration can make it run programs; libgit2 runs
  /// none when it reads objects.
  private static func open(_ folder: String) throws(SourceError) -> GitRepository {
    do {
      try git("allow any owner") { evenkeel_git_set_owner_validation(0) }
      defer { _ = evenkeel_git_set_owner_validation(1) }
      return try GitRepository("open the repository") { git_repository_open_ext($0, folder, 0, nil) }
    } catch  where error.isNotFound {
      throw SourceError(.notFound, "\(folder) is not in a Git repository")
    } catch {
      throw SourceError(.mirror, "the Git repository of \(folder) cannot be opened: \(error.message)")
    }
  }

  /// The commit that is checked out; `nil` before the first one.
  package func head() -> CommitID? {
    try? commit(named: "HEAD")
  }

  package func commit(named revision: String) throws(SourceError) -> CommitID {
    do {
      return CommitID(try repository.commit(named: revision).hex)
    } catch {
      throw SourceError(
        .notFound,
        "\(oneLine(revision, limit: 100)) names no commit in this repository: \(oneLine(error.message)); "
          + "a shallow clone may lack it (`git fetch --unshallow`)")
    }
  }

  /// - Returns: Nothing desired when the commit does not have the folder: it came later.
  package func desired(at commit: CommitID) throws(SourceError) -> DesiredState {
    let path = path
    let folder = try reading { (repository) throws(GitFailure) in
      try repository.folder(at: path, in: repository.rootTree(of: self.id(of: commit)))
    }
    guard let folder else { return DesiredState() }
    do throws(ReadFailure) {
      return try cache.desired(in: folder, of: repository)
    } catch {
      switch error {
      case .git(let failure): throw unreadable(failure)
      case .tooLarge(let message): throw SourceError(.tooLarge, "commit \(commit.short): \(message)")
      }
    }
  }

  package func history(from tip: CommitID, downTo base: CommitID?, limit: Int) throws(SourceError)
    -> [CommitSummary]
  {
    let path = path
    return try reading { (repository) throws(GitFailure) in
      try repository.history(
        from: self.id(of: tip), downTo: base.map { (base) throws(GitFailure) in try self.id(of: base) },
        limit: limit, manifestsAt: path)
    }
  }

  private func id(of commit: CommitID) throws(GitFailure) -> ObjectID {
    guard let id = ObjectID(hex: commit.rawValue) else {
      throw GitFailure(
        operation: "read a commit", code: -1, category: 0, message: "\(commit) is no commit id")
    }
    return id
  }

  private func reading<Result>(_ work: (Mirror) throws(GitFailure) -> Result) throws(SourceError) -> Result {
    do {
      return try work(repository)
    } catch {
      throw unreadable(error)
    }
  }

  private func unreadable(_ failure: GitFailure) -> SourceError {
    SourceError(
      .mirror,
      "this Git repository cannot be read: cannot \(failure.operation): \(oneLine(failure.message)); "
        + "a shallow clone lacks history (`git fetch --unshallow`)")
  }
}

/// The path with all links followed; `nil` when there is nothing.
private func canonicalPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
