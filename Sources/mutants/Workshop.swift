import Foundation

/// Why the mutants cannot be made or run.
struct WorkshopError: Error, CustomStringConvertible {
  var description: String
}

/// A copy of the simulator and of all that it simulates, with every mutant written into it, each behind a switch: so it is
/// built once. The project's own sources know nothing of mutants.
struct Workshop {
  /// The folder of Package.swift.
  var project: URL
  /// Where the copy is made and built.
  var folder: URL

  /// What the simulator is made of.
  static let targets = [
    "CLibYAML", "Vocabulary", "YAML", "Manifests", "Rollout", "Planning", "Effects", "Agent", "Simulation",
    "simulator",
  ]

  /// Copies the sources and writes the mutants into the copy. Files that have not changed keep their dates, so that
  /// little is built again.
  func copy(_ mutants: [Mutant]) throws {
    let sources = folder.appending(path: "Sources")
    for target in Self.targets {
      try forgetRemoved(of: target, in: sources)
      for file in try Self.files(below: project.appending(path: "Sources/\(target)")) {
        let text = try Self.apply(
          mutants, to: "\(target)/\(file)",
          String(contentsOf: project.appending(path: "Sources/\(target)/\(file)"), encoding: .utf8))
        try Self.write(text, to: sources.appending(path: "\(target)/\(file)"))
      }
    }
    try Self.write(Self.switchboard, to: sources.appending(path: "Vocabulary/Switchboard.swift"))
    try Self.write(Self.package, to: folder.appending(path: "Package.swift"))
    let resolved = try String(contentsOf: project.appending(path: "Package.resolved"), encoding: .utf8)
    try Self.write(resolved, to: folder.appending(path: "Package.resolved"))
  }

  /// Files of an earlier copy that the project has no longer.
  private func forgetRemoved(of target: String, in sources: URL) throws {
    let copied = sources.appending(path: target)
    guard FileManager.default.fileExists(atPath: copied.path) else { return }
    let current = Set(
      try Self.files(below: project.appending(path: "Sources/\(target)")) + ["Switchboard.swift"])
    for file in try Self.files(below: copied) where !current.contains(file) {
      try FileManager.default.removeItem(at: copied.appending(path: file))
    }
  }

  /// The file with all of its mutants, each behind its switch.
  static func apply(_ mutants: [Mutant], to file: String, _ text: String) throws -> String {
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

  /// Warnings are no errors here: behind a switch some code is never reached.
  private static let package = """
    // swift-tools-version: 6.2
    import PackageDescription

    let settings: [SwiftSetting] = [
      .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
    ]
    func target(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
      .target(name: name, dependencies: dependencies, swiftSettings: settings)
    }
    let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
    let package = Package(
      name: "mutants",
      dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
      ],
      targets: [
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        target("Vocabulary", []),
        target("YAML", ["CLibYAML"]),
        target("Manifests", ["Vocabulary", "YAML"]),
        target("Rollout", ["Vocabulary", .product(name: "RealModule", package: "swift-numerics")]),
        target("Planning", ["Vocabulary", "Manifests", "Rollout", .product(name: "Crypto", package: "swift-crypto")]),
        target("Effects", ["Vocabulary", "Manifests", "Planning", "Rollout"]),
        target(
          "Agent",
          [
            "Effects", "Manifests", "Planning", "Rollout", "Vocabulary", logging,
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
          ]),
        target("Simulation", ["Agent", "Effects", "Manifests", "Planning", "Rollout", "Vocabulary", logging]),
        .executableTarget(
          name: "simulator",
          dependencies: ["Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
          swiftSettings: settings),
      ])

    """
}
