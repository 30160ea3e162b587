/// Text from a file as messages show it: between backticks, cut to a readable length, without credentials, and with
/// nothing in it that a terminal would act on.
package func quoted(_ text: String) -> String {
  let longest = 80
  let safe = printable(text).unicodeScalars
  return "`" + String(safe.prefix(longest)) + (safe.count > longest ? "…`" : "`")
}

/// The text scalar for scalar, with a space for a tab, U+FFFD for everything else that a terminal would not just
/// show, and asterisks for the user and password of a URL: messages end up in logs.
package func printable(_ text: String) -> String {
  var scalars = Array(text.unicodeScalars)
  for index in scalars.indices where !isPrintable(scalars[index]) {
    scalars[index] = scalars[index] == "\t" ? " " : "\u{FFFD}"
  }
  maskCredentials(in: &scalars)
  return String(String.UnicodeScalarView(scalars))
}

/// Whether a terminal shows the text and does nothing else with it.
package func isPrintable(_ text: String) -> Bool {
  // Nearly all text in manifests is ASCII, and looking up Unicode properties is slow.
  text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } || text.unicodeScalars.allSatisfy(isPrintable)
}

/// Whether a terminal shows the scalar and does nothing else with it.
package func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
  default: true
  }
}

/// Replaces what stands between `://` and the last `@` of a URL's authority.
private func maskCredentials(in scalars: inout [Unicode.Scalar]) {
  var index = 0
  while index + 2 < scalars.count {
    guard scalars[index] == ":", scalars[index + 1] == "/", scalars[index + 2] == "/" else {
      index += 1
      continue
    }
    let start = index + 3
    let end = scalars[start...].firstIndex { "/?# \"'`".unicodeScalars.contains($0) } ?? scalars.count
    if let last = scalars[start..<end].lastIndex(of: "@") {
      for secret in start..<last { scalars[secret] = "*" }
    }
    index = end
  }
}
