import Testing
import YAML

private func edited(
  _ text: String, _ edits: [Int: DocumentEdit], appending additions: [String] = []
) -> String? {
  editDocuments(Array(text.utf8), edits, appending: additions.map { Array($0.utf8) })
    .map { String(decoding: $0, as: UTF8.self) }
}

private func replacing(_ index: Int, with documents: String...) -> [Int: DocumentEdit] {
  [index: .replace(documents.map { Array($0.utf8) })]
}

struct DocumentEditTests {
  @Test(arguments: [
    // In the middle, at the end, and with comments, line endings and marks of its own.
    ("a: 1\n---\nb: 2\n---\nc: 3\n", 1, "---\nB: 9\n", "a: 1\n---\nB: 9\n---\nc: 3\n"),
    ("# top\n---\na: 1\n---\nb: 2", 1, "---\nB: 9 # x", "# top\n---\na: 1\n---\nB: 9 # x"),
    ("\u{FEFF}a: 1\r\n---\r\nb: 2\r\n", 0, "A: 9\r\n", "\u{FEFF}A: 9\r\n---\r\nb: 2\r\n"),
    // A document that had no final line break then, and has a follower now.
    ("a: 1\n---\nb: 2\n", 0, "A: 9", "A: 9\n---\nb: 2\n"),
    // A document that was the first one then, and is not any more.
    ("a: 1\n---\nb: 2\n", 1, "B: 9\n", "a: 1\n---\nB: 9\n"),
    // Directives must follow the end of a document.
    ("a: 1\n---\nb: 2\n", 1, "%YAML 1.1\n---\nB: 9\n", "a: 1\n...\n%YAML 1.1\n---\nB: 9\n"),
    ("a: 1\n...\nb: 2\n", 0, "A: 9\n", "A: 9\n---\nb: 2\n"),
  ])
  func `replaces one document`(text: String, index: Int, document: String, expected: String) {
    #expect(edited(text, replacing(index, with: document)) == expected)
  }

  @Test(arguments: [
    ("a: 1\n---\nb: 2\n", 0, "---\nb: 2\n"),
    ("a: 1\n---\nb: 2\n", 1, "a: 1\n"),
    ("# kept\n---\na: 1\n", 0, "# kept\n"),
    ("a: 1\n...\nb: 2\n", 0, "b: 2\n"),
    ("a: 1\n---\nb: 2\n...\n%YAML 1.1\n---\nc: 3\n", 1, "a: 1\n...\n%YAML 1.1\n---\nc: 3\n"),
    ("a: 1\n", 0, nil),
    ("\u{FEFF}---\na: 1\n---\n", 0, nil),
  ])
  func `removes one document`(text: String, index: Int, expected: String?) {
    #expect(edited(text, [index: .remove]) == expected)
  }

  @Test func `puts several documents in the place of one`() {
    #expect(
      edited("a: 1\n---\nb: 2\n", replacing(0, with: "a: 8\n", "---\na: 9\n"))
        == "a: 8\n---\na: 9\n---\nb: 2\n")
  }

  @Test(arguments: [
    ("a: 1", "b: 2\n", "a: 1\n---\nb: 2\n"), ("", "b: 2\n", "b: 2\n"),
    ("# c", "---\nb: 2\n", "# c\n---\nb: 2\n"),
    ("a: 1\n", "---\nb: 2", "a: 1\n---\nb: 2"),
  ])
  func `appends a document`(text: String, document: String, expected: String) {
    #expect(edited(text, [:], appending: [document]) == expected)
  }

  @Test(arguments: UInt64(1)...200)
  func `keeps every byte of the other documents`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pieces = ["a: 1", "---", "...", "# c", "", "  x: [", "%YAML 1.1", "b: |", "\t", "---x", "é"]
    let breaks = ["\n", "\r\n", "\r"]
    var text = Bool.random(using: &random) ? "\u{FEFF}" : ""
    for _ in 0..<Int.random(in: 1...20, using: &random) {
      text += (pieces.randomElement(using: &random) ?? "") + (breaks.randomElement(using: &random) ?? "")
    }
    let bytes = Array(text.utf8)
    let ranges = documentRanges(bytes)
    #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    #expect(ranges.last.map { $0.upperBound == bytes.count } ?? true)
    guard let index = ranges.indices.randomElement(using: &random) else { return }

    // Replacing a document by itself changes nothing.
    if let same = editDocuments(bytes, [index: .replace([Array(bytes[ranges[index]])])]) {
      #expect(withoutAddedSeparators(same) == withoutAddedSeparators(bytes))
    }
    // What stood before and after a replaced document still stands there.
    let marked = Array("---\nreplaced: true\n...\n".utf8)
    if let changed = editDocuments(bytes, [index: .replace([marked])]) {
      #expect(changed.starts(with: bytes[..<ranges[index].lowerBound]))
      #expect(changed.reversed().starts(with: bytes[ranges[index].upperBound...].reversed()))
    }
  }
}

/// The lines that are not separators, since an edit may add those.
private func withoutAddedSeparators(_ bytes: [UInt8]) -> [[UInt8]] {
  bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.map(Array.init)
    .filter { $0 != Array("---".utf8) && $0 != Array("...".utf8) }
}
