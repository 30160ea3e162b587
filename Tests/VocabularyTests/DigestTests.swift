import Testing
import Vocabulary

struct DigestTests {
  private let hex = String(repeating: "0123456789abcdef", count: 4)

  @Test func `a digest reads what it writes`() throws {
    let digest = try #require(Digest("sha256:\(hex)"))
    #expect(digest.description == "sha256:\(hex)")
    #expect(digest.short == "0123456789ab")
    #expect(Digest(digest.description) == digest)
  }

  @Test func `upper-case digits are read and written in lower case`() {
    #expect(Digest("sha256:\(hex.uppercased())")?.hex == hex)
  }

  @Test func `raw bytes become digits`() {
    let bytes: [UInt8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF]
    #expect(Digest(bytes: bytes + bytes + bytes + bytes)?.hex == hex)
    #expect(Digest(bytes: bytes) == nil)
  }

  @Test(arguments: [
    "", "sha256:", "sha256:abc", "sha512:" + String(repeating: "0", count: 64),
    String(repeating: "0", count: 64), "sha256:" + String(repeating: "0", count: 65),
    "sha256:" + String(repeating: "g", count: 64), "sha256:" + String(repeating: "０", count: 64),
  ])
  func `anything else is no digest`(_ text: String) {
    #expect(Digest(text) == nil)
  }
}
