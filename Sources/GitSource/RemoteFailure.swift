import CLibgit2
import Effects

extension WorkerFailure {
  /// A failure while talking to the remote, in words that say what to look at.
  ///
  /// libgit2 1.5 has an error code for few of these; for the others its category and, for HTTP, its text are all
  /// there is.
  init(talkingTo url: String, _ failure: GitFailure) {
    let remote = redacted(url)
    let said = oneLine(failure.message)
    switch failure {
    case _ where failure.asksForCredentials:
      self.init(.denied, "\(remote) asks for credentials: name them in `source.auth` of the agent's file")
    case _ where failure.code == GIT_ECERTIFICATE.rawValue || failure.isAbout(GIT_ERROR_SSL):
      self.init(.unreachable, "\(remote): no trustworthy TLS connection: \(said)")
    case _ where failure.meansBrokenConnection:
      self.init(.unreachable, "\(remote) broke off the connection: \(said)")
    case _ where failure.isAbout(GIT_ERROR_HTTP):
      self.init(http: failure, remote: remote, said: said)
    case _ where failure.code == GIT_EOWNER.rawValue || said.contains("safe.directory"):
      self.init(
        .denied,
        "\(remote) belongs to another user, so Git does not trust it: make the agent its owner, or serve it over https"
      )
    case _ where failure.isAbout(GIT_ERROR_NOMEMORY):
      self.init(
        .tooLarge,
        "\(remote) sends what takes more than \(inMebibytes(NetworkWorker.memoryLimit)) of memory, the limit: "
          + "keep large files out of the repository")
    case _ where failure.meansFullDisk:
      self.init(.mirror, "what \(remote) sends cannot be written to the mirror: \(said)")
    case _ where failure.isAbout(GIT_ERROR_NET):
      self.init(.unreachable, "\(remote) does not answer as a Git server: \(said)")
    case _ where failure.isAbout(GIT_ERROR_INDEXER, GIT_ERROR_ZLIB, GIT_ERROR_ODB, GIT_ERROR_OBJECT):
      self.init(.unreachable, "\(remote) sends commits that are damaged: \(said)")
    case _ where failure.code == GIT_EBAREREPO.rawValue:
      self.init(.denied, "\(remote) is not a bare repository; only those can be pushed to by path")
    case _ where failure.isAbout(GIT_ERROR_REPOSITORY):
      self.init(.notFound, "there is no Git repository at \(remote): \(said)")
    case _ where failure.isAbout(GIT_ERROR_OS):
      self.init(.unreachable, "\(remote): \(said)")
    default:
      self.init(.unreachable, "\(remote): cannot \(failure.operation): \(said)")
    }
  }

  private init(http failure: GitFailure, remote: String, said: String) {
    switch failure.httpStatus {
    case 404?, 410?:
      self.init(.notFound, "there is no Git repository at \(remote) (HTTP \(failure.httpStatus ?? 404))")
    case 403?:
      self.init(.denied, "\(remote) refuses access (HTTP 403)")
    case let status?:
      self.init(.unreachable, "\(remote) answers with HTTP status \(status)")
    case nil:
      self.init(.unreachable, "\(remote) does not answer as a Git server: \(said)")
    }
  }
}

extension GitFailure {
  /// The texts are the C library's, in the locale that the worker is given.
  fileprivate var meansFullDisk: Bool {
    isAbout(GIT_ERROR_OS) && says("No space left on device", "Disk quota exceeded", "File too large")
  }

  fileprivate var meansBrokenConnection: Bool {
    code == GIT_EEOF.rawValue
      || says(
        "Connection reset by peer", "Broken pipe", "early EOF", "unexpected EOF",
        "stream ended at an unexpected time")
  }

  private func says(_ texts: String...) -> Bool { texts.contains(where: message.contains) }

  var asksForCredentials: Bool {
    if code == GIT_EAUTH.rawValue { return true }
    return isAbout(GIT_ERROR_HTTP) && message.contains("authentication")
  }

  /// From libgit2's "unexpected http status code: 404".
  var httpStatus: Int? {
    guard message.contains("http status code") else { return nil }
    return message.split(separator: " ").last.flatMap { Int($0) }
  }
}

/// A URL without what may be a password in it.
func redacted(_ url: String) -> String {
  guard let scheme = url.firstRange(of: "://") else { return url }
  let rest = url[scheme.upperBound...]
  let authority = rest.prefix { $0 != "/" }
  guard let at = authority.lastIndex(of: "@") else { return url }
  return String(url[..<scheme.upperBound] + rest[rest.index(after: at)...])
}

/// Text from elsewhere, safe to put into a message or a log: one line, no control characters, bounded.
func oneLine(_ text: String, limit: Int = 1000) -> String {
  let words = text.split {
    $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
  }
  let line = words.joined(separator: " ")
  return line.count > limit ? String(line.prefix(limit)) + "…" : line
}
