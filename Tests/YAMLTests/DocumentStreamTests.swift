import Testing
import YAML

/// `LINE:COLUMN: MESSAGE` of everything wrong with a file.
private func complaints(_ text: String, limits: Limits = Limits()) -> [String] {
  complaints(Array(text.utf8), limits: limits)
}

private func complaints(_ bytes: [UInt8], limits: Limits = Limits()) -> [String] {
  let stream = DocumentStream(bytes, limits: limits)
  return (stream.problems + stream.documents.flatMap(\.problems)).map {
    "\($0.position.line):\($0.position.column): \($0.message)"
  }
}

/// A node in flow style with the place of every scalar.
private func outline(_ node: Node?) -> String {
  switch node {
  case nil: "–"
  case .scalar(let scalar): "\(scalar.text)@\(scalar.position.line):\(scalar.position.column)"
  case .sequence(let items, _): "[" + items.map { outline($0) }.joined(separator: ", ") + "]"
  case .mapping(let pairs, _):
    "{" + pairs.map { "\($0.key.text): \(outline($0.value))" }.joined(separator: ", ") + "}"
  }
}

struct DocumentStreamTests {
  @Test func `gives every value its place, counted in characters`() {
    let stream = DocumentStream(Array("name: é\nlist: [ä, ö]\nquoted: \"1\"\n".utf8))
    #expect(
      stream.documents.map { outline($0.root) }
        == ["{name: é@1:7, list: [ä@2:8, ö@2:11], quoted: 1@3:9}"])
    #expect(stream.problems.isEmpty)
  }

  @Test func `knows plain text from quoted text`() throws {
    let root = try #require(DocumentStream(Array("a: 1\nb: '1'\nc: |\n  1\n".utf8)).documents.first?.root)
    guard case .mapping(let pairs, _) = root else {
      Issue.record("not a mapping")
      return
    }
    let plain = pairs.map { pair in
      if case .scalar(let scalar) = pair.value { scalar.isPlain } else { false }
    }
    #expect(plain == [true, false, false])
  }

  @Test(arguments: [
    "\u{FEFF}a: 1\n", "a: 1\r\n", "a: 1", "a: 1\r", "%YAML 1.1\n---\na: 1\n...\n", "# comment\n\na: 1\n",
    "---\na: 1\n---\n", "a: 1\n...\n# after\n",
  ])
  func `reads a mapping whatever surrounds it`(text: String) {
    let stream = DocumentStream(Array(text.utf8))
    let roots = stream.documents.compactMap(\.root)
    #expect(roots.count == 1)
    guard case .scalar(let scalar) = roots.first?["a"] else {
      Issue.record("no value of a")
      return
    }
    #expect(scalar.text == "1")
    #expect(scalar.position.column == 4)
    #expect(complaints(text).isEmpty)
  }

  @Test(arguments: ["", "\n\n", "# only a comment\n", "---\n", "---\n# nothing\n---\n", "\u{FEFF}"])
  func `an empty file or document has no value and no complaint`(text: String) {
    #expect(DocumentStream(Array(text.utf8)).documents.allSatisfy { $0.root == nil })
    #expect(complaints(text).isEmpty)
  }

  @Test(arguments: [
    ("a: [1\n", "2:1: did not find expected ',' or ']' while parsing a flow sequence"),
    ("a: 1\nb: 2\n c: 3\n", "3:3: mapping values are not allowed in this context"),
    ("a: \"x\n", "2:1: found unexpected end of stream while scanning a quoted scalar"),
    ("a:\n\tb: 1\n", "2:1: found character that cannot start any token while scanning for the next token"),
    ("a: &x 1\n", "1:4: YAML anchors (`&name`) are not supported"),
    ("a: *x\n", "1:4: YAML aliases (`*name`) are not supported"),
    ("a: !!str 1\n", "1:4: YAML tags (`!name`) are not supported"),
    ("a: !x {}\n", "1:4: YAML tags (`!name`) are not supported"),
    ("a: 1\nb: 2\na: 3\n", "3:1: `a` is already set at line 1, column 1"),
    ("[a]: 1\n", "1:1: a key must be text, not a list or a mapping"),
    ("é: \u{2028}\n", "1:4: the characters U+0085, U+2028 and U+2029 are not allowed"),
    ("# \u{85}\na: 1\n", "1:3: the characters U+0085, U+2028 and U+2029 are not allowed"),
    ("a: \u{0}\n", "1:4: control characters are not allowed"),
    ("%YAML 1.1\n", "2:1: did not find expected <document start>"),
    (
      "%YAML 1.1\n---\na: 1\n---\nb: [\n", "6:1: did not find expected node content while parsing a flow node"
    ),
  ])
  func `says what is wrong and where`(text: String, expected: String) {
    #expect(complaints(text) == [expected])
  }

  @Test(
    arguments: [
      ([0x61, 0x3A, 0x20, 0xFF, 0x0A], "1:4: invalid leading UTF-8 octet"),
      ([0x61, 0x3A, 0x20, 0x31, 0x0A, 0x62, 0xC3, 0x28], "2:3: invalid trailing UTF-8 octet"),
      ([0x61, 0x3A, 0x20, 0xC3], "1:4: incomplete UTF-8 octet sequence"),
      // UTF-16, with and without its byte order mark.
      ([0xFF, 0xFE, 0x61, 0x00], "1:1: invalid leading UTF-8 octet"),
      ([0x61, 0x00, 0x3A, 0x00], "1:2: control characters are not allowed"),
    ] as [([UInt8], String)])
  func `takes UTF-8 only`(bytes: [UInt8], expected: String) {
    #expect(complaints(bytes) == [expected])
  }

  @Test func `finds a key that is set twice among many`() {
    let text = (0..<40).map { "key\($0): 1\n" }.joined() + "key3: 2\nkey39: 2\n"
    #expect(
      complaints(text) == [
        "41:1: `key3` is already set at line 4, column 1",
        "42:1: `key39` is already set at line 40, column 1",
      ])
  }

  @Test(arguments: ["b: [\n", "b: \"\n", "b: 'x\n", "b: {c\n", "b: &\n", "%x\n", "b: |\n\u{1}\n", "- a\nb\n"])
  func `a broken document does not hide its neighbours`(broken: String) {
    let stream = DocumentStream(Array("a: 1\n---\n\(broken)---\nc: 3\n".utf8))
    #expect(stream.documents.count == 3)
    #expect(outline(stream.documents.first?.root) == "{a: 1@1:4}")
    #expect(stream.documents[1].root == nil)
    #expect(stream.documents[1].problems.count == 1)
    let line = 4 + broken.filter { $0 == "\n" }.count
    #expect(outline(stream.documents.last?.root) == "{c: 3@\(line):4}")
  }

  @Test func `refuses what is nested too deeply`() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(complaints(deep) == ["1:33: lists and mappings are nested deeper than 32 levels"])
    #expect(complaints("a: [[1]]", limits: Limits(depth: 3)).isEmpty)
    #expect(
      complaints("a: [[1]]", limits: Limits(depth: 2))
        == ["1:5: lists and mappings are nested deeper than 2 levels"])
  }

  @Test func `refuses too many values, over all documents of a file`() {
    #expect(complaints("a: 1\n---\nb: 2\n", limits: Limits(nodes: 6)).isEmpty)
    #expect(
      complaints("a: 1\n---\nb: 2\n", limits: Limits(nodes: 5)) == ["3:4: the file has more than 5 values"])
  }

  @Test func `refuses a file that is too large without reading it`() {
    #expect(
      complaints("a: 1\n", limits: Limits(bytes: 4))
        == ["1:1: the file has 5 bytes, more than the 4 that are read"])
  }

  @Test(arguments: [
    ("a: 1\n", ["a: 1\n"]),
    ("a: 1\n---\nb: 2", ["a: 1\n", "---\nb: 2"]),
    ("# top\n---\na: 1\n# after\n---\nb: 2\n", ["---\na: 1\n# after\n", "---\nb: 2\n"]),
    ("# top\na: 1\n", ["# top\na: 1\n"]),
    ("\u{FEFF}a: 1\r\n---\r\nb: 2\r\n", ["a: 1\r\n", "---\r\nb: 2\r\n"]),
    (
      "%YAML 1.1\n---\na: 1\n...\n# x\n%YAML 1.1\n---\nb: 2\n",
      ["%YAML 1.1\n---\na: 1\n...\n# x\n", "%YAML 1.1\n---\nb: 2\n"]
    ),
    ("a: 1\n...\nb: 2\n", ["a: 1\n...\n", "b: 2\n"]),
    ("--- a\n---b\n--- c\n", ["--- a\n---b\n", "--- c\n"]),
    ("a: |\n  ---\n ---\n", ["a: |\n  ---\n ---\n"]),
    ("a: 1\r---\rb: 2\r", ["a: 1\r", "---\rb: 2\r"]),
    ("---", ["---"]),
    ("", []),
  ])
  func `gives the bytes of each document`(text: String, expected: [String]) {
    let bytes = Array(text.utf8)
    let ranges = DocumentStream(bytes).documents.map(\.range)
    #expect(ranges.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    #expect(documentRanges(bytes) == ranges)
  }

  @Test(arguments: [
    ("name", "`name`"), ("\u{1B}[31mred\u{7F}", "`\u{FFFD}[31mred\u{FFFD}`"),
    ("\u{202E}abc", "`\u{FFFD}abc`"), ("https://me:secret@h/@x", "`https://*********@h/@x`"),
    ("a://b@c d://e:f@@g", "`a://*@c d://****@g`"), ("http://h/a@b", "`http://h/a@b`"),
    (String(repeating: "x", count: 81), "`\(String(repeating: "x", count: 80))…`"),
  ])
  func `quotes text so that a terminal only shows it`(text: String, expected: String) {
    #expect(quoted(text) == expected)
  }
}
