import YAML

extension ValueType where Value == String {
  /// Where the bytes of a model come from.
  static let artifactURI = uri(
    "`file:`, `http:` or `https:` URI", ["file", "http", "https"], notYet: ["mlflow", "oci", "s3"])

  /// A Git remote.
  static let sourceURL = uri(
    "`file:`, `http:`, `https:` or `ssh:` URL", ["file", "http", "https", "ssh"])

  /// A URI with one of the schemes whose behaviour exists. Credentials in it are refused: manifests are read by
  /// many, and URLs end up in logs.
  private static func uri(_ name: String, _ schemes: [String], notYet: [String] = []) -> ValueType {
    text(name) { text, label, position, reading in
      let isPlain = text.utf8.allSatisfy(isURIByte)
      guard isPlain, let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
        let isPath = isPlain && text.hasPrefix("/")
        reading.report(
          "\(quoted(label)) must be a \(name)", at: position,
          suggestion: isPath ? "write `file://\(text)`" : nil)
        return nil
      }
      if let complaint = complaint(
        text, colon: colon, label: label, name: name, schemes: schemes, notYet: notYet)
      {
        reading.report(complaint.message, at: position, suggestion: complaint.suggestion)
        return nil
      }
      return text
    }
  }
}

private func endsAuthority(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
}

/// Printable ASCII: everything else is escaped in a URI.
private func isURIByte(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

private func complaint(
  _ text: String, colon: String.Index, label: String, name: String, schemes: [String], notYet: [String]
) -> (message: String, suggestion: String?)? {
  let scheme = String(text[..<colon])
  let rest = text.utf8[text.utf8.index(after: colon)...]
  let slash = UInt8(ascii: "/")
  let hasAuthority = rest.starts(with: [slash, slash])
  let authority = rest.dropFirst(hasAuthority ? 2 : rest.count).prefix { !endsAuthority($0) }
  // Never quote the text here: it holds the secret.
  if authority.contains(UInt8(ascii: "@")), scheme != "ssh" {
    return ("credentials never belong in \(quoted(label))", "remove everything before the `@`")
  }
  if notYet.contains(scheme) {
    return ("\(quoted("\(scheme):")) is not supported yet in \(quoted(label))", nil)
  }
  guard schemes.contains(scheme) else {
    return otherScheme(
      scheme, path: text[text.index(after: colon)...], label: label, name: name, schemes: schemes)
  }
  switch scheme {
  case "ssh":
    do throws(SSHAddress.Misfit) {
      _ = try SSHAddress(text)
      return nil
    } catch {
      return ("\(quoted(label)) \(error.message)", error.suggestion)
    }
  case "file":
    if rest.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
      return (
        "\(quoted(label)) names a file, which has no query or fragment",
        "write `?` in a path as `%3F` and `#` as `%23`"
      )
    }
    let hasPath = rest.first == slash && authority.isEmpty && rest.count > (hasAuthority ? 2 : 0)
    return hasPath ? nil : ("\(quoted(label)) must hold an absolute path", "write `file:///folder/file`")
  default:
    let isHostless = authority.isEmpty || authority.first == UInt8(ascii: ":")
    return isHostless ? ("\(quoted(label)) names no host", "write `\(scheme)://host/path`") : nil
  }
}

private func otherScheme(
  _ scheme: String, path: Substring, label: String, name: String, schemes: [String]
) -> (message: String, suggestion: String?) {
  // `git@host:path` is how people write ssh. What stands before the `@` may be a password all the same.
  if schemes.contains("ssh"), scheme.contains("@") {
    let host = scheme.drop { $0 != "@" }.dropFirst()
    let slash = path.hasPrefix("/") ? "" : "/"
    return (
      "\(quoted(label)) must be a \(name); \(quoted("user@host:path")) is none",
      "write `ssh://git@\(host)\(slash)\(path)`"
    )
  }
  return (
    "\(quoted(label)) must be a \(name), not \(quoted("\(scheme):"))",
    didYouMean(scheme, among: schemes)
  )
}
