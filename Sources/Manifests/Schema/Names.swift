import Vocabulary
import YAML

extension ValueType where Value == String {
  /// Any text that is not empty and stays on one line.
  static let line = text("text", mustBe: "text on one line") { text in
    !text.isEmpty && isPrintable(text) ? text : nil
  }

  /// A name as in DNS: the form of all names of resources.
  static let name = text(
    "name", mustBe: "a name of at most 63 lower-case letters, digits and inner hyphens"
  ) { isDNSLabel($0) ? $0 : nil }

  static let host = text("host name", mustBe: "a lower-case host name without a port") {
    isHostName($0) ? $0 : nil
  }

  /// A header by which requests ask for a candidate, in lower case: one that no ordinary request has.
  static let previewHeader = text("header name") { text, label, position, reading in
    guard isToken(text) else {
      reading.report(
        "\(quoted(label)) must be the name of an HTTP header, not \(quoted(text))", at: position)
      return nil
    }
    let name = text.lowercased()
    guard !ordinaryHeaders.contains(name), !ordinaryPrefixes.contains(where: { name.hasPrefix($0) }) else {
      reading.report(
        "\(quoted(label)) cannot be \(quoted(text)): ordinary requests have it, or the gateway sets it",
        at: position, suggestion: "choose one of your own, such as `x-evenkeel-preview`")
      return nil
    }
    return name
  }

  static let routePrefix = text("path", mustBe: "a path such as /v2/models/fraud-detector") {
    isCleanPath($0) ? $0 : nil
  }

  static let absolutePath = text("absolute path", mustBe: "an absolute path") { text in
    text.utf8.first == UInt8(ascii: "/") && isPrintable(text) ? text : nil
  }

  /// The path of a unix socket: `sun_path` holds 107 bytes and a zero.
  static let socketPath = text(
    "absolute path, at most 107 bytes", mustBe: "an absolute path of at most 107 bytes"
  ) { text in
    let isPath = text.utf8.first == UInt8(ascii: "/") && isPrintable(text)
    return isPath && text.utf8.count <= 107 ? text : nil
  }

  /// A program by its absolute path, or by a name that is looked for on `PATH`.
  static let program = text("program", mustBe: "an absolute path or the name of a program on PATH") {
    text in
    let isName = !text.contains("/") || text.utf8.first == UInt8(ascii: "/")
    return !text.isEmpty && isName && isPrintable(text) ? text : nil
  }

  /// A folder inside the repository; empty is the whole repository.
  static let repositoryPath = text(
    "path in the repository", mustBe: "a path in the repository such as environments/prod"
  ) { text in
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let isClean = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    return text.isEmpty || (isClean && isPrintable(text)) ? text : nil
  }

  /// A branch, by the rules of git-check-ref-format(1).
  static let branch = text("branch name", mustBe: "the name of a branch") { isBranchName($0) ? $0 : nil }
}

extension ValueType where Value == Digest {
  static let digest = text(
    "`sha256:` and 64 hexadecimal digits", mustBe: "`sha256:` and 64 lower-case hexadecimal digits"
  ) { text in
    let prefix = "sha256:".utf8
    // `Digest(_:)` takes upper-case digits too; here one digest has one spelling.
    return text.utf8.starts(with: prefix)
      ? Digest(hex: String(Substring(text.utf8.dropFirst(prefix.count)))) : nil
  }
}

extension ValueType where Value == ClosedRange<Int> {
  static let portRange = text("ports, FIRST-LAST", mustBe: "a range of ports such as 20000-20999") { text in
    let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { port($0) }
    guard bounds.count == 2, let first = bounds[0], let last = bounds[1], first <= last else { return nil }
    return first...last
  }
}

extension ValueType where Value == ListenAddress {
  static let listenAddress = text("ADDRESS:PORT", mustBe: "an address and a port such as 127.0.0.1:8000") {
    text in
    guard let colon = text.lastIndex(of: ":"), let port = port(text[text.index(after: colon)...])
    else { return nil }
    let host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let address = isBracketed ? host.dropFirst().dropLast() : host
    guard isBracketed ? isIPv6Shaped(address) : isIPv4(address) else { return nil }
    return ListenAddress(host: String(address), port: port)
  }
}

extension ValueType where Value == [String: String] {
  /// Environment variables; the values may use `$(NAME)`.
  static let environment = ValueType<String>.template.mapped { name in
    if !isVariableName(name) {
      return "is not a name of an environment variable: use letters, digits and `_`"
    }
    // The agent knows its processes again by these variables, so what is written here could not stand.
    return name.hasPrefix(reservedVariables)
      ? "cannot be set: variables that begin with `\(reservedVariables)` are the agent's own" : nil
  }

