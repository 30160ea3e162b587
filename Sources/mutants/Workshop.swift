import Foundation

/// Why the mutants cannot be made or run.
struct WorkshopError: Error, CustomStringConvertible {
  var description: String
}

/// A copy of the core, the loop and the world that they are simulated in, with every mutant written into it, each behind a
/// switch: so it is built once. The project's own sources know nothing of mutants.
package struct Workshop {
  /// The folder of Package.swift.
  var project: URL
  /// Where the copy is made and built.
  var folder: URL

  /// What is copied, in the order of their dependencies.
  static let targets = [
    "CLibYAML", "Vocabulary", "YAML", "Manifests", "Rollout", "Planning", "Effects", "Agent", "Simulation",
  ]
  /// Not part of the loop: what it runs in when it is installed.
  private static let leftOut = ["Agent/AgentService.swift"]

  /// Copies the sources and writes the mutants into the copy. Files that have not changed keep their dates, so that
  /// little is built again.
  func copy(_ mutants: [Mutant]) throws {
    var texts = StandIns.files
    for target in Self.targets {
      for name in try Self.files(below: project.appending(path: "Sources/\(target)")) {
        let path = "\(target)/\(name)"
        let text = try String(contentsOf: project.appending(path: "Sources/\(path)"), encoding: .utf8)
        texts[path] = try Self.apply(mutants, to: path, text)
      }
    }
    for path in Self.leftOut { texts[path] = nil }
    texts["Vocabulary/Switchboard.swift"] = Self.switchboard
    texts["hunter/Hunter.swift"] = Self.hunter
    let sources = folder.appending(path: "Sources")
    for path in try Self.files(below: sources) where texts[path] == nil {
      try FileManager.default.removeItem(at: sources.appending(path: path))
    }
    for (path, text) in texts { try Self.write(text, to: sources.appending(path: path)) }
    try Self.write(Self.package, to: folder.appending(path: "Package.swift"))
  }

  /// The file with all of its mutants, each behind its switch.
  package static func apply(_ mutants: [Mutant], to file: String, _ text: String) throws -> String {
    guard mutants.contains(where: { $0.file == file }) else { return text }
    // The switches are there.
    var text = text.contains("import Vocabulary\n") ? text : "import Vocabulary\n" + text
    for (number, mutant) in mutants.enumerated() where mutant.file == file {
      let pieces = text.components(separatedBy: mutant.find)
      guard pieces.count == 2 else {
        throw WorkshopError(
          description: "mutant \(mutant.name): its text occurs \(pieces.count - 1) times in \(file), not once"
        )
      }
      text = pieces.joined(
        separator: mutant.replacement.replacingOccurrences(of: "MUTANT", with: "isMutant(\(number))"))
    }
    return text
  }

  private static func files(below folder: URL) throws -> [String] {
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    let kinds = [".swift", ".h", ".modulemap"]
    return names.filter { name in kinds.contains { name.hasSuffix($0) } }.sorted()
  }

  private static func write(_ text: String, to file: URL) throws {
    if let there = try? String(contentsOf: file, encoding: .utf8), there == text { return }
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private static let switchboard = """
    import Glibc

    private let number = getenv("EVENKEEL_MUTANT").flatMap { Int(String(cString: $0)) }

    /// Whether this mutant is switched on.
    package func isMutant(_ mutant: Int) -> Bool { mutant == number }

    """

  /// Lives through so many seeds from a first one, and says which one breaks a rule.
  private static let hunter = """
    import Simulation

    @main struct Hunter {
      static func main() async {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard let first = numbers.first, let count = numbers.last else { return }
        let report = await Campaign(seeds: first..<(first + count), jobs: 1).run()
        for broken in report.broken {
          print(broken.seed, broken.violation.invariant, broken.violation.message, separator: "\\t")
        }
      }
    }

    """

  /// Warnings are no errors here: behind a switch some code is never reached.
  private static let package = """
    // swift-tools-version: 6.2
    import PackageDescription

    let settings: [SwiftSetting] = [
      .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
    ]
    func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
      .target(name: name, dependencies: dependencies, swiftSettings: settings)
    }
    let package = Package(
      name: "mutants",
      targets: [
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        target("Crypto"), target("Logging"), target("RealModule"),
        target("Vocabulary"),
        target("YAML", ["CLibYAML"]),
        target("Manifests", ["Vocabulary", "YAML"]),
        target("Rollout", ["Vocabulary", "RealModule"]),
        target("Planning", ["Vocabulary", "Manifests", "Rollout", "Crypto"]),
        target("Effects", ["Vocabulary", "Manifests", "Planning", "Rollout"]),
        target("Agent", ["Effects", "Manifests", "Planning", "Rollout", "Vocabulary", "Logging"]),
        target("Simulation", ["Agent", "Effects", "Manifests", "Planning", "Rollout", "Vocabulary", "Logging"]),
        .executableTarget(name: "hunter", dependencies: ["Simulation"], swiftSettings: settings),
      ])

    """
}
