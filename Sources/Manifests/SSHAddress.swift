/// An `ssh:` URL, taken apart.
package struct SSHAddress: Hashable, Sendable {
  package var user: String
  /// A name or a numeric address, without brackets.
  package var host: String
  package var port: Int
  /// As the remote's shell sees it: absolute, or below a home when it begins with `~`.
  package var path: String

  /// Why a text is no such URL, and what to write.
  package struct Misfit: Error {
    package var message: String
    package var suggestion: String
  }

  /// The port of ssh where a URL names none.
  package static let defaultPort = 22

  package init(_ url: String) throws(Misfit) {
    let scheme = "ssh://"
    guard url.hasPrefix(scheme) else {
      throw Misfit(message: "is no ssh URL", suggestion: "write `ssh://git@host/path`")
    }
    let rest = url.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else {
      throw Misfit(message: "names no user", suggestion: "write `ssh://git@\(authority)…`")
    }
    user = String(authority[..<at])
    guard isPlainName(user, besides: "._-+") else {
      // Never quote it: it may hold a password.
      throw Misfit(
        message: "needs a plain user name before the `@`",
        suggestion: "a password never belongs there; write `ssh://git@host/path`")
    }
    (host, port) = try hostAndPort(authority[authority.index(after: at)...])
    path = try remotePath(rest.dropFirst(authority.count))
  }
}

private func hostAndPort(_ text: Substring) throws(SSHAddress.Misfit) -> (String, Int) {
  let bracketed = text.hasPrefix("[") ? text.dropFirst().prefix { $0 != "]" } : nil
  let host = bracketed ?? text.prefix { $0 != ":" }
  let port = bracketed.map { text.dropFirst($0.count + 2) } ?? text.dropFirst(host.count)
  let isHost =
    bracketed.map { $0.contains(":") && $0.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } }
    ?? isPlainName(String(host), besides: "._-")
  guard isHost else {
    throw SSHAddress.Misfit(message: "names no host", suggestion: "write `ssh://git@host/path`")
  }
  if port.isEmpty { return (String(host), SSHAddress.defaultPort) }
  guard port.first == ":", let number = UInt16(port.dropFirst()), number > 0 else {
    throw SSHAddress.Misfit(
      message: "has no port after the `:`", suggestion: "write `ssh://git@\(host)/path`, with a `/`")
  }
  return (String(host), Int(number))
}

/// The part after the host, with its escapes resolved.
private func remotePath(_ text: Substring) throws(SSHAddress.Misfit) -> String {
  var bytes: [UInt8] = []
  var rest = text.utf8[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "%") else {
      bytes.append(byte)
      continue
    }
    let digits = String(Substring(rest.prefix(2)))
    guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let escaped = UInt8(digits, radix: 16)
    else {
      throw SSHAddress.Misfit(message: "has a `%` that escapes nothing", suggestion: "write `%25`")
    }
    bytes.append(escaped)
    rest = rest.dropFirst(2)
  }
  let isClean = bytes.count > 1 && !bytes.contains { $0 < 0x20 || $0 == 0x7F }
  guard isClean, let path = String(validating: bytes, as: UTF8.self) else {
    throw SSHAddress.Misfit(message: "names no repository", suggestion: "write `ssh://git@host/path`")
  }
  return path.hasPrefix("/~") ? String(path.dropFirst()) : path
}

/// Letters, digits and a few others, of which none makes a program take the name for an option.
private func isPlainName(_ text: String, besides others: String) -> Bool {
  !text.isEmpty && !text.hasPrefix("-")
    && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || others.utf8.contains($0) }
}
