import Testing

struct SwiftTextTests {
  @Test(arguments: [
    (#"let a = "b" // c"#, #"let a = "" "#, "// c"),
    (#"f("a\"b", c) /* d /* e */ f */ + g"#, #"f("", c)  + g"#, "/* d /* e */ f */"),
    (##"f(#"a"b\(c)"#, d)"##, ##"f(#""#, d)"##, ""),
    (#"f("a\(g("b") + (1))c")"#, #"f("g("") + (1))")"#, ""),
    ("func `says \"hello`() {}", "func ``() {}", ""),
    (#"let url = "http://example.com""#, #"let url = """#, ""),
  ])
  func `code and comments are told apart`(_ source: String, _ code: String, _ comment: String) {
    let text = SwiftText(source)
    #expect(text.code == [code])
    #expect(text.comments == [comment])
  }

  @Test func `lines stay where they are`() {
    let text = SwiftText("let a = \"\"\"\n  try! b // c\n  \"\"\"\n// d\nlet e = 1")
    #expect(text.code == ["let a = \"\"\"", "", "\"\"\"", "", "let e = 1"])
    #expect(text.comments == ["", "", "", "// d", ""])
  }

  @Test(arguments: [
    ("Date()", true), ("civilDate()", false), ("civilDate(Date())", true), ("_Date()", false),
  ])
  func `a token is not the tail of a longer name`(_ line: String, _ found: Bool) {
    #expect(line.containsToken("Date(") == found)
  }
}
