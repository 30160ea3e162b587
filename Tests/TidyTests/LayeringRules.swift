/// Values in, values out.
let pureTargets: Set = ["Vocabulary", "YAML", "Manifests", "Planning", "Rollout", "Effects"]
/// The only code that touches the world.
let edgeTargets: Set = ["GitSource", "Artifacts", "HostTarget", "Journal"]
let shellTargets: Set = ["Agent", "Console", "evenkeel"]
/// Never installed.
let helpTargets: Set = ["Simulation", "TestSupport", "demo", "benchmarks", "simulator", "mutants", "soak"]
let systemLibraries: Set = ["CLibYAML", "CLibgit2", "CLibArchive"]

private let projectTargets = pureTargets.union(edgeTargets).union(shellTargets).union(helpTargets)
  .union(systemLibraries)

/// What a target may import of the project itself. Package.swift says what it does import; this says what it
/// may never.
private func allowedImports(of target: String) -> Set<String> {
  switch target {
  case "YAML": ["CLibYAML"]
  case "GitSource": pureTargets.union(["CLibgit2"])
  case "Artifacts": pureTargets.union(["CLibArchive"])
  case _ where pureTargets.contains(target): pureTargets
  case _ where edgeTargets.contains(target): pureTargets
  case "Agent": pureTargets
  case "Console", "Simulation": pureTargets.union(["Agent"])
  case "evenkeel": pureTargets.union(edgeTargets).union(shellTargets)
  case "benchmarks": projectTargets
  case "soak": pureTargets.union(["GitSource", "TestSupport"])
  case "simulator": pureTargets.union(["Agent", "Simulation"])
  default: []
  }
}

/// The module that an `import` declaration names, whatever stands before and after it.
private func importedModule(_ line: String) -> String? {
  let words = line.split(separator: " ")
  guard let keyword = words.firstIndex(of: "import"),
    words[..<keyword].allSatisfy({ $0.hasPrefix("@") || ["package", "internal", "public"].contains($0) })
  else { return nil }
  let kinds = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias", "actor"]
  let name = words[(keyword + 1)...].first { !kinds.contains(String($0)) }
  return name?.split(separator: ".").first.map(String.init)
}

extension Rule {
  static let layering = Rule(
    name: "arrows between targets point one way",
    covers: { isSwift($0) && target(of: $0) != nil },
    complaints: { path, text in
      guard let target = target(of: path) else { return [] }
      let allowed = allowedImports(of: target).union([target])
      return complainAboutLines(of: path, SwiftText(text).code) { line in
        guard let module = importedModule(line), projectTargets.contains(module), !allowed.contains(module)
        else { return nil }
        return "\(target) may not import \(module)"
      }
    })

  static let purity = Rule.forbidding(
    "the core has no clock, no dice, no files, no processes and no network",
    in: { path in isSwift(path) && target(of: path).map(pureTargets.contains) ?? false },
    [
      "Date(", "Date.now", "ContinuousClock", "SuspendingClock", "DispatchTime", "Task.sleep", "usleep(",
      "DispatchQueue", "Thread", "Task {", "Task.detached", ".random(", "SystemRandomNumberGenerator",
      "UUID(", "FileManager", "FileHandle", "Data(contentsOf", "String(contentsOf", "Process(", "ProcessInfo",
      "getenv(", "URLSession", "print(", "import Glibc", "import Subprocess", "import NIOCore",
      "import AsyncHTTPClient",
    ])
}
