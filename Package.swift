// swift-tools-version: 6.2

import PackageDescription

/// Every target is checked the same way: Swift 6 concurrency, explicit existentials, imports that
/// say what they expose, and no warning left standing.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(
  name: "AsyncHTTPClient", package: "async-http-client")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let numerics: Target.Dependency = .product(name: "RealModule", package: "swift-numerics")
let serviceLifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

func target(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
  name: "evenkeel",
  products: [.executable(name: "evenkeel", targets: ["evenkeel"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    // C libraries, from Debian's packages.
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CLibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(
      name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    // What Swift leaves out of glibc around processes.
    .systemLibrary(name: "CSpawn"),

    // Pure: values in, values out.
    target("Vocabulary", []),
    target("YAML", ["CLibYAML"]),
    target("Manifests", ["Vocabulary", "YAML"]),
    target("Rollout", ["Vocabulary", numerics]),
    target("Planning", ["Vocabulary", "Manifests", "Rollout", crypto]),
    target("Effects", ["Vocabulary", "Manifests", "Planning", "Rollout"]),

    // Edges: the only code that touches the world.
    target(
      "GitSource",
      [
        "CLibgit2", "CSpawn", "Effects", "Manifests", "Planning", "Vocabulary", logging, subprocess,
        systemPackage,
      ]),
    target(
      "Artifacts",
      [
        "CLibArchive", "Effects", "Manifests", "Vocabulary", asyncHTTPClient, crypto, logging, nioCore,
        nioHTTP1,
      ]),
    target(
      "HostTarget",
      ["CSpawn", "Effects", "Manifests", "Vocabulary", asyncHTTPClient, logging, nioCore, nioHTTP1]),
    target("Journal", ["Effects", "Rollout", "Vocabulary", grdb]),

    // Shell: the loop, the control API, and the command line where edges are chosen.
    target(
      "Agent",
      ["Effects", "Manifests", "Planning", "Rollout", "Vocabulary", logging, serviceLifecycle]),
    target(
      "Console",
      [
        "Agent", "Effects", "Manifests", "Planning", "Rollout", "Vocabulary", asyncHTTPClient,
        hummingbird, logging, nioCore, nioHTTP1, serviceLifecycle,
      ]),
    .executableTarget(
      name: "evenkeel",
      dependencies: [
        "Agent", "Artifacts", "Console", "Effects", "GitSource", "HostTarget", "Journal",
        "Manifests", "Planning", "Rollout", "Vocabulary",
        argumentParser, logging, serviceLifecycle, unixSignals,
      ],
      swiftSettings: strict),

    // Help: in-memory edges for the loop's tests, the demo and the benchmarks. Nothing here is installed.
    target(
      "Simulation", ["Agent", "Effects", "Manifests", "Planning", "Rollout", "Vocabulary", logging]),
    .executableTarget(
      name: "simulator",
      dependencies: ["Simulation", argumentParser],
      swiftSettings: strict),
    .executableTarget(
      name: "demo",
      dependencies: [asyncHTTPClient, nioCore, nioHTTP1, subprocess, systemPackage],
      swiftSettings: strict),
    .executableTarget(
      name: "soak",
      dependencies: ["Effects", "GitSource", "TestSupport", "Vocabulary", argumentParser, logging],
      swiftSettings: strict),
    .executableTarget(
      name: "mutants", dependencies: [argumentParser, subprocess, systemPackage], swiftSettings: strict),
    .executableTarget(
      name: "benchmarks",
      dependencies: [
        "Agent", "CLibYAML", "Effects", "GitSource", "HostTarget", "Journal", "Manifests",
        "Planning", "Rollout", "Simulation", "TestSupport", "Vocabulary", argumentParser, logging, numerics,
        subprocess, systemPackage,
      ],
      swiftSettings: strict),

    // What the tests of several targets share: real Git servers, temporary folders, waiting for events.
    target("TestSupport", [subprocess, systemPackage]),
    tests("VocabularyTests", ["Vocabulary"]),
    tests("YAMLTests", ["YAML"]),
    tests("ManifestsTests", ["Manifests", "Vocabulary"]),
    tests("RolloutTests", ["Rollout", "Vocabulary", numerics]),
    tests("PlanningTests", ["Manifests", "Planning", "Rollout", "Vocabulary"]),
    tests(
      "GitSourceTests",
      ["Effects", "GitSource", "Manifests", "Planning", "TestSupport", "Vocabulary", "evenkeel", logging]),
    tests("SoakTests", ["TestSupport", "soak"]),
    tests(
      "ArtifactsTests",
      ["Artifacts", "Effects", "Manifests", "TestSupport", "Vocabulary", logging, subprocess]),
    tests(
      "HostTargetTests",
      [
        "Effects", "HostTarget", "Manifests", "TestSupport", "Vocabulary", asyncHTTPClient, logging,
        nioCore, nioHTTP1,
      ]),
    tests(
      "JournalTests",
      [
        "Effects", "Journal", "Manifests", "Planning", "Rollout", "TestSupport", "Vocabulary", grdb,
      ]),
    tests(
      "SimulationTests",
      ["Agent", "Planning", "Rollout", "Simulation", "TestSupport", "Vocabulary", "simulator"]),
    tests(
      "AgentTests",
      ["Agent", "Effects", "Manifests", "Planning", "Rollout", "Simulation", "Vocabulary", logging]),
    tests(
      "TrustTests",
      [
        "Agent", "Effects", "GitSource", "Manifests", "Planning", "Rollout", "Simulation", "TestSupport",
        "Vocabulary", "evenkeel", logging,
      ]),
    tests(
      "ConsoleTests",
      [
        "Agent", "Console", "Effects", "Manifests", "Planning", "Rollout", "Simulation", "TestSupport",
        "Vocabulary", "evenkeel", logging, serviceLifecycle, subprocess, systemPackage,
      ]),
    tests(
      "WriteBackTests",
      [
        "Agent", "Effects", "GitSource", "Manifests", "Planning", "Rollout", "TestSupport", "Vocabulary",
        "evenkeel", logging,
      ]),
    tests(
      "EndToEndTests",
      ["HostTarget", "TestSupport", "evenkeel", asyncHTTPClient, nioCore, nioHTTP1]),
    tests("MutantsTests", ["mutants"]),
    tests("TidyTests", []),
  ]
)
