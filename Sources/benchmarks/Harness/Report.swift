import Glibc
import RealModule

/// What a figure is measured in.
enum Unit: Sendable {
  case seconds, mebibytes, requests, share

  func text(_ value: Double) -> String {
    switch self {
    case .seconds where value < 0.1: "\(rounded(value * 1000, 1)) ms"
    case .seconds where value < 1: "\(rounded(value * 1000, 0)) ms"
    case .seconds: "\(rounded(value, 2)) s"
    case .mebibytes: "\(rounded(value, 1)) MiB"
    case .requests: rounded(value, 1)
    case .share: "\(rounded(value * 100, 2)) %"
    }
  }

  func text(_ samples: Samples) -> String {
    samples.least == samples.most
      ? text(samples.median) : "\(text(samples.median)) (\(text(samples.least))..\(text(samples.most)))"
  }
}

/// One line of the report.
struct Figure: Sendable {
  enum Bar: Sendable {
    /// Ours may be this many times what it stands beside.
    case ratio(Double)
    /// Ours may be this much.
    case most(Double)
    /// Measured for the reader; nobody has set a bar.
    case none
  }

  let work: String
  let unit: Unit
  let ours: Samples
  /// What ours is compared with, in a few words, and its measurements.
  var beside: (name: String, samples: Samples)?
  let bar: Bar
  /// What else the run has shown.
  var note: String?

  /// `nil` too where the other took no time that could be measured.
  private var ratio: Double? {
    guard let other = beside?.samples.median, other > 0 else { return nil }
    return ours.median / other
  }

  private var verdict: String {
    switch bar {
    case .ratio(let most): ratio.map { $0 <= most ? "met" : "MISSED" } ?? "–"
    case .most(let most): ours.median <= most ? "met" : "MISSED"
    case .none: "–"
    }
  }

  /// For who waits for the table.
  var line: String { cells.joined(separator: " | ") }

  fileprivate var cells: [String] {
    let limit =
      switch bar {
      case .ratio(let most): "≤ \(rounded(most, 1)) ×"
      case .most(let most): "≤ \(unit.text(most))"
      case .none: "–"
      }
    let other = beside.map { "\($0.name): \(unit.text($0.samples))" } ?? "–"
    return [work, unit.text(ours), other, ratio.map { rounded($0, 2) } ?? "–", limit, verdict]
  }
}

/// All figures of a run, as a table.
struct Report {
  let scale: Scale
  private var figures: [Figure] = []

  init(scale: Scale) { self.scale = scale }

  mutating func add(_ more: [Figure]) { figures += more }

  func show() {
    let heads = ["work", "Evenkeel: median (min..max)", "beside: median (min..max)", "ratio", "bar", ""]
    let rows = [heads] + figures.map(\.cells)
    let widths = heads.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for (index, row) in rows.enumerated() {
      print("| " + zip(row, widths).map(padded).joined(separator: " | ") + " |")
      if index == 0 { print("|" + widths.map { String(repeating: "-", count: $0 + 2) + "|" }.joined()) }
    }
    for case let note? in figures.map(\.note) { print("\n\(note)") }
    print("\n\(scale.models) models, a history of \(scale.history) commits; \(machine()).")
  }
}

/// What is going on, on standard error: results alone go to standard output.
enum Progress {
  static func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}

private func padded(_ text: String, to width: Int) -> String {
  text + String(repeating: " ", count: width - text.count)
}

func rounded(_ value: Double, _ digits: Int) -> String {
  let factor = Double.pow(10, digits)
  let scaled = (value * factor).rounded()
  guard digits > 0 else { return String(Int(scaled)) }
  let (whole, rest) = Int(scaled).quotientAndRemainder(dividingBy: Int(factor))
  let fraction = String(rest)
  return "\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
}

private func machine() -> String {
  var name = utsname()
  uname(&name)
  let architecture = withUnsafeBytes(of: name.machine) {
    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
  }
  #if DEBUG
    let build = "DEBUG BUILD: not to be quoted"
  #else
    let build = "release build"
  #endif
  return "\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors (\(architecture)), \(build)"
}
