package import Vocabulary
import YAML

/// A file after a model's documents were put back.
package enum RestoredFile: Equatable, Sendable {
  case unchanged
  case changed([UInt8])
  /// Nothing that anyone wrote is left in it.
  case deleted
}

/// Puts the documents of one model in a file back as they were, byte for byte, and leaves every other byte alone.
///
/// Documents are matched in their order. What the file had more of then is put behind the last one, or at the
/// end; what it has more of now is removed. Whether the result asks for what it should is for the caller to
/// prove: a document that cannot be read is not recognised as the model's.
///
/// - Parameters:
///   - tip: the file as it is; without bytes when there is none.
///   - good: the same file when the model was good; `nil` when there was none.
package func restoreDocuments(
  of model: ModelName, in tip: ManifestFile, asIn good: ManifestFile?
) -> RestoredFile {
  let now = DocumentStream(tip.bytes).documents.enumerated().filter { declares(model, $0.element) }
  let then = good.map { file in documentsOfModel(model, in: file).map { Array(file.bytes[$0]) } } ?? []
  let same = now.map { Array(tip.bytes[$0.element.range]) }
  // Also keeps a file that is blank already from being deleted.
  if same == then { return .unchanged }

  var edits: [Int: DocumentEdit] = [:]
  for (order, document) in now.enumerated() {
    let isLast = order == now.count - 1
    let replacement = isLast ? then.dropFirst(order) : then.dropFirst(order).prefix(1)
    edits[document.offset] = replacement.isEmpty ? .remove : .replace(Array(replacement))
  }
  let additions = now.isEmpty ? then : []
  guard let bytes = editDocuments(tip.bytes, edits, appending: additions) else { return .deleted }
  return bytes == tip.bytes ? .unchanged : .changed(bytes)
}
