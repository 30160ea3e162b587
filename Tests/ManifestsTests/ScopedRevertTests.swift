import Manifests
import Testing
import Vocabulary

private func restored(_ tip: String, asIn good: String?) -> String {
  switch restoreDocuments(of: "m", in: file(tip), asIn: good.map { file($0) }) {
  case .unchanged: "unchanged"
  case .deleted: "deleted"
  case .changed(let bytes): String(decoding: bytes, as: UTF8.self)
  }
}

private let old = model("m", "replicas: 1 # as it was")
private let new = model("m", "replicas: 2")
private let other = model("other")
private let otherNow = model("other", "replicas: 9 # good change")

struct ScopedRevertTests {
  @Test func `puts one document back and keeps its neighbours`() {
    #expect(
      restored("# top\n---\n\(otherNow)---\n\(new)# end\n---\n\(shared)", asIn: "\(old)---\n\(other)")
        == "# top\n---\n\(otherNow)---\n\(old)---\n\(shared)")
  }

  @Test func `keeps line endings, byte order mark and a missing last line break`() {
    let tip = "\u{FEFF}" + "\(new)---\n\(otherNow)".replacingOccurrences("\n", by: "\r\n").dropLast(2)
    let good = "\u{FEFF}" + "\(old)---\n\(other)".replacingOccurrences("\n", by: "\r\n")
    let expected = "\u{FEFF}" + "\(old)---\n\(otherNow)".replacingOccurrences("\n", by: "\r\n").dropLast(2)
    #expect(restored(tip, asIn: good) == expected)
  }

  @Test func `a file with one document becomes what it was`() {
    #expect(restored(new, asIn: old) == old)
    #expect(restored(new, asIn: String(old.dropLast())) == String(old.dropLast()))
  }

  @Test func `a model that was not there is removed`() {
    #expect(restored("\(other)---\n\(new)", asIn: other) == other)
    #expect(restored("\(other)---\n\(new)", asIn: nil) == other)
    #expect(restored("# note\n---\n\(new)", asIn: nil) == "# note\n")
    #expect(restored(new, asIn: nil) == "deleted")
    #expect(restored("---\n\(new)---\n", asIn: nil) == "deleted")
  }

  @Test func `a model that is gone is put back`() {
    #expect(restored(otherNow, asIn: "\(other)---\n\(old)") == "\(otherNow)---\n\(old)")
    #expect(restored("", asIn: old) == old)
  }

  @Test func `a file that needs nothing is left alone`() {
    #expect(restored("\(old)---\n\(otherNow)", asIn: old) == "unchanged")
    #expect(restored(otherNow, asIn: other) == "unchanged")
    #expect(restored("", asIn: nil) == "unchanged")
  }

  @Test func `a document with errors is recognised by its kind and name`() {
    let broken = model("m", "replica: 2", "env: &x {}")
    #expect(restored("\(broken)---\n\(otherNow)", asIn: old) == "\(old)---\n\(otherNow)")
  }

  @Test func `a resource of another kind with the same name stays`() {
    let check = resource("Check", "m", "  errorRate: {max: 2%}")
    #expect(restored("\(check)---\n\(new)", asIn: old) == "\(check)---\n\(old)")
  }

  @Test func `tells the bytes of a model's documents`() {
    let text = "\(other)---\n\(new)---\n\(new)"
    let ranges = documentsOfModel("m", in: file(text))
    #expect(ranges.count == 2)
    #expect(
      ranges.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) } == ["---\n\(new)", "---\n\(new)"])
  }
}
