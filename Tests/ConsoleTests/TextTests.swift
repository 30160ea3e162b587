import Console
import FoundationEssentials
import Planning
import Rollout
import TestSupport
import Testing
import Vocabulary

@Suite struct TextTests {
  private let now = Timestamp(milliseconds: 1_772_366_400_000)

  @Test(arguments: [
    (0, "just now"), (-5, "just now"), (1, "1s ago"), (119, "119s ago"), (120, "2m ago"), (7199, "119m ago"),
    (7200, "2h ago"), (172_799, "47h ago"), (172_800, "2d ago"), (8_640_000, "100d ago"),
  ])
  func `times are told in one unit`(_ seconds: Int, _ words: String) {
    #expect((now + .seconds(-seconds)).ago(at: now) == words)
  }

  @Test func `an agent that has fetched nothing says so, and why`() {
    let status = StatusReport(
      agent: .init(name: "prod", version: "1"), source: .init(trouble: "the remote\u{1B}[31m is down"),
      models: [])
    #expect(
      renderText(status, at: now, colour: false) == """
        prod (evenkeel 1), nothing fetched from Git yet
        Git: the remote is down

        no models

        """)
  }

  @Test func `an event is one line that cannot steer the terminal`() throws {
    let json = #"""
      {"sequence": 7, "at": "2026-03-01T12:00:00Z", "model": null, "rollout": null, "reason": "ManifestProblem",
       "message": "a\nb\u001b[2Jc"}
      """#
    let event = try JSONDecoder().decode(EventReport.self, from: Data(json.utf8))
    #expect(renderText(event, colour: false) == "2026-03-01T12:00:00.000Z  -  ManifestProblem  a bc")
    let encoded = String(decoding: try controlEncoder().encode(event), as: UTF8.self)
    #expect(encoded.contains(#""model":null"#))
    #expect(encoded.contains(#""at":"2026-03-01T12:00:00.000Z""#))
  }

  /// The page holds what the commands say of themselves, so that neither can be changed alone.
  @Test(arguments: [
    "validate", "reconcile", "digest", "status", "history", "events", "promote", "pause", "resume", "abort",
    "retry",
    "rollback", "agent", "source accept", "version",
  ])
  func `the reference page shows the help of every command`(_ command: String) async throws {
    let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: project.appending(path: "docs/reference/cli.md"), encoding: .utf8)
    try await withTemporaryFolder { folder in
      let help = try await evenkeel(
        "help", in: folder, then: command.split(separator: " ").map(String.init),
        environment: ["COLUMNS": "100"])
      let lines = help.output.split(separator: "\n").map { line in
        String(line.reversed().drop { $0 == " " }.reversed())
      }
      let shown = page.split(separator: "\n").map(String.init)
      let start = try #require(shown.firstIndex(of: "### `evenkeel \(command)`")) + 2
      #expect(Array(shown[start...].prefix(lines.count)) == lines)
    }
  }
}
