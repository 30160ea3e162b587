import FoundationEssentials
import Glibc
import TestSupport

/// What this process holds at one moment.
struct Sample {
  let polls: Int
  /// In KiB.
  let resident: Int
  let descriptors: Int
  let children: Int
  let mirrorFiles: Int
  /// In KiB.
  let mirrorSize: Int

  init(after polls: Int, mirror: String) throws {
    self.polls = polls
    let files = FileManager.default
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    resident = line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    descriptors = try files.contentsOfDirectory(atPath: "/proc/self/fd").count
    children = try Self.childrenOfThisProcess()
    let paths = try files.subpathsOfDirectory(atPath: mirror)
    mirrorFiles = paths.count
    mirrorSize = paths.reduce(0) { $0 + Self.size(of: "\(mirror)/\($1)") } >> 10
  }

  private static func size(of file: String) -> Int {
    var properties = stat()
    return lstat(file, &properties) == 0 ? Int(properties.st_size) : 0
  }

  private static func childrenOfThisProcess() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").count { name in
      // PID (NAME) STATE PARENT …, and a name may have anything in it.
      guard name.allSatisfy(\.isNumber),
        let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
      else { return false }
      let words = stat[stat.index(after: end)...].split(separator: " ")
      return words.count > 1 && words[1] == "\(getpid())"
    }
  }
}

/// All samples, the first of them taken after everything has been used once.
struct Table {
  private(set) var samples: [Sample] = []

  /// There are at most twice as many before they are brought together.
  static let packs = 10

  mutating func add(_ sample: Sample) { samples.append(sample) }

  /// A table in Markdown.
  var text: String {
    let head = [
      "| polls | resident | descriptors | children | files in the mirror | bytes in the mirror |",
      "|------:|---------:|------------:|---------:|--------------------:|--------------------:|",
    ]
    let rows = samples.map { sample in
      "| \(sample.polls) | \(inMebibytes(sample.resident)) | \(sample.descriptors) | \(sample.children) "
        + "| \(sample.mirrorFiles) | \(sample.mirrorSize) KiB |"
    }
    return (head + rows).joined(separator: "\n")
  }

  /// What is more at the end than it was after the first polls, in words; empty when nothing is.
  var growth: [String] {
    guard let first = samples.first, let last = samples.last else { return ["nothing was measured"] }
    var words: [String] = []
    // Allocators keep what they have, and pages come and go.
    let tolerated = first.resident / 10 + (4 << 10)
    if last.resident > first.resident + tolerated {
      words.append("resident: \(inMebibytes(first.resident)), then \(inMebibytes(last.resident))")
    }
    if last.descriptors > first.descriptors + 2 * Self.packs {
      words.append("descriptors: \(first.descriptors), then \(last.descriptors)")
    }
    // The server, and a worker that has just begun to bring packs together.
    if last.children > first.children + 1 {
      words.append("children: \(first.children), then \(last.children)")
    }
    // A pack and its index are two.
    if last.mirrorFiles > first.mirrorFiles + 4 * Self.packs {
      words.append("files in the mirror: \(first.mirrorFiles), then \(last.mirrorFiles)")
    }
    return words
  }

  private func inMebibytes(_ kibibytes: Int) -> String {
    let tenths = kibibytes * 10 / 1024
    return "\(tenths / 10).\(tenths % 10) MiB"
  }
}
