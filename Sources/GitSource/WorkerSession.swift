import CLibgit2
import Effects
import FoundationEssentials
import Glibc

/// One network operation on the mirror, inside the worker.
final class WorkerSession {
  let mirror: Mirror
  let remote: GitHandle<RemoteKind>
  /// The mirror's.
  let folder: String
  let url: String
  let branch: String
  /// The remote's folder when it is on this host.
  let localPath: String?
  let access: RemoteAccess
  private let lock: MirrorLock

  init(_ request: WorkerRequest) throws(WorkerFailure) {
    url = request.url
    branch = request.branch
    folder = request.mirror
    localPath = WorkerSession.localPath(of: request.url)
    try WorkerSession.checkTransport(of: request.url)
    if let localPath, !FileManager.default.fileExists(atPath: localPath) {
      // libgit2 would call this an unsupported protocol.
      throw WorkerFailure(.notFound, "there is no Git repository at \(request.url)")
    }
    access = try RemoteAccess(request)
    lock = try MirrorLock(folder: request.mirror)
    do {
      let mirror = try Mirror(opening: request.mirror)
      self.mirror = mirror
      remote = try WorkerSession.unnamedRemote(request.url, in: mirror)
    } catch {
      throw WorkerFailure(mirror: error)
    }
  }

  var branchReference: String { "refs/heads/" + branch }

  private static func localPath(of url: String) -> String? {
    if url.hasPrefix("/") { return url }
    return url.hasPrefix("file://") ? URL(string: url)?.path : nil
  }

  private static func checkTransport(of url: String) throws(WorkerFailure) {
    let supported = ["http://", "https://", "ssh://", "file://", "/"]
    guard supported.contains(where: url.hasPrefix) else {
      throw WorkerFailure(
        .notFound,
        "\(redacted(url)) cannot be used: only https, http, ssh, file and absolute paths are supported")
    }
  }

  /// A remote that exists in memory only. One that is looked up by name would walk the configuration by regular
  /// expression, which leaks in libgit2 1.5, and apply `insteadOf` rules.
  private static func unnamedRemote(_ url: String, in mirror: Mirror) throws(GitFailure)
    -> GitHandle<RemoteKind>
  {
    var options = git_remote_create_options()
    try git("prepare the remote") {
      git_remote_create_options_init(&options, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
    }
    options.repository = mirror.repository.pointer
    options.flags =
      GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC.rawValue
    return try GitHandle("prepare the remote") { git_remote_create_with_opts($0, url, &options) }
  }

  /// Runs an operation on the mirror alone.
  func locally<Result>(_ work: () throws(GitFailure) -> Result) throws(WorkerFailure) -> Result {
    do { return try work() } catch { throw WorkerFailure(mirror: error) }
  }

  /// Runs an operation that involves the remote.
  func remotely<Result>(_ work: () throws(GitFailure) -> Result) throws(WorkerFailure) -> Result {
    do { return try work() } catch { throw remoteFailure(error) }
  }

  /// What went wrong while talking to the remote. The connection ends, so that all that can be known about it is.
  func remoteFailure(_ failure: GitFailure) -> WorkerFailure {
    git_remote_disconnect(remote.pointer)
    return access.explain(failure) ?? WorkerFailure(talkingTo: url, failure)
  }
}

/// The right to change the mirror's references and packs. The kernel takes it back when the process ends, however
/// it ends; so whatever lock or temporary file lies about while we hold it was left by a worker that was killed.
private final class MirrorLock {
  private let descriptor: Int32

  init(folder: String) throws(WorkerFailure) {
    descriptor = open(folder + "/evenkeel-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    // Waits for another worker; the deadline ends that wait too.
    guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
      throw WorkerFailure(.mirror, "cannot lock the mirror \(folder): \(String(cString: strerror(errno)))")
    }
    removeLeftovers(in: folder + "/objects/pack") { name in
      name.hasPrefix("pack_git2_") || name.hasSuffix(".lock")
    }
    removeLockFiles(below: folder + "/refs")
    for name in ["HEAD.lock", "packed-refs.lock"] { unlink(folder + "/" + name) }
  }

  deinit { close(descriptor) }

  private func removeLeftovers(in folder: String, _ isLeftover: (String) -> Bool) {
    for (name, _) in contents(of: folder) where isLeftover(name) { unlink(folder + "/" + name) }
  }

  private func removeLockFiles(below folder: String) {
    removeLeftovers(in: folder) { $0.hasSuffix(".lock") }
    for (name, isFolder) in contents(of: folder) where isFolder {
      removeLockFiles(below: folder + "/" + name)
    }
  }

  private func contents(of folder: String) -> [(name: String, isFolder: Bool)] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var found: [(String, Bool)] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { found.append((name, entry.pointee.d_type == UInt8(DT_DIR))) }
    }
    return found
  }
}
