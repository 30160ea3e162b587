import Manifests
import Testing
import Vocabulary

/// What is resolved change by change is what is resolved at once.
@Suite struct ResolutionTests {
  @Test(arguments: 1...UInt64(60))
  func `any sequence of changes comes to what all files together come to`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var folder = Folder(&generator)
    var resolution = Resolution(folder.parsed)
    for step in 0..<40 {
      let before = folder
      folder.change(&generator)
      let changes = Set(before.files.keys).union(folder.files.keys).sorted()
        .filter { before.files[$0] != folder.files[$0] }
        .map { path in
          Resolution.Change(before: before.files[path]?.parsed, after: folder.files[path]?.parsed)
        }
      resolution.apply(changes) { folder.parsed }
      #expect(resolution.state == resolve(folder.parsed), "step \(step) changes \(changes.count) files")
    }
  }

  @Test func `a changed model leaves all others as they are, without putting the files together`() {
    let others = (0..<20).map { parse(file(model("m\($0)"), at: "m\($0).yaml")) }
    let before = parse(file(model("x", "replicas: 1"), at: "x.yaml"))
    let after = parse(file(model("x", "replicas: 2"), at: "x.yaml"))
    let platform = parse(file(shared, at: "shared.yaml"))
    var resolution = Resolution(others + [before, platform])
    var isPutTogether = false
    resolution.apply([Resolution.Change(before: before, after: after)]) {
      isPutTogether = true
      return others + [after, platform]
    }
    #expect(!isPutTogether)
    #expect(resolution.state.models["x"]?.live.replicas == 2)
    #expect(resolution.state == resolve(others + [after, platform]))
  }
}

/// A folder of manifests that changes at random, mostly as people change it, sometimes into nonsense.
private struct Folder {
  struct Entry: Equatable {
    let parsed: ParsedFile
    let text: String
    static func == (left: Self, right: Self) -> Bool { left.text == right.text }
  }
  private(set) var files: [String: Entry] = [:]

  var parsed: [ParsedFile] { files.values.map(\.parsed) }

  init(_ generator: inout SeededGenerator) {
    write(shared, to: "platform.yaml")
    for number in 0..<8 { write(Self.model(number, &generator, mayErr: false), to: Self.path(number)) }
  }

  private mutating func write(_ text: String, to path: String) {
    files[path] = Entry(parsed: parse(file(text, at: path)), text: text)
  }

  private static func path(_ number: Int) -> String { "models/\(number % 3)/m\(number).yaml" }

  mutating func change(_ generator: inout SeededGenerator) {
    // Errors are mended soon, or most of what follows would be about them.
    let mayErr = Int.random(in: 0..<4, using: &generator) == 0
    for _ in 0...Int.random(in: 0..<2, using: &generator) {
      let number = Int.random(in: 0..<12, using: &generator)
      switch Int.random(in: 0..<12, using: &generator) {
      case 0: files[Self.path(number)] = nil
      case 1: write(Self.platform(&generator, mayErr: mayErr), to: "platform.yaml")
      case 2:
        let texts = [number, number + 12].map { Self.model($0, &generator, mayErr: mayErr) }
        write(texts.joined(separator: "---\n"), to: Self.path(number))
      default: write(Self.model(number, &generator, mayErr: mayErr), to: Self.path(number))
      }
    }
    if !mayErr { mend(&generator) }
  }

  /// Writes anew what is complained about.
  private mutating func mend(_ generator: inout SeededGenerator) {
    write(shared, to: "platform.yaml")
    for path in Set(resolve(parsed).diagnostics.map(\.file)).sorted() where path != "platform.yaml" {
      guard let number = Int(path.filter(\.isNumber).dropFirst()) else { continue }
      write(Self.model(number, &generator, mayErr: false, dependsOn: []), to: path)
    }
  }

  private static func platform(_ generator: inout SeededGenerator, mayErr: Bool) -> String {
    let preview = "strategy: {blueGreen: {preview: {host: preview.example.com}}}"
    switch Int.random(in: 0..<(mayErr ? 5 : 2), using: &generator) {
    case 0: return shared
    case 1: return shared.replacing("command: [serve]", with: "command: [serve, --fast]")
    case 2: return shared.replacing("strategy: {canary: {steps: [{weight: 50}]}}", with: preview)
    case 3: return shared.replacing("checks: [errors]", with: "checks: [missing]")
    default: return shared.replacing("name: server", with: "name: servr")
    }
  }

  private static func model(
    _ number: Int, _ generator: inout SeededGenerator, mayErr: Bool, dependsOn: [Int]? = nil
  ) -> String {
    var lines = ["replicas: \(Int.random(in: 1...3, using: &generator))"]
    let dependsOn = dependsOn ?? (number > 3 && Bool.random(using: &generator) ? [number % 3] : [])
    if !dependsOn.isEmpty {
      lines.append("dependsOn: [\(dependsOn.map { "m\($0)" }.joined(separator: ", "))]")
    }
    if number % 4 == 0 { lines.append("route: {host: h\(number).example.com, prefix: /v2}") }
    var (name, runtime) = ("m\(number)", "server")
    if mayErr {
      switch Int.random(in: 0..<9, using: &generator) {
      case 0: runtime = "srver"
      case 1: name = "m\(Int.random(in: 0..<12, using: &generator))"
      case 2: lines.append("dependsOn: [m\((number + 1) % 12)]")
      case 3: lines.append("route: {prefix: /v2/models}")
      case 4: lines.append("route: {host: h0.example.com, prefix: /v2/models}")
      case 5: lines.append("replicas: many")
      case 6: lines.append("nonsense: 1")
      case 7: return "kind: [\n"
      default: break
      }
      // One of each: a key that is there twice is an error of another kind.
      var keys: Set<Substring> = []
      lines = lines.reversed().filter { keys.insert($0.prefix { $0 != ":" }).inserted }
    }
    return modelText(name, runtime: runtime, lines)
  }
}

private func modelText(_ name: String, runtime: String, _ lines: [String]) -> String {
  model(name, runtime: runtime) + lines.map { "  \($0)\n" }.joined()
}
