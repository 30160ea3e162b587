import Foundation
import Glibc

/// Standard output: a scene that is redrawn in place on a terminal, plain lines for each change elsewhere.
actor Screen {
  private let isTerminal = isatty(STDOUT_FILENO) == 1
  /// How many lines of the scene are on the terminal, to be drawn over.
  private var drawn = 0
  private var headline = ""

  func chapter(_ title: String) {
    keep()
    write(isTerminal ? "\n\u{1B}[1m\(title)\u{1B}[0m\n" : "\n\(title)\n")
  }

  func say(_ text: String) {
    keep()
    write("\(text)\n")
  }

  func show(_ scene: Scene) {
    let changed = scene.headline != headline
    headline = scene.headline
    guard isTerminal || changed else { return }
    var lines = scene.lines
    if isTerminal {
      // A line that wraps would take two of the lines that are drawn over next time.
      lines = lines.map { String($0.prefix(terminalWidth())) }
      // Up to the first line of the last scene, then clear to the end of the screen.
      if drawn > 0 { write("\u{1B}[\(drawn)A\u{1B}[0J") }
      drawn = lines.count
    }
    write(lines.map { "\($0)\n" }.joined())
  }

  /// Leaves the scene on the terminal as it is.
  private func keep() {
    drawn = 0
    headline = ""
  }

  private func write(_ text: String) {
    FileHandle.standardOutput.write(Data(text.utf8))
  }
}

private func terminalWidth() -> Int {
  var size = winsize()
  let known = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
  return known ? Int(size.ws_col) : 80
}
