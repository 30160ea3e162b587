import Foundation
import Manifests
import Testing

struct ReferencePageTests {
  /// With `UPDATE_REFERENCE=1` in the environment the page is written anew first.
  @Test func `the page in the documentation is the one the declarations make`() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/reference/manifests.md").standardizedFileURL
    if ProcessInfo.processInfo.environment["UPDATE_REFERENCE"] == "1" {
      try FileManager.default.createDirectory(
        at: page.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(referencePage().utf8).write(to: page)
    }
    let written = try String(contentsOf: page, encoding: .utf8)
    #expect(
      written == referencePage(),
      "run `UPDATE_REFERENCE=1 swift test --filter ReferencePageTests` and commit the page")
  }
}
