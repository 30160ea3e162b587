import Foundation
import Rollout
import Testing

/// The reference page of the phases is drawn from the table, and the table is compared with random lives.
@Suite struct PhasePageTests {
  @Test func `the page of the phases shows the table`() throws {
    let path = URL(filePath: #filePath).appending(path: "../../../docs/reference/phases.md")
      .standardizedFileURL
    let page = try String(contentsOf: path, encoding: .utf8)
    #expect(page.contains(diagram), "put this into docs/reference/phases.md:\n\(diagram)")
    #expect(page.contains(table), "put this into docs/reference/phases.md:\n\(table)")
  }

  /// The way of a rollout without what people do: with all of it nobody could read the picture.
  private var diagram: String {
    let shown: Set<PhaseMove.Cause> = [.begin, .done, .failure, .commit, .removal, .gone]
    var lines = ["```mermaid", "stateDiagram-v2", "  [*] --> stable"]
    for move in PhaseMove.all where shown.contains(move.cause) && move.isWorthALine {
      lines.append("  \(move.from) --> \(move.to): \(move.cause.rawValue)")
    }
    return (lines + ["```"]).joined(separator: "\n")
  }

  private var table: String {
    let rows = PhaseMove.Cause.allCases.flatMap { cause in
      let targets = PhaseMove.all.filter { $0.cause == cause }.map(\.to).unique
      return targets.map { target in
        let sources = PhaseMove.all.filter { $0.cause == cause && $0.to == target }.map(\.from.rawValue)
        return "| \(cause.rawValue) | \(sources.joined(separator: ", ")) | \(target) |"
      }
    }
    return (["| when | from | to |", "| --- | --- | --- |"] + rows).joined(separator: "\n")
  }
}

extension PhaseMove {
  /// A newer commit ends a rollout, and a removal anything, wherever it is: the table says it.
  fileprivate var isWorthALine: Bool {
    switch cause {
    case .commit: from == .writingBack || from == .held || from == .watching
    case .removal: from == .stable
    default: true
    }
  }
}

extension [Phase] {
  fileprivate var unique: [Phase] {
    reduce(into: []) { found, phase in if !found.contains(phase) { found.append(phase) } }
  }
}
