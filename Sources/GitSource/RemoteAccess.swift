import CLibgit2
import Effects
import Manifests

/// How one operation of the worker gets in: what it shows the server, and which server it trusts.
///
/// What is secret is read from its file when the operation begins, and is gone when the worker ends.
final class RemoteAccess {
  /// The connection that libgit2 does not make itself.
  let ssh: SSHConnector?
  /// What watches over the one that it does; `nil` for ssh, and for a repository on this host.
  private let http: MeteredHTTP?
  private let token: AccessToken?
  private let remote: String
  /// Whether this connection was given the token already. A second question means that it was refused.
  private var hasAnswered = false
  private var isRefused = false

  init(_ request: WorkerRequest, _ meter: Meter) throws(WorkerFailure) {
    let credentials = request.access.credentials
    remote = redacted(request.url)
    if let misfit = credentials?.misfit(with: request.url) {
      throw WorkerFailure(.denied, "\(remote): \(misfit)")
    }
    token = if case .token(let file, let user) = credentials { try AccessToken(file, of: user) } else { nil }
    ssh = request.url.hasPrefix("ssh://") ? try SSHConnector(request, meter) : nil
    http = request.url.hasPrefix("http") ? MeteredHTTP(meter) : nil
    if let file = request.access.authorities { try trust(authorities: file) }
  }

  /// Credentials never follow a redirect to another host, or from `https:` to `http:`. Without them, the first
  /// request may be redirected anywhere, as in Git.
  var redirects: git_remote_redirect_t {
    token == nil ? GIT_REMOTE_REDIRECT_INITIAL : GIT_REMOTE_REDIRECT_NONE
  }

  func beginConnection() { hasAnswered = false }

  /// Whether libgit2 is to connect through us.
  fileprivate var hasTransport: Bool { ssh != nil || http != nil }

  fileprivate func makeTransport(
    _ transport: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ remote: OpaquePointer?
  ) -> Int32 {
    ssh?.makeTransport(transport, remote) ?? http?.makeTransport(transport, remote) ?? GIT_EUSER.rawValue
  }

  /// Answers the server's question who we are.
  fileprivate func answer(
    _ answer: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, allowed: UInt32
  ) -> Int32 {
    guard let token, allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0 else {
      return GIT_PASSTHROUGH.rawValue
    }
    guard !hasAnswered else {
      isRefused = true
      return GIT_EAUTH.rawValue
    }
    hasAnswered = true
    return git_credential_userpass_plaintext_new(answer, token.user, token.secret)
  }

  /// What the means of access know about a failure; `nil` when it is none of their business.
  func explain(_ failure: GitFailure) -> WorkerFailure? {
    if let ssh { return ssh.explanation() }
    guard let token else { return nil }
    switch failure.httpStatus {
    case _ where isRefused || failure.asksForCredentials:
      return WorkerFailure(
        .denied, "\(remote) refuses the credentials: user \(token.user) with the token in \(token.file)")
    case 403?:
      return WorkerFailure(
        .denied,
        "\(remote) refuses access (HTTP 403): the token in \(token.file) must allow to read and to write")
    case 404?:
      return WorkerFailure(
        .notFound,
        "there is no Git repository at \(remote) (HTTP 404), or none that the token in \(token.file) may see")
    default: return nil
    }
  }
}

/// What proves who we are, read from its file.
private struct AccessToken {
  let file: String
  let user: String
  let secret: String

  init(_ file: String, of user: String) throws(WorkerFailure) {
    self.file = file
    self.user = user
    let content = try readSecret(file, called: "the token file")
    secret = content.trimmingSuffix { $0.isNewline }
    guard !secret.isEmpty else { throw WorkerFailure(.denied, "the token file \(file) is empty") }
    guard secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw WorkerFailure(.denied, "the token file \(file) must hold one line of plain characters, the token")
    }
  }
}

/// Has libgit2 trust these authorities, and no others.
private func trust(authorities file: String) throws(WorkerFailure) {
  try requireReadable(file, called: "the certificates")
  do {
    try git("read the certificates") { evenkeel_git_set_certificates(file) }
  } catch {
    throw WorkerFailure(.denied, "the certificates in \(file) cannot be used: \(oneLine(error.message))")
  }
}

/// What libgit2's callbacks work with during one call to it. They are replaced with each call, so each call gets
/// all of them.
class Conversation {
  private let access: RemoteAccess

  init(_ access: RemoteAccess) { self.access = access }

  /// Makes this the payload of the callbacks. It has to outlive the call.
  final func equip(_ callbacks: inout git_remote_callbacks) {
    callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
    callbacks.credentials = { answer, _, _, allowed, payload in
      Conversation.from(payload)?.access.answer(answer, allowed: allowed) ?? GIT_PASSTHROUGH.rawValue
    }
    if access.hasTransport {
      callbacks.transport = { transport, remote, payload in
        Conversation.from(payload)?.access.makeTransport(transport, remote) ?? GIT_EUSER.rawValue
      }
    }
  }

  private static func from(_ payload: UnsafeMutableRawPointer?) -> Conversation? {
    payload.map { Unmanaged<Conversation>.fromOpaque($0).takeUnretainedValue() }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> String {
    var rest = self[...]
    while let last = rest.last, isTrimmed(last) { rest.removeLast() }
    return String(rest)
  }
}
