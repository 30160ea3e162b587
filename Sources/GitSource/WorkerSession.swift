import CLibgit2
import Effects
import FoundationEssentials

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
  let bounds: TransferBounds
  let meter: Meter
  let access: RemoteAccess
  private let lock: MirrorLock

  init(_ request: WorkerRequest) throws(WorkerFailure) {
    url = request.url
    branch = request.branch
    folder = request.mirror
    bounds = request.bounds
    meter = Meter(request)
    localPath = WorkerSession.localPath(of: request.url)
    try WorkerSession.checkTransport(of: request.url)
    if let localPath, !FileManager.default.fileExists(atPath: localPath) {
      // libgit2 would call this an unsupported protocol.
      throw WorkerFailure(.notFound, "there is no Git repository at \(request.url)")
    }
    access = try RemoteAccess(request, meter)
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
    return meter.excess ?? access.explain(failure) ?? WorkerFailure(talkingTo: url, failure)
  }
}
