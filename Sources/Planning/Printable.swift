extension String {
  /// One line of text that cannot steer a terminal or pretend to be several lines: escape sequences are dropped,
  /// white space is a space, and other control and format characters (also those that reverse the direction of
  /// text) are left out.
  package var printable: String {
    if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
    var result = String.UnicodeScalarView()
    var scalars = unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      if scalar == "\u{1B}" {
        scalars.dropControlSequence()
      } else if scalar.properties.isWhitespace {
        result.append(" ")
      } else if !scalar.isInvisible {
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// At most this many characters, the last of them an ellipsis when something is missing.
  package func truncated(to limit: Int) -> String {
    guard count > limit else { return self }
    return prefix(limit - 1) + "…"
  }
}

extension Substring.UnicodeScalarView {
  /// The rest of an ECMA-48 control sequence after its escape character: `[`, parameters, one final byte.
  fileprivate mutating func dropControlSequence() {
    guard first == "[" else { return }
    removeFirst()
    while let scalar = popFirst(), !("@"..."~").contains(scalar) {}
  }
}

extension Unicode.Scalar {
  fileprivate var isInvisible: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }
}
