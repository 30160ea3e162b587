import YAML

/// The documents of a manifest that declare something else than a model, byte for byte but for the white space and the
/// line `---` around them. What says nothing, such as a comment, is none.
package func otherDocuments(in file: ManifestFile) -> [[UInt8]] {
  DocumentStream(file.bytes).documents.compactMap { document in
    if document.root == nil, document.problems.isEmpty { return nil }
    if let root = document.root, case .scalar(let kind) = root["kind"], kind.text == modelKind.name {
      return nil
    }
    var bytes = file.bytes[document.range].drop(while: isSpace)
    if bytes.starts(with: Array("---".utf8)) { bytes = bytes.dropFirst(3).drop(while: isSpace) }
    return Array(bytes.prefix((bytes.lastIndex { !isSpace($0) } ?? bytes.startIndex) + 1 - bytes.startIndex))
  }
}

private func isSpace(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    || byte == UInt8(ascii: "\t")
}