  static let labels = ValueType<String>.line.mapped { name in
    !name.isEmpty && name.utf8.count <= 317 && isPrintable(name) ? nil : "is not a name of a label"
  }
}

/// How the environment variables begin by which the agent marks the processes that it starts.
let reservedVariables = "EVENKEEL_"

/// A DNS label (RFC 1123, section 2.1) in lower case.
func isDNSLabel(_ text: String) -> Bool { isDNSLabel(text.utf8[...]) }

private func isDNSLabel(_ bytes: Substring.UTF8View) -> Bool {
  let hyphen = UInt8(ascii: "-")
  guard let first = bytes.first, let last = bytes.last, first != hyphen, last != hyphen, bytes.count <= 63
  else { return false }
  return bytes.allSatisfy { isLowerLetter($0) || isDigit($0) || $0 == hyphen }
}

/// DNS labels joined by dots, at most 253 bytes.
private func isHostName(_ text: String) -> Bool {
  guard text.utf8.count <= 253 else { return false }
  var rest = text.utf8[...]
  while let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
    guard isDNSLabel(rest[..<dot]) else { return false }
    rest = rest[rest.index(after: dot)...]
  }
  return isDNSLabel(rest)
}

/// A token of RFC 9110, section 5.6.2, of sensible length.
private func isToken(_ text: String) -> Bool {
  (1...128).contains(text.utf8.count)
    && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
}

/// Headers that cannot tell who asks for a candidate: clients send them anyway, or they belong to the connection.
private let ordinaryHeaders: Set<String> = [
  "accept", "accept-charset", "accept-encoding", "accept-language", "authorization", "cache-control",
  "connection",
  "content-encoding", "content-length", "content-type", "cookie", "date", "expect", "forwarded", "host",
  "keep-alive", "origin", "pragma", "referer", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
  "via",
  "x-request-id",
]

private let ordinaryPrefixes = ["proxy-", "sec-", "x-envoy-", "x-forwarded-"]

private func isVariableName(_ text: String) -> Bool {
  guard let first = text.utf8.first, !isDigit(first) else { return false }
  return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
}

/// An absolute URL path with nothing that a server could read in another way: no empty, `.` or `..` segment,
/// no escapes, query or fragment, and no slash at the end unless it is the whole path.
func isCleanPath(_ text: String) -> Bool {
  guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= 1024 else { return false }
  if text == "/" { return true }
  var segmentLength = 0
  var dots = 0
  for byte in text.utf8.dropFirst() {
    if byte == UInt8(ascii: "/") {
      guard segmentLength > 0, dots != segmentLength || dots > 2 else { return false }
      segmentLength = 0
      dots = 0
    } else {
      guard isPathByte(byte) else { return false }
      segmentLength += 1
      if byte == UInt8(ascii: ".") { dots += 1 }
    }
  }
  return segmentLength > 0 && (dots != segmentLength || dots > 2)
}

/// The characters of a path segment in RFC 3986 without percent escapes.
private func isPathByte(_ byte: UInt8) -> Bool {
  isLetter(byte) || isDigit(byte) || "-._~!$&'()*+,;=:@".utf8.contains(byte)
}

private func isBranchName(_ text: String) -> Bool {
  let isPlain = text.unicodeScalars.allSatisfy { isPrintable($0) && !" ~^:?*[\\".unicodeScalars.contains($0) }
  guard !text.isEmpty, text.utf8.count <= 255, isPlain, text != "@", text.utf8.first != UInt8(ascii: "-"),
    text.utf8.last != UInt8(ascii: "."), !text.contains(".."), !text.contains("@{")
  else { return false }
  return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
    !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock")
  }
}

private func port(_ text: Substring) -> Int? {
  guard !text.isEmpty, text.utf8.allSatisfy(isDigit), let port = Int(text), (1...65535).contains(port)
  else { return nil }
  return port
}

private func isIPv4(_ text: Substring) -> Bool {
  let parts = text.split(separator: ".", omittingEmptySubsequences: false)
  return parts.count == 4
    && parts.allSatisfy { part in
      (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit) && (Int(part) ?? 256) <= 255
    }
}

/// Looks like an IPv6 address; whoever binds it has the last word.
private func isIPv6Shaped(_ text: Substring) -> Bool {
  text.contains(":") && text.utf8.allSatisfy { isDigit($0) || isLetter($0) || ":.%".utf8.contains($0) }
}
