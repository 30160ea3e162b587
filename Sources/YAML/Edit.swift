/// What is to happen to one document of a file.
package enum DocumentEdit: Sendable {
  case remove
  /// Put these documents in its place. Each is the bytes of one document, as `Document.range` gives them.
  case replace([[UInt8]])
}

/// The file with some of its documents edited and others added at its end; every other byte stays.
///
/// Bytes are only added where documents would otherwise run together: a line break after a document without
/// one, `---` before a document without it, `...` before directives. `nil` when nothing but blanks, markers
/// and a byte order mark would be left, so that the file can go.
///
/// - Parameter edits: by the index of the document in `documentRanges(bytes)`.
package func editDocuments(
  _ bytes: [UInt8], _ edits: [Int: DocumentEdit], appending additions: [[UInt8]] = []
) -> [UInt8]? {
  let layout = bytes.withUnsafeBufferPointer { Layout($0) }
  let preambleEnd = layout.sections.first?.range.lowerBound ?? bytes.count
  var assembly = Assembly(preamble: bytes[..<preambleEnd], bodyStart: layout.bodyStart)
  for (index, section) in layout.sections.enumerated() {
    switch edits[index] {
    case nil: assembly.append(bytes[section.range])
    case .remove: continue
    case .replace(let documents):
      for document in documents { assembly.append(document[...]) }
    }
  }
  for document in additions { assembly.append(document[...]) }
  return assembly.isBlank ? nil : assembly.output
}

/// Puts documents one after the other so that they stay separate.
private struct Assembly {
  private(set) var output: [UInt8]
  private let bodyStart: Int
  private var isClosed = true

  init(preamble: ArraySlice<UInt8>, bodyStart: Int) {
    output = Array(preamble)
    self.bodyStart = bodyStart
  }

  mutating func append(_ document: ArraySlice<UInt8>) {
    guard let section = document.withUnsafeBufferPointer({ Layout($0).sections.first }) else { return }
    if output.count > bodyStart, output.last != Byte.lineFeed, output.last != Byte.carriageReturn {
      output.append(Byte.lineFeed)
    }
    if section.hasDirectives, !isClosed { output += Array("...\n".utf8) }
    if !isClosed, !section.hasMarker, !section.hasDirectives { output += Array("---\n".utf8) }
    output += document
    isClosed = section.isClosed
  }

  /// Whether nothing is left that anyone wrote.
  var isBlank: Bool {
    let text = output.dropFirst(bodyStart).filter {
      $0 != Byte.space && $0 != Byte.tab && $0 != Byte.lineFeed && $0 != Byte.carriageReturn
    }
    return text.allSatisfy { $0 == Byte.dash || $0 == Byte.dot }
  }
}
