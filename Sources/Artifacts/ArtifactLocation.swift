import Effects
import Foundation

/// Where an artifact's bytes come from: an understood URI.
enum ArtifactLocation: Hashable, Sendable {
  case file(path: String)
  case web(WebAddress)

  /// - Throws: `ArtifactError(.invalid)` when the URI is not one that the store can fetch.
  init(uri: String) throws(ArtifactError) {
    guard let parts = URLComponents(string: uri) else {
      throw ArtifactError(.invalid, "\(quoted(withoutQuery(uri))) is not a URI.")
    }
    switch parts.scheme?.lowercased() {
    case "file":
      guard ["", "localhost"].contains(parts.host ?? ""), parts.path.hasPrefix("/"),
        !parts.path.contains("\0")
      else {
        throw ArtifactError(
          .invalid, "\(quoted(withoutQuery(uri))) needs an absolute path: file:///folder/file.")
      }
      self = .file(path: parts.path)
    case "http", "https":
      self = .web(try WebAddress(parts))
    default:
      throw ArtifactError(
        .invalid, "\(quoted(withoutQuery(uri))) is not a file:, http: or https: URI.")
    }
  }

  /// The URI as messages may show it: without query string, which may hold a signature.
  var shown: String {
    switch self {
    case .file(let path): "file://\(path)"
    case .web(let address): address.shown
    }
  }

  /// The name under which a plain file is stored: the last component of the path.
  ///
  /// - Throws: `ArtifactError(.invalid)` when that is no safe name for a file.
  func fileName() throws(ArtifactError) -> EntryPath {
    let path =
      switch self {
      case .file(let path): path
      case .web(let address): address.decodedPath
      }
    // Not `split`: what follows the last slash counts, also when it is nothing.
    let name = path.components(separatedBy: "/").last ?? ""
    return try EntryPath.parseName(name.isEmpty ? "artifact" : name)
  }
}

/// An `http:` or `https:` URL without credentials.
struct WebAddress: Hashable, Sendable {
  /// The whole URL, with its query string: never to be shown.
  let url: String
  /// Without query string and fragment.
  let shown: String
  let isEncrypted: Bool
  fileprivate let decodedPath: String

  fileprivate init(_ parts: URLComponents) throws(ArtifactError) {
    var parts = parts
    let scheme = parts.scheme?.lowercased()
    guard scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty else {
      throw ArtifactError(.invalid, "The URI names no http or https server.")
    }
    guard parts.user == nil, parts.password == nil else {
      throw ArtifactError(
        .invalid, "The URI of an artifact on \(host) contains credentials; they do not belong into Git.")
    }
    // Foundation gives an empty path when the decoded bytes are not UTF-8.
    guard parts.percentEncodedPath.isEmpty || !parts.path.isEmpty else {
      throw ArtifactError(.invalid, "The path of a URI on \(host) is not UTF-8.")
    }
    parts.fragment = nil
    guard let url = parts.string else { throw ArtifactError(.invalid, "The URI cannot be written as a URL.") }
    parts.query = nil
    self.url = url
    shown = parts.string ?? host
    isEncrypted = scheme == "https"
    // `%2F` becomes a slash like any other here, and so is part of no name.
    decodedPath = parts.path
  }

  /// Where a redirect from here leads. Only to http and https, and never from https to http.
  ///
  /// - Throws: `ArtifactError(.notFound)`: the server does not offer the artifact in a way that we accept.
  func redirected(to location: String) throws(ArtifactError) -> WebAddress {
    let refused = { (reason: String) in
      ArtifactError(.notFound, "\(shown) redirects to \(quoted(withoutQuery(location))): \(reason).")
    }
    guard let base = URL(string: url), let target = URL(string: location, relativeTo: base),
      let parts = URLComponents(url: target, resolvingAgainstBaseURL: true)
    else { throw refused("that is not a URL") }
    let address: WebAddress
    do {
      address = try WebAddress(parts)
    } catch {
      throw refused("only http and https without credentials are followed")
    }
    guard address.isEncrypted || !isEncrypted else { throw refused("https is never left for http") }
    return address
  }
}

/// What may be shown of a text that should have been a URI: no query string, no user and password.
private func withoutQuery(_ text: String) -> String {
  let front = String(text.prefix { $0 != "?" && $0 != "#" })
  guard let scheme = front.range(of: "://"), let at = front.lastIndex(of: "@"), at >= scheme.upperBound else {
    return front
  }
  return String(front[..<scheme.upperBound] + front[front.index(after: at)...])
}
